/**
 * @file A convolution by lists, one pixel after the other: see list-convolution.ts.
 *
 * Layout    w: per channel runs of gaps; compiler/specialize/sparse-lists.ts
 */

import {
  ADD_ZERO_POINT, ADDEND_MULTIPLIER, ADDEND_ZERO, BIASES, CHANNELS, COLUMNS, DILATION_COLUMNS,
  DILATION_ROWS, FRACTION_BITS, GAP_BITS, GROUP, INPUTS, KERNEL_COLUMNS, KERNEL_ROWS, LAST,
  PAD_LEFT, RESTART, ROWS, STRIDE_COLUMNS, STRIDE_ROWS, SUM_MULTIPLIER, SUM_ZERO, X_LEFT, X_PHASE,
  X_PHASES, X_PLANE, X_ROW, Y_LEFT, Y_PHASE, Y_PHASES, Y_PLANE, Y_ROW, Z_LEFT, Z_PLANE, Z_ROW,
  ZERO_POINT,
} from "../../list-parameters";
import { requantize, saturate16 } from "../../requantize";

/** Byte offset of padded column `column` in a row. */
@inline
function columnOffset(column: i32, phases: i32, phaseBytes: i32): i32 {
  return column % phases * phaseBytes + column / phases * 2;
}

/** The input that tap `k` of a window reads, from padded column 0 of the window's first row. */
@inline
function tapOffset(k: i32, column: i32, p: usize): i32 {
  const kernelColumns = load<i32>(p, KERNEL_COLUMNS), kernelRows = load<i32>(p, KERNEL_ROWS);
  const kx = k % kernelColumns, ky = k / kernelColumns % kernelRows;
  const c = k / kernelColumns / kernelRows;
  const padded = column * load<i32>(p, STRIDE_COLUMNS) + kx * load<i32>(p, DILATION_COLUMNS)
    - load<i32>(p, PAD_LEFT) + load<i32>(p, X_LEFT);
  return c * load<i32>(p, X_PLANE) + ky * load<i32>(p, DILATION_ROWS) * load<i32>(p, X_ROW)
    + columnOffset(padded, load<i32>(p, X_PHASES), load<i32>(p, X_PHASE));
}

/** The sum of one channel's list at one pixel; `x` is padded column 0 of the window's first row. */
function sumList(x: usize, column: i32, p: usize, w: usize): i32 {
  const gapBits = load<i32>(p, GAP_BITS);
  const mask = (1 << gapBits) - 1;
  let total = 0, sum = 0, k = -1, flags = 0;
  do {
    flags = load<u8>(w);
    const end = w + 2 + load<u8>(w, 1);
    for (w += 2; w < end; w++) {
      for (let bit = 0; bit < 8; bit += gapBits) {
        const gap = load<u8>(w) >> <u8>bit & <u8>mask;
        k += gap ? gap : mask;
        if (gap) sum += load<i16>(x + tapOffset(k, column, p));
      }
    }
    if (flags & RESTART) {
      total -= sum;
      sum = 0;
      k = -1;
    }
  } while (!(flags & LAST));
  return total + sum;
}

/** Where the next channel's list begins. */
function skipList(w: usize): usize {
  let flags = 0;
  do {
    flags = load<u8>(w);
    w += 2 + load<u8>(w, 1);
  } while (!(flags & LAST));
  return w;
}

@inline
function scaled(value: i32, zero: i32, multiplier: i32): i32 {
  return ((value - zero << 7) * multiplier + 16384) >> 15;
}

/** core/requantize.ts, addRequantized. */
@inline
function added(a: i32, b: i32, p: usize): i32 {
  const bits = load<i32>(p, FRACTION_BITS);
  const ta = scaled(a, load<i32>(p, SUM_ZERO), load<i32>(p, SUM_MULTIPLIER));
  const tb = scaled(b, load<i32>(p, ADDEND_ZERO), load<i32>(p, ADDEND_MULTIPLIER));
  const sum = saturate16(saturate16(ta + tb) + (1 << (bits - 1)));
  const q = load<i32>(p, ADD_ZERO_POINT) + (sum >> bits);
  return min<i32>(max<i32>(q, load<i32>(p, ADD_ZERO_POINT + 4)), load<i32>(p, ADD_ZERO_POINT + 8));
}

export function s16_ts_conv_requant__scalar(
  x: usize, y: usize, z: usize, p: usize, w: usize, _scratch: usize,
): void {
  const rows = load<i32>(p, ROWS), columns = load<i32>(p, COLUMNS);
  const channels = load<i32>(p, CHANNELS), group = load<i32>(p, GROUP);
  const groupStep = load<i32>(p, INPUTS) / group * load<i32>(p, X_PLANE);
  const step = load<i32>(p, STRIDE_ROWS) * load<i32>(p, X_ROW);
  const adds = load<i32>(p, FRACTION_BITS) != 0;
  const left = load<i32>(p, Y_LEFT), phases = load<i32>(p, Y_PHASES);
  const beyond = load<i32>(p + (adds ? ADD_ZERO_POINT : ZERO_POINT));
  for (let channel = 0; channel < channels; channel++) {
    const xGroup = x + <usize>(channel / (channels / group) * groupStep);
    const bias = load<i32>(p + BIASES + <usize>(4 * channel));
    const multiplier = load<i16>(p + BIASES + <usize>(4 * channels + 2 * channel));
    for (let row = 0; row < rows; row++) {
      const yRow = y + <usize>(channel * load<i32>(p, Y_PLANE) + row * load<i32>(p, Y_ROW));
      const zRow = z + <usize>(channel * load<i32>(p, Z_PLANE) + row * load<i32>(p, Z_ROW));
      for (let column = 0; column < (columns + 7 & -8); column++) {
        let q = beyond;
        if (column < columns) {
          const acc = bias + sumList(xGroup + <usize>(row * step), column, p, w);
          q = requantize(acc, multiplier, p);
          if (adds) q = added(q, load<i16>(zRow + <usize>(2 * (column + load<i32>(p, Z_LEFT)))), p);
        }
        const offset = columnOffset(column + left, phases, load<i32>(p, Y_PHASE));
        store<i16>(yRow + <usize>offset, <i16>q);
      }
    }
    w = skipList(w);
  }
}
