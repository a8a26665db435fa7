/**
 * @file The ternary code, and the 2-bit packing in its plainest form.
 *
 * A trit t in {−1, 0, +1} is stored as the code t + 1: 0 is −1, 1 is 0,
 * 2 is +1; 3 never occurs. Codes stay in 0…2 so that relaxed SIMD dot
 * products are deterministic on them. Kernel-specific orders build on the
 * same code; this file is the reference that they are tested against.
 */

/** Bits of one code. */
export const CODE_BITS = 2;
/** Codes in one byte, lowest bits first. */
export const CODES_PER_BYTE = 4;
/** The code of a zero weight, also used as padding. */
export const ZERO_CODE = 1;

/** Packs trits four to a byte, first trit in the lowest bits, padded with zeros. */
export function packTrits(trits: ArrayLike<number>): Uint8Array {
  const packed = new Uint8Array(Math.ceil(trits.length / CODES_PER_BYTE));
  for (let i = 0; i < packed.length * CODES_PER_BYTE; i++) {
    const code = i < trits.length ? trits[i]! + 1 : ZERO_CODE;
    packed[i >> 2]! |= code << (CODE_BITS * (i & 3));
  }
  return packed;
}

/** Undoes `packTrits` for the first `length` trits. */
export function unpackTrits(packed: Uint8Array, length: number): Int8Array {
  return Int8Array.from({ length }, (_, i) => ((packed[i >> 2]! >> (CODE_BITS * (i & 3))) & 3) - 1);
}

/** Share of zeros, 0 to 1; 0 for no weights. */
export function sparsityOf(weights: ArrayLike<number | bigint>): number {
  let zeroCount = 0;
  for (let i = 0; i < weights.length; i++) if (Number(weights[i]) === 0) zeroCount++;
  return weights.length === 0 ? 0 : zeroCount / weights.length;
}
