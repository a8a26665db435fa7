/**
 * @file Layouts of what the compiler packs for kernels.
 *
 * compiler/plan/pack.ts writes what is stated here; docs/kernels.md is the
 * contract of both. Every table of a parameter block starts at a multiple
 * of 16.
 *
 *     minmax    f32 min, max; i32 0, 0; [f32 scale[C];] f32 bias[C]
 *     requant   i32 shift, zeroPoint, min, max; i32 bias[C]; i16 multiplier[C]
 *     dequant   f32 min, max; i32 0, 0; i32 bias[C]; f32 scale[C]
 *
 * C is the number of channels, padded to a multiple of the kernel's NR.
 */

/** Bytes before the first table. */
export const HEADER_BYTES: usize = 16;

// minmax and dequant
export const MIN: usize = 0;
export const MAX: usize = 4;

// requant
export const SHIFT: usize = 0;
export const ZERO_POINT: usize = 4;
export const REQUANT_MIN: usize = 8;
export const REQUANT_MAX: usize = 12;

/** What a kernel's weights are. */
export const WEIGHTS_F32 = 0;
export const WEIGHTS_I8 = 1;
export const WEIGHTS_TERNARY = 2;

/** What becomes of 32-bit sums. */
export const REQUANT = 0;
export const DEQUANT = 1;

/** Bits of a 2-bit code; the code of weight t is t + 1. */
export const CODE_MASK = 3;

/** Bytes of a table of `channels` 4-byte words, padded to NR channels and to 16 bytes. */
@inline
export function tableBytes(channels: i32, nr: i32): usize {
  return <usize>(((channels + nr - 1) / nr * nr * 4 + 15) & ~15);
}
