/** @file f32(x − zeroPoint) · scale of eight bytes at once. */

import { storeWords4 } from "../../store";

@inline
function vdequantize(
  signed: bool, x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32,
  zeroPoint: i32,
): void {
  const zp = i16x8.splat(<i16>zeroPoint), factor = f32x4.splat(scale);
  for (; rows > 0; rows--) {
    let a = x, b = y;
    for (let left = n; left > 0; left -= 8) {
      const v = i16x8.sub(signed ? v128.load8x8_s(a) : v128.load8x8_u(a), zp);
      const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(v));
      const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(v));
      storeWords4(b, f32x4.mul(low, factor), left);
      if (left > 4) storeWords4(b + 16, f32x4.mul(high, factor), left - 4);
      a += 8;
      b += 32;
    }
    x += xRow;
    y += yRow;
  }
}

export function qs8_f32_vdequantize__simd128(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32, zeroPoint: i32,
): void {
  vdequantize(true, x, y, rows, n, xRow, yRow, scale, zeroPoint);
}

export function u8_f32_vdequantize__simd128(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32, zeroPoint: i32,
): void {
  vdequantize(false, x, y, rows, n, xRow, yRow, scale, zeroPoint);
}
