/**
 * @file Ternary weights as lists of gaps: which weights of a channel are −1,
 * and which are +1.
 *
 * **Layout:** per channel runs of gaps, first those of −1, then those of +1. A
 * run is a byte of flags, a byte with the number of bytes that follow, and the
 * gaps: of 4 bits, two to a byte, lower half first, or of 8. A gap is the
 * distance from one weight to the next, the first from −1; gap 0 goes on by
 * the largest gap without naming a weight, and fills up a run.
 *
 * **Flags** say what a sum over the list does behind the run: see `RUN`. A
 * channel whose sums fit 16 bits, or of up to `MOST_TERMS` weights, is summed
 * up in 16 bits; in any other each run has so few, and is added to 32 bits.
 */

export const RUN = {
  /** Gaps count from the first weight again. */
  restart: 1,
  /** The sum changes its sign. */
  negate: 2,
  /** The sum is added to that of 32 bits, and starts anew. */
  widen: 4,
  /** The same, subtracted. */
  widenNegated: 8,
  /** The channel ends. */
  last: 16,
} as const;

export type GapBits = 4 | 8;

export interface SparseLists {
  readonly gapBits: GapBits;
  readonly bytes: Uint8Array;
}

/** Values of 8 bits that certainly fit 16 in sum. */
const MOST_TERMS = 255;
const MOST_BYTES = 255;
/** Bytes of a run that is added to 32 bits: two gaps of 4 bits each, at most. */
const WIDE_BYTES = 127;
/** Lists of whole bytes are faster to read, and taken unless so many times as large. */
const BYTE_WORTH = 1.15;

/** Packs `trits`, [channels][k]; `fits16` says that all sums over inputs fit 16 bits. */
export function packLists(trits: ArrayLike<number>, channels: number, fits16 = false): SparseLists {
  const [nibbles, bytes] = ([4, 8] as const).map(gapBits => ({
    gapBits,
    bytes: packAs(gapBits, trits, channels, fits16),
  })) as [SparseLists, SparseLists];
  return bytes.bytes.length > BYTE_WORTH * nibbles.bytes.length ? nibbles : bytes;
}

function packAs(
  gapBits: GapBits,
  trits: ArrayLike<number>,
  channels: number,
  fits16: boolean,
): Uint8Array {
  const depth = trits.length / channels;
  const packed: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const signs = Array.from({ length: depth }, (_, k) => trits[channel * depth + k]!);
    const terms = signs.filter(trit => trit !== 0).length;
    packed.push(...packChannel(gapBits, signs, !fits16 && terms > MOST_TERMS));
  }
  return Uint8Array.from(packed);
}

function packChannel(gapBits: GapBits, trits: readonly number[], isWide: boolean): number[] {
  const most = isWide ? WIDE_BYTES : MOST_BYTES;
  const minus = packSign(gapBits, trits, -1);
  const plus = packSign(gapBits, trits, 1);
  const [flagsOfMinus, flagsOfPlus] = isWide ? [RUN.widenNegated, RUN.widen] : [0, 0];
  const end = RUN.restart | (isWide ? RUN.widenNegated : RUN.negate);
  return [
    ...(minus.length === 0 ? [] : runsOf(minus, most, flagsOfMinus, end)),
    ...runsOf(plus, most, flagsOfPlus, flagsOfPlus | RUN.last),
  ];
}

/** The gaps before each weight `sign`, as bytes. */
function packSign(gapBits: GapBits, trits: readonly number[], sign: number): number[] {
  const largest = 2 ** gapBits - 1;
  const gaps: number[] = [];
  let gap = 0;
  for (const trit of trits) {
    gap++;
    if (trit !== sign) continue;
    for (; gap > largest; gap -= largest) gaps.push(0);
    gaps.push(gap);
    gap = 0;
  }
  if (gapBits === 8) return gaps;
  return Array.from(
    { length: Math.ceil(gaps.length / 2) },
    (_, i) => gaps[2 * i]! | ((gaps[2 * i + 1] ?? 0) << 4),
  );
}

/** `gaps` in runs of up to `most` bytes, at least one; the last with flags of its own. */
function runsOf(gaps: readonly number[], most: number, flags: number, lastFlags: number): number[] {
  const runs: number[] = [];
  let at = 0;
  do {
    const run = gaps.slice(at, at + most);
    at += run.length;
    runs.push(at < gaps.length ? flags : lastFlags, run.length, ...run);
  } while (at < gaps.length);
  return runs;
}

/** The trits at `at` of `bytes`, [channels][depth]; `undefined` if there are no such lists. */
export function unpackLists(
  bytes: Uint8Array,
  at: number,
  gapBits: GapBits,
  channels: number,
  depth: number,
): Int8Array | undefined {
  const trits = new Int8Array(channels * depth);
  let next = at;
  for (let channel = 0; channel < channels; channel++) {
    const end = unpackChannel(
      bytes,
      next,
      gapBits,
      trits.subarray(channel * depth).subarray(0, depth),
    );
    if (end === undefined) return undefined;
    next = end;
  }
  return trits;
}

/** Fills `trits`; returns where the channel ends. */
function unpackChannel(
  bytes: Uint8Array,
  start: number,
  gapBits: GapBits,
  trits: Int8Array,
): number | undefined {
  const largest = 2 ** gapBits - 1;
  let at = start;
  let k = -1;
  let named: number[] = [];
  for (;;) {
    const [flags, length] = [bytes[at], bytes[at + 1]];
    if (flags === undefined || length === undefined) return undefined;
    for (const byte of bytes.subarray(at + 2, at + 2 + length)) {
      for (let shift = 0; shift < 8; shift += gapBits) {
        const gap = (byte >> shift) & largest;
        k += gap === 0 ? largest : gap;
        if (gap !== 0) named.push(k);
      }
    }
    at += 2 + length;
    const isLast = (flags & RUN.last) !== 0;
    if (!isLast && (flags & RUN.restart) === 0) continue;
    if (named.some(index => index >= trits.length)) return undefined;
    for (const index of named) trits[index] = isLast ? 1 : -1;
    if (isLast) return at;
    k = -1;
    named = [];
  }
}
