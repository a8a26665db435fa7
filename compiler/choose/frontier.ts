/**
 * @file The frontier of a problem: the choices that no other beats in both
 * time and bytes.
 *
 * A library kernel is in the module once, however many layers call it. So the
 * frontier is taken for every set of such kernels, each paid for in advance
 * and no others allowed, and what is undominated among all of these is it.
 */

import { climb } from "./climb.ts";
import { eliminateVariables } from "./eliminate.ts";
import { type Point, type Problem, priceChoice, undominated } from "./problem.ts";

export interface Frontier {
  /** Smallest first, so slowest first. */
  readonly points: readonly Point[];
  /** Whether none was left out. */
  readonly exact: boolean;
}

/** Kernels beyond these are taken as free. */
const MAX_KERNELS = 6;

export function frontierOf(problem: Problem): Frontier {
  const optional = kernelsOf(problem);
  const paid = optional.slice(0, MAX_KERNELS);
  const parts = Array.from({ length: 2 ** paid.length }, (_, mask) => {
    const absent = new Set(paid.filter((_name, bit) => ((mask >> bit) & 1) === 0));
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

/** The largest first. */
function kernelsOf({ kernelBytes }: Problem): string[] {
  return [...kernelBytes].toSorted(([, a], [, b]) => b - a).map(([name]) => name);
}

/** The problem less the options that call `absent` kernels; indices of those that remain. */
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
  const factors = problem.factors.map(({ scope, ns }) => ({
    scope,
    ns: (chosen: readonly number[]) => ns(chosen.map((option, i) => options[scope[i]!]![option]!)),
  }));
  return { problem: { ...problem, variables, factors }, options };
}
