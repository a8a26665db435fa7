/**
 * @file What a call does, in counted quantities. A predicted time is their sum,
 * each times its cost on an engine (compiler/costs/).
 *
 * **Units:** numbers of things; a quantity may have any name that the costs of
 * its kernel list.
 */

import type { Region } from "./plan.ts";

/** Quantities by name; `call` is 1 for every call and needs not be listed. */
export type Work = Readonly<Record<string, number>>;

/** Of a call that says nothing itself: the bytes that it touches, in how many runs. */
export function workOf(reads: readonly Region[], writes: readonly Region[]): Work {
  const regions = [...reads, ...writes];
  const sizes = regions.map(region => ({ runs: runsOf(region), bytes: region.bytes }));
  return {
    byte: sizes.reduce((sum, { runs, bytes }) => sum + runs * bytes, 0),
    run: sizes.reduce((most, { runs }) => Math.max(most, runs), 0),
  };
}

/** The work of `times` equal calls. */
export function scaleWork(work: Work, times: number): Work {
  return Object.fromEntries(Object.entries(work).map(([name, count]) => [name, count * times]));
}

function runsOf({ repeats }: Region): number {
  return repeats.reduce((product, { count }) => product * count, 1);
}
