/**
 * @file Σ x over windows, for products whose second operand is a weight plus a constant.
 *
 * Sums of pairs are collected in 16 bits: segments are summed in runs that fit.
 */

import { sumLanes4 } from "./pairs";

/** 128 · 2^7 · 2 is 2^15. */
const BYTES_PER_RUN = 127 * 16;

@inline
function addPairs(acc: v128, bytes: v128): v128 {
  return i16x8.add(acc, i16x8.extadd_pairwise_i8x16_s(bytes));
}

@inline
function drain(sum: v128, acc: v128): v128 {
  return i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(acc));
}

/**
 * Σ x of four windows, a lane each, with what is multiplied by padding.
 * `depth`, the bytes of a segment, is a multiple of 8.
 */
@inline
export function sumOfWindows(
  x0: usize, x1: usize, x2: usize, x3: usize, table: usize, segments: i32, depth: i32,
): v128 {
  let sum0 = i32x4.splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (let s = 0; s < segments; s++) {
    let k = <usize>load<i32>(table + (<usize>s << 2));
    for (let left = depth; left > 0; left -= BYTES_PER_RUN) {
      let acc0 = i16x8.splat(0), acc1 = acc0, acc2 = acc0, acc3 = acc0;
      const end = k + min<i32>(left, BYTES_PER_RUN);
      for (; k + 16 <= end; k += 16) {
        acc0 = addPairs(acc0, v128.load(x0 + k));
        acc1 = addPairs(acc1, v128.load(x1 + k));
        acc2 = addPairs(acc2, v128.load(x2 + k));
        acc3 = addPairs(acc3, v128.load(x3 + k));
      }
      if (k != end) {
        acc0 = addPairs(acc0, v128.load64_zero(x0 + k));
        acc1 = addPairs(acc1, v128.load64_zero(x1 + k));
        acc2 = addPairs(acc2, v128.load64_zero(x2 + k));
        acc3 = addPairs(acc3, v128.load64_zero(x3 + k));
        k = end;
      }
      sum0 = drain(sum0, acc0);
      sum1 = drain(sum1, acc1);
      sum2 = drain(sum2, acc2);
      sum3 = drain(sum3, acc3);
    }
  }
  return sumLanes4(sum0, sum1, sum2, sum3);
}

/** In all lanes, Σ x of one window, with what is multiplied by padding. `depth` is a multiple of 16. */
@inline
export function sumOfWindow(x: usize, table: usize, segments: i32, depth: i32): v128 {
  let sum = i32x4.splat(0);
  for (let s = 0; s < segments; s++) {
    let k = x + load<i32>(table + (<usize>s << 2));
    for (const end = k + depth; k != end; k += 16) {
      sum = drain(sum, i16x8.extadd_pairwise_i8x16_s(v128.load(k)));
    }
  }
  return sumLanes4(sum, sum, sum, sum);
}
