/** @file Sums over windows: lanes are neighbouring windows, where these are. See scalar.ts. */

import { shiftToInt16, shiftToInt16x8 } from "../../requantize";

@inline
function sumFour(window: usize, table: usize, taps: i32): v128 {
  let sum = i32x4.splat(0);
  for (let tap = 0; tap < taps; tap++) {
    sum = i32x4.add(sum, v128.load(window + load<i32>(table + (<usize>tap << 2))));
  }
  return sum;
}

@inline
function sumOne(window: usize, table: usize, taps: i32): i32 {
  let sum = 0;
  for (let tap = 0; tap < taps; tap++) {
    sum += load<i32>(window + load<i32>(table + (<usize>tap << 2)));
  }
  return sum;
}

export function s32_s16_windowsum__simd128(
  x: usize, y: usize, table: usize, taps: i32, rows: i32, cols: i32, xRow: i32, xCol: i32,
  yRow: i32, shift: i32,
): void {
  const whole = xCol == 4 ? cols & ~3 : 0;
  for (; rows > 0; rows--) {
    let window = x;
    let to = y;
    let col = 0;
    for (; col < whole; col += 4) {
      const sums = sumFour(window, table, taps);
      v128.store64_lane(to, shiftToInt16x8(sums, sums, shift), 0);
      window += 16;
      to += 8;
    }
    for (; col < cols; col++) {
      store<i16>(to, <i16>shiftToInt16(sumOne(window, table, taps), shift));
      window += xCol;
      to += 2;
    }
    x += xRow;
    y += yRow;
  }
}
