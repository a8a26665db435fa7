/**
 * @file Fills what lies between the rows of channel planes with `value`.
 *
 * `y` is the first row of the first plane. The `gap` bytes before every other
 * row of a plane are filled, the `tail` bytes before every plane, and as many
 * before where one more plane would start.
 *
 * Requires  gap and tail are multiples of 16
 */

@inline
function fill(y: usize, bytes: i32, value: i32): void {
  for (let i: usize = 0; i < <usize>bytes; i += 2) store<i16>(y + i, <i16>value);
}

export function s16_frame__scalar(
  y: usize, planes: i32, planeBytes: i32, rows: i32, rowBytes: i32, gap: i32, tail: i32, value: i32,
): void {
  fill(y - tail, tail, value);
  for (; planes > 0; planes--) {
    for (let row = 1; row < rows; row++) fill(y + <usize>(row * rowBytes - gap), gap, value);
    y += planeBytes;
    fill(y - tail, tail, value);
  }
}
