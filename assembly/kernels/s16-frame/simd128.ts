/** @file Fills what lies between the rows of channel planes, eight values at once: see scalar.ts. */

@inline
function fill(y: usize, bytes: i32, v: v128): void {
  for (let i: usize = 0; i < <usize>bytes; i += 16) v128.store(y + i, v);
}

export function s16_frame__simd128(
  y: usize, planes: i32, planeBytes: i32, rows: i32, rowBytes: i32, gap: i32, tail: i32, value: i32,
): void {
  const v = i16x8.splat(<i16>value);
  fill(y - tail, tail, v);
  for (; planes > 0; planes--) {
    if (gap) {
      let end = y;
      for (let row = 1; row < rows; row++) {
        end += rowBytes;
        fill(end - gap, gap, v);
      }
    }
    y += planeBytes;
    fill(y - tail, tail, v);
  }
}
