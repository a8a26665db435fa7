/**
 * @file Parameters of a convolution by lists: compiler/specialize/list-parameters.ts
 * writes them. Offsets of i32 words, then `i32 bias[channels]` and
 * `i16 multiplier[channels]`.
 */

export const SHIFT: usize = 0;
export const ZERO_POINT: usize = 4;

/** 0 where no second operand is added. */
export const FRACTION_BITS: usize = 16;
export const SUM_MULTIPLIER: usize = 20;
export const ADDEND_MULTIPLIER: usize = 24;
export const SUM_ZERO: usize = 28;
export const ADDEND_ZERO: usize = 32;
export const ADD_ZERO_POINT: usize = 36;

export const CHANNELS: usize = 48;
export const GROUP: usize = 52;
export const INPUTS: usize = 56;
export const GAP_BITS: usize = 60;
export const KERNEL_ROWS: usize = 64;
export const KERNEL_COLUMNS: usize = 68;
export const STRIDE_ROWS: usize = 72;
export const STRIDE_COLUMNS: usize = 76;
export const DILATION_ROWS: usize = 80;
export const DILATION_COLUMNS: usize = 84;
export const PAD_LEFT: usize = 88;
export const ROWS: usize = 92;
export const COLUMNS: usize = 96;

export const X_PLANE: usize = 100;
export const X_ROW: usize = 104;
export const X_LEFT: usize = 108;
export const X_PHASES: usize = 112;
export const X_PHASE: usize = 116;
export const Y_PLANE: usize = 120;
export const Y_ROW: usize = 124;
export const Y_LEFT: usize = 128;
export const Y_PHASES: usize = 132;
export const Y_PHASE: usize = 136;
export const Z_PLANE: usize = 140;
export const Z_ROW: usize = 144;
export const Z_LEFT: usize = 148;

/** Whether sums fit 16 bits, bias and rounding included. */
export const FITS_16: usize = 168;

/** Where the biases begin. */
export const BIASES: usize = 172;

// Flags of a run: compiler/specialize/sparse-lists.ts.
export const RESTART = 1;
export const NEGATE = 2;
export const WIDEN = 4;
export const WIDEN_NEGATED = 8;
export const LAST = 16;
