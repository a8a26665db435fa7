/**
 * @file The sum of two int8 tensors of different scales: addRequantized of core/requantize.ts.
 *
 *     t_x = ((x − z_x)·2^7 · m_x + 2^14) >> 15
 *     q   = clamp(zp + (sat16(sat16(t_a + t_b) + 2^(f−1)) >> f), min, max)
 *
 * `p` → i32 f, m_a, m_b, z_a, z_b, zp, min, max
 */

import { saturate16 } from "../../requantize";

@inline
function rescale(x: i32, zeroPoint: i32, multiplier: i32): i32 {
  return (((x - zeroPoint) << 7) * multiplier + 16384) >> 15;
}

export function qs8_vadd__scalar(
  a: usize, b: usize, y: usize, rows: i32, n: i32, aRow: i32, bRow: i32, yRow: i32, p: usize,
): void {
  const bits = load<i32>(p), ma = load<i32>(p, 4), mb = load<i32>(p, 8);
  const za = load<i32>(p, 12), zb = load<i32>(p, 16);
  const zeroPoint = load<i32>(p, 20), lo = load<i32>(p, 24), hi = load<i32>(p, 28);
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>n; i++) {
      const sum = rescale(load<i8>(a + i), za, ma) + rescale(load<i8>(b + i), zb, mb);
      const rounded = saturate16(saturate16(sum) + (1 << (bits - 1)));
      const q = zeroPoint + (rounded >> bits);
      store<i8>(y + i, <i8>min<i32>(max<i32>(q, lo), hi));
    }
    a += aRow;
    b += bRow;
    y += yRow;
  }
}
