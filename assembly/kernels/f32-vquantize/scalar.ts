/**
 * @file clamp(roundHalfEven(x / scale) + zeroPoint, lo, hi) as bytes: quantize32 of float32.ts.
 *
 * NaN gives `lo`. i8 and u8 differ by `zeroPoint`, `lo` and `hi` only.
 */

/** Past ±2^14 every 8-bit result is `lo` or `hi`. */
const LIMIT: f32 = 16384;

@inline
function vquantize(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32,
  zeroPoint: i32, lo: i32, hi: i32,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>n; i++) {
      const v = load<f32>(x + (i << 2)) / scale;
      const bounded = v != v ? -LIMIT : min<f32>(max<f32>(v, -LIMIT), LIMIT);
      const q = <i32>nearest<f32>(bounded) + zeroPoint;
      store<i8>(y + i, <i8>min<i32>(max<i32>(q, lo), hi));
    }
    x += xRow;
    y += yRow;
  }
}

export function f32_qs8_vquantize__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32,
  zeroPoint: i32, lo: i32, hi: i32,
): void {
  vquantize(x, y, rows, n, xRow, yRow, scale, zeroPoint, lo, hi);
}

export function f32_u8_vquantize__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32,
  zeroPoint: i32, lo: i32, hi: i32,
): void {
  vquantize(x, y, rows, n, xRow, yRow, scale, zeroPoint, lo, hi);
}
