/** @file f32(x − zeroPoint) · scale of bytes, elementwise. */

export function qs8_f32_vdequantize__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32, zeroPoint: i32,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>n; i++) {
      store<f32>(y + (i << 2), <f32>(<i32>load<i8>(x + i) - zeroPoint) * scale);
    }
    x += xRow;
    y += yRow;
  }
}

export function u8_f32_vdequantize__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, scale: f32, zeroPoint: i32,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>n; i++) {
      store<f32>(y + (i << 2), <f32>(<i32>load<u8>(x + i) - zeroPoint) * scale);
    }
    x += xRow;
    y += yRow;
  }
}
