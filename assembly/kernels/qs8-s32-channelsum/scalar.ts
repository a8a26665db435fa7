/** @file y[pixel] = Σ x over the channels of a pixel; y is dense. */

export function qs8_s32_channelsum__scalar(
  x: usize, y: usize, rows: i32, cols: i32, xRow: i32, xCol: i32, channels: i32,
): void {
  for (; rows > 0; rows--) {
    let pixel = x;
    for (let col = 0; col < cols; col++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += load<i8>(pixel + c);
      store<i32>(y, sum);
      y += 4;
      pixel += xCol;
    }
    x += xRow;
  }
}
