/**
 * @file Divides a call of a library kernel along one of its loops: the same
 * kernel on some of the rows, columns or elements.
 */

import { scaleWork } from "../../costs/work.ts";
import type { Region, Repeat, ThreadCall } from "../plan.ts";

/** A loop of a kernel, as indices of arguments. */
interface Loop {
  /** How often it runs. */
  readonly extent: number;
  /** Addresses, each with the bytes that it moves in an iteration; the last one is written. */
  readonly moves: readonly (readonly [address: number, step: number])[];
  /** An argument that has to be 1, for the loop to be neighbours in memory. */
  readonly within?: number;
}

/** Stands for the step of elements, which is no argument. */
const ELEMENT = -1;

/** Loops of the families that can be divided, the best to divide first. */
const LOOPS: readonly (readonly [RegExp, readonly Loop[]])[] = [
  [/_igemm_/, [rowsOf(7, [0, 9], [3, 11]), rowsOf(8, [0, 10], [3, 12])]],
  [/_dwconv_/, [rowsOf(8, [0, 10], [3, 12]), rowsOf(9, [0, 11], [3, 13])]],
  [/^f32_vsoftmax$/, [rowsOf(2, [0, 4], [1, 5])]],
  [/^qs8_vadd$/, [rowsOf(3, [0, 5], [1, 6], [2, 7]), elementsOf(4, 3, 0, 1, 2)]],
  [/^f32_vbinary_/, [0, 1, 2, 3].map(i => rowsOf(3 + i, [0, 7 + i], [1, 11 + i], [2, 15 + i]))],
  [/_copy$|_widen$|_narrow$/, [0, 1, 2, 3].map(i => rowsOf(2 + i, [0, 6 + i], [1, 10 + i]))],
  [/_planepool$/, [rowsOf(3, [0, 6], [1, 8])]],
  [/_v[a-z]+$/, [rowsOf(2, [0, 4], [1, 5]), elementsOf(3, 2, 0, 1)]],
];

function rowsOf(extent: number, ...moves: (readonly [number, number])[]): Loop {
  return { extent, moves };
}

function elementsOf(extent: number, rows: number, ...addresses: number[]): Loop {
  return { extent, moves: addresses.map(address => [address, ELEMENT] as const), within: rows };
}

/** `call` in `parts` calls that do the same together; `undefined` if it cannot be divided. */
export function splitCall(
  call: ThreadCall,
  family: string,
  parts: number,
): ThreadCall[] | undefined {
  const loops = LOOPS.find(([pattern]) => pattern.test(family))?.[1] ?? [];
  for (const loop of loops) {
    const total = call.args[loop.extent]!;
    if (total < parts || (loop.within !== undefined && call.args[loop.within] !== 1)) continue;
    const cuts = Array.from({ length: parts + 1 }, (_, i) => Math.floor((i * total) / parts));
    const split = cuts
      .slice(1)
      .map((end, i) => partOf(call, loop, { first: cuts[i]!, end, total }));
    if (split.every(part => part !== undefined)) return split;
  }
  return undefined;
}

interface Share {
  readonly first: number;
  readonly end: number;
  readonly total: number;
}

function partOf(call: ThreadCall, loop: Loop, share: Share): ThreadCall | undefined {
  const count = share.end - share.first;
  const args = [...call.args];
  args[loop.extent] = count;
  let { reads, writes } = call;
  for (const [i, [address, step]] of loop.moves.entries()) {
    const isResult = i === loop.moves.length - 1;
    const start = call.args[address]!;
    const regions = isResult ? writes : reads;
    const own = regions.find(({ offset }) => offset === start);
    const bytes = step === ELEMENT ? elementBytes(own, share.total) : call.args[step]!;
    if (bytes === undefined) return undefined;
    args[address] = start + share.first * bytes;
    const sliced = own && sliceRegion(own, bytes, share);
    if (isResult && (sliced === undefined || writes.length > 1)) return undefined;
    // What cannot be divided is read whole: that is never less than what is read.
    if (isResult) writes = [sliced!];
    else if (sliced !== undefined) reads = reads.map(region => (region === own ? sliced : region));
  }
  return { ...call, args, reads, writes, work: scaleWork(call.work, count / share.total) };
}

/** Of neighbours that fill their region. */
function elementBytes(region: Region | undefined, count: number): number | undefined {
  if (region === undefined || region.repeats.length > 0) return undefined;
  return region.bytes % count === 0 ? region.bytes / count : undefined;
}

/** Iterations `first` to `end` of the `total` that step through a region; `undefined` if they do not. */
export function sliceRegion(region: Region, step: number, share: Share): Region | undefined {
  const { first, end, total } = share;
  if (step <= 0) return undefined;
  const offset = region.offset + first * step;
  const index = region.repeats.findIndex(
    repeat => repeat.count % total === 0 && (repeat.count / total) * repeat.step === step,
  );
  if (index >= 0) {
    const { count, step: own } = region.repeats[index]!;
    const less: Repeat = { count: (count / total) * (end - first), step: own };
    return { ...region, offset, repeats: region.repeats.with(index, less) };
  }
  if (region.bytes !== total * step) return undefined;
  return { ...region, offset, bytes: (end - first) * step };
}
