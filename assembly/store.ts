/** @file Stores of the first elements of a vector: kernels write nothing past their output. */

/** `count` of the 8 bytes of `bytes`; all of them if there are more. */
@inline
export function storeBytes8(y: usize, bytes: i64, count: i32): void {
  if (count >= 8) {
    store<i64>(y, bytes);
    return;
  }
  if (count & 4) {
    store<i32>(y, <i32>bytes);
    bytes >>= 32;
    y += 4;
  }
  if (count & 2) {
    store<i16>(y, <i16>bytes);
    bytes >>= 16;
    y += 2;
  }
  if (count & 1) store<i8>(y, <i8>bytes);
}

/** `count` of 16 bytes. Requires 0 < count ≤ 16. */
@inline
export function storeBytes16(y: usize, v: v128, count: i32): void {
  if (count >= 16) {
    v128.store(y, v);
  } else if (count >= 8) {
    store<i64>(y, i64x2.extract_lane(v, 0));
    storeBytes8(y + 8, i64x2.extract_lane(v, 1), count - 8);
  } else {
    storeBytes8(y, i64x2.extract_lane(v, 0), count);
  }
}

/** `count` of 4 words. Requires count > 0. */
@inline
export function storeWords4(y: usize, v: v128, count: i32): void {
  if (count >= 4) {
    v128.store(y, v);
    return;
  }
  v128.store32_lane(y, v, 0);
  if (count > 1) v128.store32_lane(y, v, 1, 4);
  if (count > 2) v128.store32_lane(y, v, 2, 8);
}
