/** @file Bytes as i16 over four dimensions, steps in bytes: an image becomes channel planes. */

export function s8_s16_widen__scalar(
  x: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32, x0: i32, x1: i32, x2: i32, x3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  for (let i = 0; i < d0; i++) {
    for (let j = 0; j < d1; j++) {
      for (let k = 0; k < d2; k++) {
        let a = x + <usize>(i * x0 + j * x1 + k * x2);
        let b = y + <usize>(i * y0 + j * y1 + k * y2);
        for (let left = d3; left > 0; left--) {
          store<i16>(b, <i16>load<i8>(a));
          a += x3;
          b += y3;
        }
      }
    }
  }
}
