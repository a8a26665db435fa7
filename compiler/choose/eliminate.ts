/**
 * @file All undominated choices of a problem, by eliminating one variable
 * after another.
 *
 * A table holds, for each assignment of the variables in its scope, the
 * undominated pairs of time and bytes that what was eliminated can add. To
 * eliminate a variable, the tables that mention it are joined into one and its
 * options are merged. Variables go in the order of fewest neighbours, so that
 * tables stay as narrow as the graph: one or two wide along a chain, a few
 * where there are branches.
 *
 * What a factor prices at infinity cannot be: such rows are empty.
 *
 * Exact as long as no list of pairs outgrows `MAX_PAIRS`; beyond, pairs that
 * are nearly alike are left out.
 */

import { type Factor, type Problem, undominated } from "./problem.ts";

/** A pair, and how it came about: an option of a variable on top of earlier pairs. */
interface Pair {
  readonly ns: number;
  readonly bytes: number;
  readonly variable?: number;
  readonly option?: number;
  readonly parts: readonly Pair[];
}

interface Table {
  /** Ascending. */
  readonly scope: readonly number[];
  /** By mixed-radix index of the assignment of the scope. */
  readonly rows: readonly (readonly Pair[])[];
}

/** Points of a frontier, and whether none was left out. */
export interface Eliminated {
  readonly points: readonly {
    readonly ns: number;
    readonly bytes: number;
    readonly choice: readonly number[];
  }[];
  readonly exact: boolean;
}

const MAX_PAIRS = 400;
/** Rows of a table beyond which another search is asked for. */
const MAX_ROWS = 3000;

/** The undominated choices, or `undefined` if the graph is too wide for tables. */
export function eliminateVariables(problem: Problem): Eliminated | undefined {
  return new Elimination(problem).run();
}

class Elimination {
  readonly #problem: Problem;
  readonly #counts: readonly number[];
  #tables: Table[];
  #exact = true;

  constructor(problem: Problem) {
    this.#problem = problem;
    this.#counts = problem.variables.map(({ options }) => options.length);
    this.#tables = [];
  }

  run(): Eliminated | undefined {
    const { variables, factors, ns, bytes } = this.#problem;
    if (factors.some(({ scope }) => this.#rowsOf(scope) > MAX_ROWS)) return undefined;
    this.#tables = factors.map(factor => this.#tableOf(factor));
    const left = new Set(variables.keys());
    while (left.size > 0) {
      const { variable, scope } = this.#narrowest(left);
      if (this.#rowsOf(scope) > MAX_ROWS) return undefined;
      this.#eliminate(variable, scope);
      left.delete(variable);
    }
    const start: Pair[] = [{ ns, bytes, parts: [] }];
    const pairs = this.#tables.reduce<readonly Pair[]>(
      (all, { rows }) => this.#join(all, rows[0]!),
      start,
    );
    const points = pairs.map(pair => ({
      ns: pair.ns,
      bytes: pair.bytes,
      choice: choiceOf(pair, variables.length),
    }));
    return { points, exact: this.#exact };
  }

  #rowsOf(scope: readonly number[]): number {
    return scope.reduce((product, variable) => product * this.#counts[variable]!, 1);
  }

  #tableOf({ scope, ns }: Factor): Table {
    const sorted = scope.toSorted((a, b) => a - b);
    const rows = Array.from({ length: this.#rowsOf(sorted) }, (_, index) => {
      const assigned = this.#assignment(sorted, index);
      const price = ns(scope.map(variable => assigned.get(variable)!));
      return price === Number.POSITIVE_INFINITY ? [] : [{ ns: price, bytes: 0, parts: [] }];
    });
    return { scope: sorted, rows };
  }

  /** The variable whose elimination leaves the narrowest table, and that table's scope. */
  #narrowest(left: ReadonlySet<number>): { variable: number; scope: readonly number[] } {
    const candidates = [...left].map(variable => {
      const near = this.#tables.filter(({ scope }) => scope.includes(variable));
      const scope = [...new Set(near.flatMap(table => table.scope))];
      return { variable, scope: scope.filter(v => v !== variable).toSorted((a, b) => a - b) };
    });
    return candidates.reduce((best, next) =>
      this.#rowsOf(next.scope) < this.#rowsOf(best.scope) ? next : best,
    );
  }

  #eliminate(variable: number, scope: readonly number[]): void {
    const near = this.#tables.filter(table => table.scope.includes(variable));
    const { options } = this.#problem.variables[variable]!;
    const rows = Array.from({ length: this.#rowsOf(scope) }, (_, index) => {
      const assigned = this.#assignment(scope, index);
      const pairs = options.flatMap(({ ns, bytes }, option) => {
        assigned.set(variable, option);
        const own: Pair[] = [{ ns, bytes, variable, option, parts: [] }];
        return near.reduce<readonly Pair[]>(
          (all, table) => this.#join(all, this.#row(table, assigned)),
          own,
        );
      });
      return this.#thin(undominated(pairs));
    });
    this.#tables = [...this.#tables.filter(table => !near.includes(table)), { scope, rows }];
  }

  #row({ scope, rows }: Table, assigned: ReadonlyMap<number, number>): readonly Pair[] {
    const index = scope.reduce((i, v) => i * this.#counts[v]! + assigned.get(v)!, 0);
    return rows[index]!;
  }

  #assignment(scope: readonly number[], index: number): Map<number, number> {
    const assigned = new Map<number, number>();
    let rest = index;
    for (const variable of scope.toReversed()) {
      assigned.set(variable, rest % this.#counts[variable]!);
      rest = Math.floor(rest / this.#counts[variable]!);
    }
    return assigned;
  }

  /** Every pair of one list with every pair of the other. */
  #join(a: readonly Pair[], b: readonly Pair[]): readonly Pair[] {
    const sums = a.flatMap(left =>
      b.map(right => ({
        ns: left.ns + right.ns,
        bytes: left.bytes + right.bytes,
        parts: [left, right],
      })),
    );
    return this.#thin(a.length === 1 || b.length === 1 ? sums : undominated(sums));
  }

  /** At most MAX_PAIRS, the ends among them: of those that share a cell of bytes the fastest. */
  #thin(pairs: readonly Pair[]): readonly Pair[] {
    if (pairs.length <= MAX_PAIRS) return pairs;
    this.#exact = false;
    const [least, most] = [pairs[0]!.bytes, pairs.at(-1)!.bytes];
    const cellOf = ({ bytes }: Pair): number =>
      Math.floor(((bytes - least) / (most - least)) * (MAX_PAIRS - 2));
    return pairs.filter(
      (pair, i) => i === 0 || i === pairs.length - 1 || cellOf(pair) !== cellOf(pairs[i + 1]!),
    );
  }
}

function choiceOf(pair: Pair, count: number): number[] {
  const choice = new Array<number>(count).fill(0);
  const stack = [pair];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.variable !== undefined) choice[next.variable] = next.option!;
    stack.push(...next.parts);
  }
  return choice;
}
