/**
 * @file Picks a point of a frontier.
 *
 * - `size`: the smallest.
 * - `speed`: the fastest; of those within `SPEED_TOLERANCE` of it the smallest.
 * - `balanced`: the one with the least product of time and bytes. A step up
 *   the frontier is taken while it saves a larger share of the time than it
 *   adds to the bytes.
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
      return allowed.toSorted((a, b) => a.ns * a.bytes - b.ns * b.bytes)[0];
    default:
      return aim satisfies never;
  }
}
