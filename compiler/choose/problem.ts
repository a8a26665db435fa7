/**
 * @file What is to be decided: for each layer one of its methods, where
 * neighbours that disagree about the form of values pay for conversions.
 *
 * **Units:** nanoseconds, predicted; bytes of the module.
 */

import type { MethodName } from "../../core/abi.ts";

/** A method of one layer. */
export interface Option {
  readonly method: MethodName;
  readonly ns: number;
  /** Constants and code that are the layer's own. */
  readonly bytes: number;
  /** Functions of the library that it brings along; each is in the module once, for all layers. */
  readonly kernels: readonly string[];
}

/** A function of the library, and its bytes. */
export interface FunctionPart {
  readonly name: string;
  readonly bytes: number;
}

export interface Variable {
  readonly name: string;
  readonly options: readonly Option[];
}

/** A time that depends on what several layers choose. */
export interface Factor {
  /** Indices of variables. */
  readonly scope: readonly number[];
  /** Given the index of an option for each variable of the scope, in its order. */
  readonly ns: (options: readonly number[]) => number;
  /** Functions of the library that it then brings along; none unless told. */
  readonly kernels?: (options: readonly number[]) => readonly string[];
}

export interface Problem {
  readonly variables: readonly Variable[];
  readonly factors: readonly Factor[];
  /** Sizes of functions that are in the module only if an option or a factor brings them along. */
  readonly kernelBytes: ReadonlyMap<string, number>;
  /** What nothing here changes. */
  readonly ns: number;
  readonly bytes: number;
}

/** One way to decide everything: an option's index for each variable. */
export interface Point {
  readonly ns: number;
  readonly bytes: number;
  readonly choice: readonly number[];
}

/** Prices `choice`: the definition that the search is tested against. */
export function priceChoice(problem: Problem, choice: readonly number[]): Point {
  const options = problem.variables.map(({ options: all }, i) => all[choice[i]!]!);
  const near = problem.factors.map(factor => [factor, factor.scope.map(i => choice[i]!)] as const);
  const kernels = new Set([
    ...options.flatMap(option => option.kernels),
    ...near.flatMap(([factor, chosen]) => factor.kernels?.(chosen) ?? []),
  ]);
  const shared = [...kernels].reduce((sum, name) => sum + (problem.kernelBytes.get(name) ?? 0), 0);
  const between = near.map(([{ ns }, chosen]) => ns(chosen));
  return {
    ns: sumOf([problem.ns, ...between, ...options.map(option => option.ns)]),
    bytes: problem.bytes + shared + sumOf(options.map(option => option.bytes)),
    choice,
  };
}

/** The points that no other is at least as good as in both respects, smallest first. */
export function undominated<P extends Pick<Point, "ns" | "bytes">>(points: readonly P[]): P[] {
  const sorted = points.toSorted((a, b) => a.bytes - b.bytes || a.ns - b.ns);
  let fastest = Number.POSITIVE_INFINITY;
  return sorted.filter(({ ns }) => {
    if (ns >= fastest) return false;
    fastest = ns;
    return true;
  });
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
