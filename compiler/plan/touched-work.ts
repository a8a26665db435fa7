/** @file The work of calls that say nothing of it themselves: the memory that they touch. */

import type { Work } from "../costs/work.ts";
import type { Region } from "./plan.ts";

/** Bytes, and in how many runs they lie. */
export function workOf(reads: readonly Region[], writes: readonly Region[]): Work {
  const regions = [...reads, ...writes];
  const sizes = regions.map(region => ({ runs: runsOf(region), bytes: region.bytes }));
  return {
    byte: sizes.reduce((sum, { runs, bytes }) => sum + runs * bytes, 0),
    run: sizes.reduce((most, { runs }) => Math.max(most, runs), 0),
  };
}

function runsOf({ repeats }: Region): number {
  return repeats.reduce((product, { count }) => product * count, 1);
}
