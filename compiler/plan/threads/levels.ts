/**
 * @file Which bundles of calls may run at one time: those of one level, for
 * none of them touches a byte that another one writes.
 *
 * A bundle's level follows those of all earlier bundles that write what it
 * touches, or read what it writes. So levels, in order, give every byte the
 * values that the calls give it one after the other.
 */

import type { Region } from "../plan.ts";
import type { Bundle } from "./bundles.ts";
import { visitRuns } from "./runs.ts";

/** The level of each bundle, from 0; addresses from `arenaOffset` to `totalBytes` are written. */
export function levelsOf(
  bundles: readonly Bundle[],
  { arenaOffset, totalBytes }: { readonly arenaOffset: number; readonly totalBytes: number },
): number[] {
  const bytes = totalBytes - arenaOffset;
  /** The level behind that of the last writer, and reader, of each byte. */
  const written = new Int32Array(bytes);
  const read = new Int32Array(bytes);
  return bundles.map(bundle => {
    const reads = touched(bundle, "reads").filter(({ offset }) => offset >= arenaOffset);
    const writes = touched(bundle, "writes");
    const level = Math.max(
      largestIn(written, reads, arenaOffset),
      largestIn(written, writes, arenaOffset),
      largestIn(read, writes, arenaOffset),
    );
    raise(read, reads, arenaOffset, level + 1);
    raise(written, writes, arenaOffset, level + 1);
    return level;
  });
}

/** What the calls touch besides scratch memory that is their own. */
function touched({ calls, scratch }: Bundle, what: "reads" | "writes"): Region[] {
  return calls.flatMap(call => call[what]).filter(({ block }) => block !== scratch?.block);
}

function largestIn(marks: Int32Array, regions: readonly Region[], base: number): number {
  let largest = 0;
  for (const region of regions) {
    visitRuns(region, (start, bytes) => {
      const end = start - base + bytes;
      for (let at = start - base; at < end; at++) largest = Math.max(largest, marks[at]!);
    });
  }
  return largest;
}

function raise(marks: Int32Array, regions: readonly Region[], base: number, value: number): void {
  for (const region of regions) {
    visitRuns(region, (start, bytes) => {
      const end = start - base + bytes;
      for (let at = start - base; at < end; at++) marks[at] = Math.max(marks[at]!, value);
    });
  }
}
