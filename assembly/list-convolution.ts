/**
 * @file A ternary convolution on channel planes, driven by lists of the weights
 * that are not zero: lanes run over eight neighbouring pixels of a row.
 *
 * A tile of up to eight vectors keeps its sums in registers. For each output
 * channel the lists name the inputs that are added, those of weight −1 first,
 * after which the sums change sign; compiler/specialize/sparse-lists.ts.
 *
 * Ranges    16-bit sums of up to 255 values of 8 bits, or that are proven to
 *           fit; others go to 32-bit sums in the scratch area, as flags say
 * Requires  the image has at least `rows` rows and `vectors` vectors in a row
 * Scratch   32 bytes of wide sums and 16 of sums per vector, then i32 taps:
 *           the offset of each input of a window from its start
 */

import {
  ADD_ZERO_POINT, ADDEND_MULTIPLIER, ADDEND_ZERO, BIASES, CHANNELS, COLUMNS, DILATION_COLUMNS,
  DILATION_ROWS, FITS_16, FRACTION_BITS, GAP_BITS, GROUP, INPUTS, KERNEL_COLUMNS, KERNEL_ROWS,
  LAST, NEGATE, PAD_LEFT, RESTART, ROWS, SHIFT, STRIDE_ROWS, SUM_MULTIPLIER, SUM_ZERO, WIDEN,
  WIDEN_NEGATED, X_LEFT, X_PHASE, X_PHASES, X_PLANE, X_ROW, Y_LEFT, Y_PHASE, Y_PHASES, Y_PLANE,
  Y_ROW, Z_LEFT, Z_PLANE, Z_ROW, ZERO_POINT,
} from "./list-parameters";
import { REQUANT_MAX, REQUANT_MIN } from "./layout";
import { finish8, shiftToInt16x8 } from "./requantize";

const VECTORS = 8;
const VECTOR_BYTES = 16;
const SUMS: usize = 2 * VECTORS * VECTOR_BYTES;
const TAPS: usize = SUMS + VECTORS * VECTOR_BYTES;
const TAP_BYTES = 4;
/** Before the multiplication of an addition: core/requantize.ts. */
const ADD_SHIFT = 7;

/** The offset of each tap of a window, [C][kH][kW]. */
function fillTaps(taps: usize, p: usize): void {
  const phases = load<i32>(p, X_PHASES), left = load<i32>(p, X_LEFT) - load<i32>(p, PAD_LEFT);
  const rowStep = load<i32>(p, DILATION_ROWS) * load<i32>(p, X_ROW);
  const inputs = load<i32>(p, INPUTS) / load<i32>(p, GROUP);
  const kernelRows = load<i32>(p, KERNEL_ROWS), kernelColumns = load<i32>(p, KERNEL_COLUMNS);
  const plane = load<i32>(p, X_PLANE), phase = load<i32>(p, X_PHASE);
  const step = load<i32>(p, DILATION_COLUMNS);
  for (let c = 0; c < inputs; c++) {
    for (let ky = 0; ky < kernelRows; ky++) {
      const row = c * plane + ky * rowStep;
      let column = left;
      for (let kx = 0; kx < kernelColumns; kx++) {
        store<i32>(taps, row + column % phases * phase + column / phases * 2);
        taps += TAP_BYTES;
        column += step;
      }
    }
  }
}

/** Adds the 16-bit sums, or their negatives, to the 32-bit ones. */
function widen(scratch: usize, negated: bool): void {
  for (let i = 0; i < VECTORS; i++) {
    const wide = scratch + <usize>(2 * VECTOR_BYTES * i);
    const sums = v128.load(scratch + <usize>(VECTOR_BYTES * i), SUMS);
    let low = i32x4.extend_low_i16x8_s(sums), high = i32x4.extend_high_i16x8_s(sums);
    if (negated) {
      low = i32x4.neg(low);
      high = i32x4.neg(high);
    }
    v128.store(wide, i32x4.add(v128.load(wide), low));
    v128.store(wide, i32x4.add(v128.load(wide, 16), high), 16);
  }
}

function clearWide(scratch: usize): void {
  const zero = i32x4.splat(0);
  for (let i = 0; i < 2 * VECTORS * VECTOR_BYTES; i += VECTOR_BYTES) {
    v128.store(scratch + <usize>i, zero);
  }
}

/** An operand of an addition, times its factor. */
@inline
function scaled(v: v128, zero: usize, multiplier: usize): v128 {
  const difference = i16x8.sub(v, v128.load16_splat(zero));
  return i16x8.q15mulr_sat_s(i16x8.shl(difference, ADD_SHIFT), v128.load16_splat(multiplier));
}

/** Lanes beyond the last column get what the halo holds: the zero point of the result. */
@inline
function masked(v: v128, columns: i32, zero: usize): v128 {
  const lanes = i16x8(0, 1, 2, 3, 4, 5, 6, 7);
  const inside = i16x8.lt_s(lanes, i16x8.splat(<i16>columns));
  return v128.bitselect(v, v128.load16_splat(zero), inside);
}

