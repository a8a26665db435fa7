/** @file Fills what lies between the rows of channel planes, eight values at once: see scalar.ts. */

@inline
function fill(y: usize, bytes: i32, v: v128): void {
  for (let i: usize = 0; i < <usize>bytes; i += 16) v128.store(y + i, v);
}

/** One vector before each of `rows` rows, the first of which starts at `y`. */
@inline
function fillNarrow(y: usize, rows: i32, rowBytes: usize, v: v128): void {
  y -= 16;
  for (; rows >= 4; rows -= 4) {
    v128.store(y, v);
    v128.store(y + rowBytes, v);
    v128.store(y + 2 * rowBytes, v);
    v128.store(y + 3 * rowBytes, v);
    y += 4 * rowBytes;
  }
  for (; rows > 0; rows--) {
    v128.store(y, v);
    y += rowBytes;
  }
}

export function s16_frame__simd128(
  y: usize, planes: i32, planeBytes: i32, rows: i32, rowBytes: i32, gap: i32, tail: i32, value: i32,
): void {
  const v = i16x8.splat(<i16>value);
  fill(y - tail, tail, v);
  for (; planes > 0; planes--) {
    if (gap == 16) {
      fillNarrow(y + rowBytes, rows - 1, rowBytes, v);
    } else if (gap) {
      for (let row = 1; row < rows; row++) fill(y + <usize>(row * rowBytes - gap), gap, v);
    }
    y += planeBytes;
    fill(y - tail, tail, v);
  }
}
