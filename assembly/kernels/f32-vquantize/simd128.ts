/**
 * @file Quantises four or sixteen elements at once. See scalar.ts.
 *
 * Adding 1.5 · 2^23 rounds to an integer, ties to even, and leaves it in the
 * low bits. What is larger than all integers there gives a large one, which
 * narrowing saturates; what is smaller is not let through. The lower bound is
 * the first operand of `pmax`, which returns it for NaN.
 */

import { splat32 } from "../../constant";
import { storeBytes8 } from "../../store";

const LIMIT: f32 = -16384;
const MAGIC: f32 = 12582912.0;
const MAGIC_BITS = 0x4b400000;

/** Four integers. */
@inline
function round4(x: usize, scale: v128, limit: v128, magic: v128, none: v128): v128 {
  const v = f32x4.div(v128.load(x), scale);
  return i32x4.sub(f32x4.add(f32x4.pmax(limit, v), magic), none);
}

/** Eight results as i16. */
@inline
function finish(a: v128, b: v128, lo: v128, hi: v128): v128 {
  return i16x8.min_s(i16x8.max_s(i16x8.narrow_i32x4_s(a, b), lo), hi);
}

@inline
function toBytes(signed: bool, a: v128, b: v128): v128 {
  return signed ? i8x16.narrow_i16x8_s(a, b) : i8x16.narrow_i16x8_u(a, b);
}

@inline
function vquantize(
  signed: bool, x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32,
  zeroPoint: i32, lo: i32, hi: i32,
): void {
  const divisor = f32x4.splat(scale), none = i32x4.splat(MAGIC_BITS - zeroPoint);
  const limit = splat32(reinterpret<i32>(LIMIT), n), magic = splat32(reinterpret<i32>(MAGIC), n);
  const least = i16x8.splat(<i16>lo), most = i16x8.splat(<i16>hi);
  for (; rows > 0; rows--) {
    let a = x, b = y, left = n;
    for (; left >= 16; left -= 16) {
      const q0 = round4(a, divisor, limit, magic, none);
      const q1 = round4(a + 16, divisor, limit, magic, none);
      const q2 = round4(a + 32, divisor, limit, magic, none);
      const q3 = round4(a + 48, divisor, limit, magic, none);
      v128.store(b, toBytes(signed, finish(q0, q1, least, most), finish(q2, q3, least, most)));
      a += 64;
      b += 16;
    }
    for (; left > 0; left -= 4) {
      const v = round4(a, divisor, limit, magic, none);
      const q = finish(v, v, least, most);
      storeBytes8(b, i64x2.extract_lane(toBytes(signed, q, q), 0), min<i32>(left, 4));
      a += 16;
      b += 4;
    }
    x += xRow;
    y += yRow;
  }
}

export function f32_qs8_vquantize__simd128(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32,
  zeroPoint: i32, lo: i32, hi: i32,
): void {
  vquantize(true, x, y, rows, n, xRow, yRow, scale, zeroPoint, lo, hi);
}

export function f32_u8_vquantize__simd128(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32,
  zeroPoint: i32, lo: i32, hi: i32,
): void {
  vquantize(false, x, y, rows, n, xRow, yRow, scale, zeroPoint, lo, hi);
}