/** A sum on the way to its result: 32 bits, of which a requantised value takes 16. */
@inline
function shiftWide(acc: v128, isWide: bool, wide: usize, bias: v128, shift: i32): v128 {
  let low = i32x4.add(i32x4.extend_low_i16x8_s(acc), bias);
  let high = i32x4.add(i32x4.extend_high_i16x8_s(acc), bias);
  if (isWide) {
    low = i32x4.add(low, v128.load(wide));
    high = i32x4.add(high, v128.load(wide, 16));
  }
  return shiftToInt16x8(low, high, shift);
}

/**
 * Requantises and stores the sums of `channel`: `rows` by `vectors` of them.
 * `y` and `z` are where the tile begins in the channel's planes, `column` its
 * first column.
 */
function finishTile(
  scratch: usize, isWide: bool, rows: i32, vectors: i32, p: usize, channel: usize, y: usize,
  z: usize, column: i32,
): void {
  const table = p + BIASES;
  const bias = load<i32>(table + 4 * channel);
  const multipliers = table + <usize>(4 * load<i32>(p, CHANNELS));
  const multiplier = v128.load16_splat(multipliers + 2 * channel);
  const shift = load<i32>(p, SHIFT), fractionBits = load<i32>(p, FRACTION_BITS);
  const fits16 = load<i32>(p, FITS_16) != 0;
  const inPhases = load<i32>(p, Y_PHASES) == 2;
  const yRow = load<i32>(p, Y_ROW), zRow = load<i32>(p, Z_ROW), yPhase = load<i32>(p, Y_PHASE);
  const zero = p + (fractionBits ? ADD_ZERO_POINT : ZERO_POINT);
  const offset = v128.load16_splat(p, ZERO_POINT);
  const lowest = v128.load16_splat(p, REQUANT_MIN), highest = v128.load16_splat(p, REQUANT_MAX);
  const first = load<i32>(p, COLUMNS) - column;
  const narrowBias = i16x8.splat(<i16>(bias + (shift > 0 ? 1 << (shift - 1) : 0)));
  const wideBias = i32x4.splat(bias);
  let sums = scratch + SUMS, wide = scratch;
  for (; rows > 0; rows--) {
    let yAt = y, zAt = z, left = first;
    for (let vector = vectors; vector > 0; vector--) {
      let v = v128.load(sums);
      if (fits16) {
        v = i16x8.add(v, narrowBias);
        v = shift > 0 ? i16x8.shr_s(v, shift) : i16x8.shl(v, -shift);
      } else {
        v = shiftWide(v, isWide, wide, wideBias, shift);
      }
      v = i16x8.add_sat_s(i16x8.q15mulr_sat_s(v, multiplier), offset);
      v = i16x8.min_s(i16x8.max_s(v, lowest), highest);
      if (fractionBits) {
        const sum = scaled(v, p + SUM_ZERO, p + SUM_MULTIPLIER);
        const addend = scaled(v128.load(zAt), p + ADDEND_ZERO, p + ADDEND_MULTIPLIER);
        const rounding = i16x8.shl(i16x8.splat(1), fractionBits - 1);
        const total = i16x8.add_sat_s(i16x8.add_sat_s(sum, addend), rounding);
        v = finish8(i16x8.shr_s(total, fractionBits), p + ADD_ZERO_POINT);
      }
      if (left < 8) v = masked(v, left, zero);
      if (inPhases) {
        v = i8x16.shuffle(v, v, 0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
        v128.store64_lane(yAt, v, 0);
        v128.store64_lane(yAt + yPhase, v, 1);
        yAt += 8;
      } else {
        v128.store(yAt, v);
        yAt += VECTOR_BYTES;
      }
      zAt += VECTOR_BYTES;
      left -= 8;
      sums += VECTOR_BYTES;
      wide += 2 * VECTOR_BYTES;
    }
    y += yRow;
    z += zRow;
  }
}

/** `rows` by `vectors` at once, constants whose product is 7 or 8; 1 by 1 too. */
@inline
export function listConvolution(
  rows: i32, vectors: i32, x: usize, y: usize, z: usize, p: usize, w: usize, scratch: usize,
): void {
  const taps = scratch + TAPS;
  fillTaps(taps, p);
  const allRows = load<i32>(p, ROWS), allVectors = (load<i32>(p, COLUMNS) + 7) >> 3;
  const step = load<i32>(p, STRIDE_ROWS) * load<i32>(p, X_ROW);
  const yImage = y + <usize>(load<i32>(p, Y_LEFT) / load<i32>(p, Y_PHASES) * 2);
  const zImage = z + <usize>(load<i32>(p, Z_LEFT) * 2);
  const yVector = VECTOR_BYTES / load<i32>(p, Y_PHASES);
  for (let row = 0; row < allRows; row += rows) {
    // The last tile of a row or column covers what an earlier one did, too.
    const r = min(row, allRows - rows);
    for (let vector = 0; vector < allVectors; vector += vectors) {
      const v = min(vector, allVectors - vectors);
      listTile(
        rows, vectors, x + <usize>(r * step + v * VECTOR_BYTES), step,
        yImage + <usize>(r * load<i32>(p, Y_ROW) + v * yVector),
        zImage + <usize>(r * load<i32>(p, Z_ROW) + v * VECTOR_BYTES),
        p, w, scratch, 8 * v,
      );
    }
  }
}

/** All channels of one tile. */
@inline
function listTile(
  rows: i32, vectors: i32, x: usize, step: i32, y: usize, z: usize, p: usize, w: usize,
  scratch: usize, column: i32,
): void {
  const count = rows * vectors;
  const firstTap = scratch + TAPS - TAP_BYTES;
  const gapBits = load<i32>(p, GAP_BITS);
  const mask = (1 << gapBits) - 1;
  const channels = load<i32>(p, CHANNELS), group = load<i32>(p, GROUP);
  const perGroup = channels / group;
  const groupStep = load<i32>(p, INPUTS) / group * load<i32>(p, X_PLANE);
  let inGroup = perGroup;
  for (let channel = 0; channel < channels; channel++) {
    if (inGroup == 0) {
      x += groupStep;
      inGroup = perGroup;
    }
    inGroup--;
    let s0 = i16x8.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    let tap = firstTap, isWide = false, flags = 0;
    do {
      flags = load<u8>(w);
      const end = w + 2 + load<u8>(w, 1);
      w += 2;
      while (w < end) {
        // The bit above the byte says when all its gaps are taken.
        let gaps = <i32>load<u8>(w++) | 256;
        do {
          const gap = gaps & mask;
          gaps >>= gapBits;
          if (gap == 0) {
            tap += mask * TAP_BYTES;
            continue;
          }
          tap += gap * TAP_BYTES;
          let a = x + load<i32>(tap);
          s0 = i16x8.add(s0, v128.load(a));
          if (vectors == 4) {
            s1 = i16x8.add(s1, v128.load(a, 16));
            s2 = i16x8.add(s2, v128.load(a, 32));
            s3 = i16x8.add(s3, v128.load(a, 48));
            a += step;
            s4 = i16x8.add(s4, v128.load(a));
            s5 = i16x8.add(s5, v128.load(a, 16));
            s6 = i16x8.add(s6, v128.load(a, 32));
            s7 = i16x8.add(s7, v128.load(a, 48));
          } else if (vectors == 2) {
            s1 = i16x8.add(s1, v128.load(a, 16));
            a += step;
            s2 = i16x8.add(s2, v128.load(a));
            s3 = i16x8.add(s3, v128.load(a, 16));
            a += step;
            s4 = i16x8.add(s4, v128.load(a));
            s5 = i16x8.add(s5, v128.load(a, 16));
            a += step;
            s6 = i16x8.add(s6, v128.load(a));
            s7 = i16x8.add(s7, v128.load(a, 16));
          } else if (rows > 1) {
            a += step;
            s1 = i16x8.add(s1, v128.load(a));
            a += step;
            s2 = i16x8.add(s2, v128.load(a));
            a += step;
            s3 = i16x8.add(s3, v128.load(a));
            a += step;
            s4 = i16x8.add(s4, v128.load(a));
            a += step;
            s5 = i16x8.add(s5, v128.load(a));
            a += step;
            s6 = i16x8.add(s6, v128.load(a));
            if (rows > 7) {
              a += step;
              s7 = i16x8.add(s7, v128.load(a));
            }
          }
        } while (gaps > 1);
      }
      if (flags & RESTART) tap = firstTap;
      if (flags & NEGATE) {
        s0 = i16x8.neg(s0);
        if (count > 1) {
          s1 = i16x8.neg(s1);
          s2 = i16x8.neg(s2);
          s3 = i16x8.neg(s3);
          s4 = i16x8.neg(s4);
          s5 = i16x8.neg(s5);
          s6 = i16x8.neg(s6);
          if (count > 7) s7 = i16x8.neg(s7);
        }
      }
      if (flags & (WIDEN | WIDEN_NEGATED | LAST)) {
        v128.store(scratch, s0, SUMS);
        if (count > 1) {
          v128.store(scratch, s1, SUMS + 16);
          v128.store(scratch, s2, SUMS + 32);
          v128.store(scratch, s3, SUMS + 48);
          v128.store(scratch, s4, SUMS + 64);
          v128.store(scratch, s5, SUMS + 80);
          v128.store(scratch, s6, SUMS + 96);
          if (count > 7) v128.store(scratch, s7, SUMS + 112);
        }
      }
      if (flags & (WIDEN | WIDEN_NEGATED)) {
        if (!isWide) clearWide(scratch);
        isWide = true;
        if (!(flags & LAST)) {
          widen(scratch, (flags & WIDEN_NEGATED) != 0);
          s0 = i16x8.splat(0);
          s1 = s0; s2 = s0; s3 = s0; s4 = s0; s5 = s0; s6 = s0; s7 = s0;
        }
      }
    } while (!(flags & LAST));
    finishTile(
      scratch, isWide, rows, vectors, p, <usize>channel,
      y + <usize>(channel * load<i32>(p, Y_PLANE)), z + <usize>(channel * load<i32>(p, Z_PLANE)),
      column,
    );
  }
}
