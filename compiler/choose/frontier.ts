/**
 * @file The frontier of a problem: the choices that no other beats in both
 * time and bytes.
 *
 * A library kernel is in the module once, however many layers call it, and so
 * is what kernels and conversions call in turn. So the frontier is taken for
 * every set of such functions, each paid for in advance and no others allowed,
 * and what is undominated among all of these is it.
 */

import { climb } from "./climb.ts";
import { eliminateVariables } from "./eliminate.ts";
import { type Point, type Problem, priceChoice, sumOf, undominated } from "./problem.ts";

export interface Frontier {
  /** Smallest first, so slowest first. */
  readonly points: readonly Point[];
  /** Whether none was left out. */
  readonly exact: boolean;
}

/** Kernels beyond these are taken as free. */
const MAX_KERNELS = 6;
/** Assignments of a factor beyond which nobody looks which kernels they call. */
const MAX_ASSIGNMENTS = 3000;

export function frontierOf(problem: Problem): Frontier {
  const optional = kernelsOf(problem);
  const paid = optional.slice(0, MAX_KERNELS);
  const parts = Array.from({ length: 2 ** paid.length }, (_, mask) => {
    const absent = new Set(paid.filter((_names, bit) => ((mask >> bit) & 1) === 0).flat());
    return withoutKernels(problem, absent);
  }).flatMap(part => (part === undefined ? [] : [part]));
  let exact = optional.length <= MAX_KERNELS;
  const points = parts.flatMap(({ problem: part, options }) => {
    const found = eliminateVariables(part);
    exact &&= found?.exact ?? false;
    const choices = (found?.points ?? climb(part)).map(({ choice }) => choice);
    return choices.map(choice => choice.map((option, v) => options[v]![option]!));
  });
  return { points: undominated(points.map(choice => priceChoice(problem, choice))), exact };
}

/** Kernels that are not always called, in groups that are always called together; the largest first. */
function kernelsOf(problem: Problem): string[][] {
  const groups = new Map<string, string[]>();
  for (const [name, users] of usersOf(problem)) {
    const key = users.join();
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const bytesOf = (names: readonly string[]): number =>
    sumOf(names.map(name => problem.kernelBytes.get(name)!));
  return [...groups.values()].toSorted((a, b) => bytesOf(b) - bytesOf(a));
}

/** By kernel, the options and the assignments of factors that call it. */
function usersOf({ variables, factors, kernelBytes }: Problem): ReadonlyMap<string, string[]> {
  const users = new Map<string, string[]>();
  const note = (kernels: readonly string[], user: string): void => {
    for (const name of kernels) {
      if (!kernelBytes.get(name)) continue;
      users.set(name, [...(users.get(name) ?? []), user]);
    }
  };
  for (const [v, { options }] of variables.entries()) {
    for (const [option, { kernels }] of options.entries()) note(kernels, `option ${v} ${option}`);
  }
  for (const [f, { scope, kernels }] of factors.entries()) {
    if (kernels === undefined) continue;
    const counts = scope.map(v => variables[v]!.options.length);
    for (const [i, options] of assignmentsOf(counts).entries()) {
      note(kernels(options), `factor ${f} ${i}`);
    }
  }
  return users;
}

/** All assignments of so many options each; none if they are too many to look at. */
function assignmentsOf(counts: readonly number[]): number[][] {
  if (counts.reduce((product, count) => product * count, 1) > MAX_ASSIGNMENTS) return [];
  return counts.reduce<number[][]>(
    (all, count) =>
      all.flatMap(options => Array.from({ length: count }, (_, option) => [...options, option])),
    [[]],
  );
}

/** The problem less what calls `absent` kernels; indices of the options that remain. */
function withoutKernels(problem: Problem, absent: ReadonlySet<string>) {
  const options = problem.variables.map(variable =>
    [...variable.options.keys()].filter(
      i => !variable.options[i]!.kernels.some(name => absent.has(name)),
    ),
  );
  if (options.some(left => left.length === 0)) return undefined;
  const variables = problem.variables.map((variable, v) => ({
    ...variable,
    options: options[v]!.map(i => variable.options[i]!),
  }));
  const factors = problem.factors.map(({ scope, ns, kernels }) => ({
    scope,
    ns: (chosen: readonly number[]) => {
      const original = chosen.map((option, i) => options[scope[i]!]![option]!);
      const isOut = kernels?.(original).some(name => absent.has(name));
      return isOut ? Number.POSITIVE_INFINITY : ns(original);
    },
  }));
  return { problem: { ...problem, variables, factors }, options };
}
