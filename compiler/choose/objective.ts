/**
 * @file Picks a point of a frontier.
 *
 * - `size`: the smallest.
 * - `speed`: the fastest; of those within `SPEED_TOLERANCE` of it the smallest.
 * - `balanced`: the knee. Of the time between the slowest and the fastest point
 *   a step up the frontier saves a share; to the bytes between the smallest and
 *   the largest it adds a share. Steps are taken while the first is larger.
 *
 * A limit of bytes takes away all points above it first.
 */

import type { OptimizeChoice } from "../../core/abi.ts";
import { type Point, undominated } from "./problem.ts";

const SPEED_TOLERANCE = 0.01;

/** The point for `aim` among those of at most `maxBytes`; `undefined` if there is none. */
export function pickPoint(
  points: readonly Point[],
  aim: OptimizeChoice,
  maxBytes = Number.POSITIVE_INFINITY,
): Point | undefined {
  const allowed = undominated(points).filter(({ bytes }) => bytes <= maxBytes);
  switch (aim) {
    case "size":
      return allowed[0];
    case "speed": {
      const fastest = allowed.at(-1)?.ns ?? 0;
      return allowed.find(({ ns }) => ns <= fastest * (1 + SPEED_TOLERANCE));
    }
    case "balanced":
      return allowed.toSorted((a, b) => balance(a, points) - balance(b, points))[0];
    default:
      return aim satisfies never;
  }
}

/** Less is better: the time and the bytes of `point`, as shares of what there is between the ends. */
export function balance(point: Pick<Point, "ns" | "bytes">, points: readonly Point[]): number {
  const spread = (measure: "ns" | "bytes"): number => {
    const values = points.map(other => other[measure]);
    return Math.max(...values) - Math.min(...values) || 1;
  };
  return point.ns / spread("ns") + point.bytes / spread("bytes");
}
