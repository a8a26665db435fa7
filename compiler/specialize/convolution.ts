/** @file Weights as code: the contract (implementation follows in this file). */

import type { AddRequantization, Requantization } from "../../core/requantize.ts";
import type { Planes } from "./planes.ts";

/** A ternary convolution whose weights become code. */
export interface CodeConvolution {
  /** [M][C][kH][kW], −1, 0 or +1. */
  readonly trits: ArrayLike<number>;
  readonly kernel: readonly [number, number];
  /** 1 or 2, along both axes; the input has as many phases. */
  readonly stride: 1 | 2;
  readonly dilations: readonly [number, number];
  /** Left padding; the input's halo is at least as wide. */
  readonly padLeft: number;
  readonly input: Planes;
  readonly output: Planes;
  readonly requantization: Requantization;
  /** A second operand that is added to the requantised result. */
  readonly addend?: { readonly planes: Planes; readonly requantization: AddRequantization };
  /** Proven bound on |bias + any partial sum's final value| per output channel. */
  readonly bounds: readonly number[];
}

/**
 * One function of a module: parameters (x, y, z, p, m), all i32 addresses, no result.
 *
 * x: padded column 0 of the first row that a window reads (row −padTop), channel 0;
 * y: padded column 0 of row 0, channel 0 of the output; z: the same of the addend (0 without);
 * p: `parameterBytes(...)`; m: i16 per output column, −1, then 0 up to a multiple of 8 (0 if columns % 8 = 0).
 */
export interface CodeFunction {
  /** Body as it stands in the code section: locals, instructions, `end`. */
  readonly body: Uint8Array;
  /** Vector additions and loads of one pass over the body, for cost models. */
  readonly operations: number;
}

/** Why `conv` cannot become code, as a clause; `undefined` if it can. */
export declare function rejectsCode(conv: CodeConvolution): string | undefined;
/** One function per block of output channels, each to be called once with the same arguments. */
export declare function generateConvolution(conv: CodeConvolution): CodeFunction[];
/** The block at p: per output channel 8 × i16 bias, 8 × i16 multiplier. Requires biases within i16. */
export declare function packCodeParameters(bias: Int32Array, multipliers: readonly number[]): Uint8Array;
