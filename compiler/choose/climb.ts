/**
 * @file Good choices of a problem whose graph is too wide to eliminate its
 * variables: for a row of prices of a byte, layers change their minds one at a
 * time until none gains by it.
 */

import { type Point, type Problem, priceChoice, undominated } from "./problem.ts";

/** Nanoseconds per byte, from where only size counts to where only time does. */
const BYTE_PRICES = [1e3, 100, 30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.03, 0.01, 0];

/** Undominated ones among the choices that were met. */
export function climb(problem: Problem): readonly Point[] {
  const points: Point[] = [];
  for (const start of startsOf(problem)) {
    let point = priceChoice(problem, start);
    points.push(point);
    for (const price of BYTE_PRICES) {
      point = settle(problem, point, price);
      points.push(point);
    }
  }
  return undominated(points);
}

/** Each layer's smallest option, and each layer's fastest. */
function startsOf({ variables }: Problem): number[][] {
  return (["bytes", "ns"] as const).map(measure =>
    variables.map(({ options }) => {
      const values = options.map(option => option[measure]);
      return values.indexOf(Math.min(...values));
    }),
  );
}

function settle(problem: Problem, start: Point, price: number): Point {
  const scoreOf = ({ ns, bytes }: Point): number => ns + bytes * price;
  let best = start;
  for (let improved = true; improved; ) {
    improved = false;
    for (const [variable, { options }] of problem.variables.entries()) {
      for (const option of options.keys()) {
        const next = priceChoice(problem, best.choice.with(variable, option));
        if (scoreOf(next) >= scoreOf(best)) continue;
        best = next;
        improved = true;
      }
    }
  }
  return best;
}
