/** @file Checks of weights, biases and epilogues that contractions share. */

import { type MeanTerm, meanBound } from "../../core/mean-term.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Epilogue } from "../ir/attributes.ts";
import type { Node, OpKind, ValueType } from "../ir/graph.ts";
import { printType } from "../ir/print.ts";
import {
  demand,
  demandBounds,
  demandConst,
  demandDType,
  demandF32,
  demandInt8Output,
  demandPerTensor,
  demandShape,
} from "./checks.ts";

/** Weights of an f32 contraction: f32, or a constant i8 or i2 with a scale per index of `axis`. */
export function demandWeights(op: OpKind, node: Node, axis: number): void {
  const { type } = node;
  demandDType(op, "weights", type, ["f32", "i8", "i2"]);
  if (type.dtype === "f32") return;
  demandConst(op, "quantized weights", node);
  demand(
    type.quantization?.axis === axis && type.quantization.zeroPoints.every(z => z === 0),
    op,
    `expected weights with scales along axis ${axis} and zero points 0, got ${printType(type)}`,
  );
}

/** The scales of quantised weights; `undefined` for f32. */
export function scalesOf(weights: ValueType): Float32Array | undefined {
  return weights.dtype === "f32" ? undefined : Float32Array.from(weights.quantization!.scales);
}

export function demandBias(op: OpKind, bias: ValueType | undefined, channels: number): void {
  if (bias === undefined) return;
  demandF32(op, "a bias", bias);
  demandShape(op, "a bias", bias, [channels]);
}

/** Operands of an integer contraction: constant weights, and one i32 bias per channel. */
export function demandIntegerOperands(
  op: OpKind,
  weights: Node,
  bias: Node,
  channels: number,
): void {
  demandDType(op, "weights", weights.type, ["i8", "i2"]);
  demandConst(op, "weights", weights);
  demandDType(op, "a bias", bias.type, ["i32"]);
  demandShape(op, "a bias", bias.type, [channels]);
  demandConst(op, "bias", bias);
}

export function demandActivations(op: OpKind, what: string, type: ValueType): void {
  demandDType(op, what, type, ["i8"]);
  demandPerTensor(op, what, type);
}

/** Whether multipliers, scales and bounds are in range, one per channel. */
export function demandEpilogue(op: OpKind, epilogue: Epilogue, channels: number): void {
  if (epilogue.kind === "requantize") {
    demandRequantization(op, epilogue, channels);
    return;
  }
  const { scales } = epilogue;
  demandCount(op, "scales", scales.length, channels);
  const bad = scales.find(scale => !(scale >= 0 && scale < Infinity));
  demand(bad === undefined, op, `expected finite scales of at least 0, got ${bad}`);
  demandBounds(op, epilogue.clamp);
}

export function demandRequantization(
  op: OpKind,
  r: {
    shift: number;
    multipliers: readonly number[];
    zeroPoint: number;
    min: number;
    max: number;
    scale: number;
  },
  channels: number,
): void {
  demandCount(op, "multipliers", r.multipliers.length, channels);
  demandMultipliers(op, r.multipliers);
  demand(
    Number.isInteger(r.shift) && r.shift >= -15 && r.shift <= 16,
    op,
    `expected a shift in -15…16, got ${r.shift}`,
  );
  demandInt8Output(op, r);
}

/** Whether shift, fraction and multipliers of a mean term are in range, one per channel. */
export function demandMean(op: OpKind, mean: MeanTerm | undefined, channels: number): void {
  if (mean === undefined) return;
  const { shift, fraction, multipliers } = mean;
  demandCount(op, "multipliers of the mean", multipliers.length, channels);
  const bad = multipliers.find(n => !Number.isInteger(n) || Math.abs(n) > 32767);
  demand(bad === undefined, op, `expected multipliers of the mean in ±32767, got ${bad}`);
  demand(
    isWithin(shift, 16) && isWithin(fraction, 15),
    op,
    `expected a mean's shift in 0…16 and fraction in 0…15, got ${shift} and ${fraction}`,
  );
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

export function demandMultipliers(op: OpKind, multipliers: readonly number[]): void {
  const bad = multipliers.find(m => !Number.isInteger(m) || m < 0 || m > 32767);
  demand(bad === undefined, op, `expected integer multipliers in 0…32767, got ${bad}`);
}

function demandCount(op: OpKind, what: string, count: number, channels: number): void {
  demand(count === channels, op, `expected ${channels} ${what}, one per channel, got ${count}`);
}

/** The type that the epilogue leaves behind. */
export function epilogueType(epilogue: Epilogue, shape: Shape): ValueType {
  if (epilogue.kind === "dequantize") return { dtype: "f32", shape };
  const { scale, zeroPoint } = epilogue;
  return { dtype: "i8", shape, quantization: { scales: [scale], zeroPoints: [zeroPoint] } };
}

/** Checks that i2 weights are trits: −2 is a value of the type, but not a weight. */
export function verifyTrits(op: OpKind, node: Node): void {
  if (node.kind !== "const" || node.type.dtype !== "i2") return;
  const { data } = node.attrs.tensor as Tensor<"i2">;
  for (let i = 0; i < data.length; i++) {
    const isTrit = Math.abs(data[i]!) <= 1;
    if (!isTrit) demand(false, op, `expected trits -1, 0 and 1 as i2 weights, got ${data[i]}`);
  }
}

const ACCUMULATOR_MAX = 2 ** 31 - 1;

/** Proves that no sum of |w|·128, |mean| and |bias| leaves 32 bits; weights are [channels][k]. */
export function verifyAccumulators(
  op: OpKind,
  weightNode: Node,
  biasNode: Node,
  mean: MeanTerm | undefined,
): void {
  const weights = demandConst(op, "weights", weightNode);
  const bias = demandConst(op, "bias", biasNode);
  const depth = weights.data.length / bias.data.length;
  for (let m = 0; m < bias.data.length; m++) {
    let norm = 0;
    for (let k = m * depth; k < (m + 1) * depth; k++) norm += Math.abs(Number(weights.data[k]));
    const term = mean === undefined ? 0 : meanBound(mean, m);
    const bound = norm * 128 + term + Math.abs(Number(bias.data[m]));
    demand(
      bound <= ACCUMULATOR_MAX,
      op,
      `the sum of channel ${m} may reach ${bound}, which 32 bits cannot hold`,
    );
  }
}
