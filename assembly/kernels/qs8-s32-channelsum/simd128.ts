/** @file Σ x over the channels of a pixel: lanes are channels. See scalar.ts. */

/** Lanes 0…left − 1 of `v`, 0 in the others. */
@inline
function firstLanes(v: v128, left: i32): v128 {
  const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.and(v, i8x16.lt_u(lanes, i8x16.splat(<i8>left)));
}

@inline
function sumQuads(v: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(v));
}

@inline
function sumLanes(v: v128): i32 {
  const halves = i32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(halves, 0) + i32x4.extract_lane(halves, 1);
}

export function qs8_s32_channelsum__simd128(
  x: usize, y: usize, rows: i32, cols: i32, xRow: i32, xCol: i32, channels: i32,
): void {
  for (; rows > 0; rows--) {
    let pixel = x;
    for (let col = 0; col < cols; col++) {
      let sum = i32x4.splat(0);
      let left = channels;
      let c = pixel;
      for (; left >= 16; left -= 16) {
        sum = i32x4.add(sum, sumQuads(v128.load(c)));
        c += 16;
      }
      if (left > 0) sum = i32x4.add(sum, sumQuads(firstLanes(v128.load(c), left)));
      store<i32>(y, sumLanes(sum));
      y += 4;
      pixel += xCol;
    }
    x += xRow;
  }
}
