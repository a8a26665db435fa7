/** @file Operands and attributes that several families of ops are tried with. */

import { tensorOf } from "../../../core/tensor.ts";
import type { OpKind } from "../../../model/ir/graph.ts";
import { type Operand, quantized, variable, vector, window } from "../compute.ts";

/** Operands, attributes, and what the message says. */
export type Refusal = readonly [readonly Operand[], object, RegExp];
/** For every op, each of its checks. */
export type Refusals = { readonly [K in OpKind]: readonly Refusal[] };

export const x4 = variable("f32", 1, 4, 5, 5);
export const q4 = quantized([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
export const qb = tensorOf("i32", [1], [0]);
export const plainBytes = variable("i8", 1, 2, 2, 2);
export const perChannel = {
  tensor: tensorOf("i8", [2, 2], [1, 2, 3, 4]),
  quantization: { scales: [1, 2], zeroPoints: [0, 0], axis: 0 },
};
export const v = vector(1, 2);
export const i64 = tensorOf("i64", [1], [0]);
export const flag = tensorOf("bool", [2], [1, 0]);
export const point = { ...window([1, 1]), group: 1, layout: "nchw" };
export const pool = { ...window([2, 2]), layout: "nchw" };
export const table = tensorOf("i8", [256], new Array(256).fill(0));
export const meaning = { scales: [1], zeroPoints: [0] };
