/**
 * @file The attributes of every op: what a node knows beside its inputs.
 *
 * Inputs are listed in each line's comment; `?` marks one that may be absent
 * (trailing inputs only). Everything that ONNX gives as a constant input but
 * that shapes the result (axes, pads, repeats) is an attribute here.
 */

import type { DType } from "../../core/dtype.ts";
import type { Interval } from "../../core/interval.ts";
import type { MeanTerm } from "../../core/mean-term.ts";
import type { AddRequantization, Requantization } from "../../core/requantize.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { TensorQuantization } from "./tensor-quantization.ts";

/** Where the channels of a 4-D activation are: [N,C,H,W] or [N,H,W,C]. */
export type Layout = "nchw" | "nhwc";

/** Top, left, bottom, right. */
export type Pads = readonly [number, number, number, number];
/** Along height, along width. */
export type Pair = readonly [number, number];

/** A sliding window over height and width; pads are explicit numbers. */
export interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
  readonly dilations: Pair;
}

export interface ConvAttributes extends Window {
  readonly group: number;
  /** Of the activations. Weights are [M, C/group, kH, kW] in both. */
  readonly layout: Layout;
  /** A fused clamp of the result. */
  readonly clamp?: Interval;
}

/** The scale of an integer op's 8-bit result; its zero point stands in the requantisation. */
interface OutputScale {
  readonly scale: number;
}

/** How an integer op leaves its accumulators. */
export type Epilogue =
  | ({ readonly kind: "requantize" } & Requantization & OutputScale)
  /** f32(acc) · scale[c], clamped: the result is f32. */
  | {
      readonly kind: "dequantize";
      readonly scales: readonly number[];
      readonly clamp?: Interval;
    };

type None = Readonly<Record<never, never>>;
interface Axis {
  readonly axis: number;
}
interface Reduction {
  /** Sorted, non-negative. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export interface OpAttributes {
  // Leaves.
  readonly input: { readonly name: string; readonly dtype: DType; readonly shape: Shape };
  /** `quantization` says what the integers mean, for packed and 8-bit weights. */
  readonly const: { readonly tensor: Tensor; readonly quantization?: TensorQuantization };

  // Contractions. f32 sums run in the order (ky, kx, c), from 0, each step rounded.
  /** x, weights, bias?: weights f32, or i8/i2 with per-channel scales and means (axis 0). */
  readonly conv: ConvAttributes;
  /** x, weights [C, M/group, kH, kW], bias? */
  readonly "conv-transpose": ConvAttributes & { readonly outputPadding: Pair };
  /** a, b, c?: alpha·a·b + beta·c; b f32, or i8/i2 with scales and means along its output axis. */
  readonly gemm: {
    readonly transposeA: boolean;
    readonly transposeB: boolean;
    readonly alpha: number;
    readonly beta: number;
    readonly clamp?: Interval;
  };
  /** a, b with batch dimensions broadcast; the transposes concern the last two. */
  readonly matmul: { readonly transposeA: boolean; readonly transposeB: boolean };

  // Integer contractions, made by the compiler. Weights i8 or i2 consts, bias i32 const.
  /**
   * x i8, weights, bias, addend?: the halo of x reads as its zero point. With `add` the
   * requantised result is operand 0 of an addition, and the addend, i8 of its shape, operand 1.
   */
  readonly qconv: Omit<ConvAttributes, "clamp"> & {
    readonly epilogue: Epilogue;
    /** What the sum of x over each window, per group, adds to the accumulators. */
    readonly mean?: MeanTerm;
    /** Together with an addend, behind a requantising epilogue. */
    readonly add?: AddRequantization & OutputScale;
  };
  /** x i8 [M, K], weights [N, K], bias [N]. */
  readonly qgemm: { readonly epilogue: Epilogue; readonly mean?: MeanTerm };
  /** a i8, b i8 of one shape. */
  readonly qadd: AddRequantization & OutputScale;
  /** x i8: the sum of (x − zero point) over the window, requantised (one multiplier). */
  readonly "qaverage-pool": Window &
    OutputScale & {
      readonly layout: Layout;
      readonly requantization: Requantization;
    };
  /** x i8 or u8: y = table[x − min of its type]; any unary function of 8 bits. */
  readonly lookup: { readonly table: Tensor<"i8">; readonly quantization: TensorQuantization };

  // Quantisation. Per tensor, or per index of `axis`.
  /** x f32 → dtype: clamp(roundHalfEven(x / scale) + zeroPoint). */
  readonly quantize: TensorQuantization & { readonly dtype: DType };
  /** x → f32. What x's integers mean: `quantization` if given, else x's own type says it. */
  readonly dequantize: { readonly quantization?: TensorQuantization };

  // Normalisation and windows.
  /** x, scale, bias, mean, variance; `axis` holds the channels. */
  readonly "batch-normalization": Axis & { readonly epsilon: number };
  readonly "max-pool": Window & { readonly layout: Layout };
  readonly "average-pool": Window & {
    readonly layout: Layout;
    readonly countIncludePad: boolean;
  };

  // Elementwise, two operands, ONNX broadcasting.
  readonly add: None;
  readonly sub: None;
  readonly mul: None;
  readonly div: None;
  readonly pow: None;
  readonly min: None;
  readonly max: None;
  readonly equal: None;
  readonly greater: None;
  readonly "greater-or-equal": None;
  readonly less: None;
  readonly "less-or-equal": None;
  readonly and: None;
  readonly or: None;
  /** condition, a, b */
  readonly where: None;

  // Elementwise, one operand.
  /** Relu, Relu6 and Clip: bounds may be infinite. */
  readonly clamp: Interval;
  readonly sigmoid: None;
  readonly tanh: None;
  readonly "hard-sigmoid": { readonly alpha: number; readonly beta: number };
  readonly "hard-swish": None;
  readonly "leaky-relu": { readonly alpha: number };
  readonly exp: None;
  readonly log: None;
  readonly sqrt: None;
  readonly reciprocal: None;
  readonly neg: None;
  readonly abs: None;
  readonly sign: None;
  readonly floor: None;
  readonly ceil: None;
  /** Ties to even. */
  readonly round: None;
  readonly erf: None;
  readonly not: None;
  readonly cast: { readonly to: DType };

  // Along an axis.
  readonly softmax: Axis;
  readonly "log-softmax": Axis;
  readonly "reduce-sum": Reduction;
  readonly "reduce-mean": Reduction;
  readonly "reduce-max": Reduction;
  readonly "reduce-min": Reduction;
  readonly "reduce-prod": Reduction;
  /** → i64 */
  readonly "arg-max": Axis & { readonly keepDims: boolean };
  /** indices (integer) → f32 with a new axis of `depth`, 1 at the index and 0 elsewhere. */
  readonly "one-hot": Axis & { readonly depth: number };

  // Moving data.
  readonly reshape: { readonly shape: Shape };
  readonly transpose: { readonly permutation: readonly number[] };
  /** Two or more operands. */
  readonly concat: Axis;
  /** One entry per dimension; steps may be negative, `starts` is then the last index. */
  readonly slice: {
    readonly starts: readonly number[];
    readonly sizes: readonly number[];
    readonly steps: readonly number[];
  };
  /** x, indices (integer; negative count from the end) */
  readonly gather: Axis;
  readonly expand: { readonly shape: Shape };
  /** `before` and `after` per dimension, ≥ 0. */
  readonly pad: {
    readonly mode: "constant" | "edge" | "reflect";
    readonly before: readonly number[];
    readonly after: readonly number[];
    readonly value: number;
  };
}
