/** @file What ops refuse that work along axes. */

import { counting, quantized, variable, vector } from "../compute.ts";
import { flag, i64, perChannel, q4, type Refusal, type Refusals, v, x4 } from "./operands.ts";

const reduction: readonly Refusal[] = [
  [[v], { axes: [1], keepDims: false }, /expected an axis in 0…0, got 1/],
  [[v], { axes: [-1], keepDims: false }, /expected an axis in 0…0, got -1/],
  [[counting(2, 2)], { axes: [1, 0], keepDims: false }, /expected sorted axes/],
  [[counting(2, 2)], { axes: [0, 0], keepDims: false }, /expected sorted axes/],
  [[flag], { axes: [0], keepDims: false }, /expected x of type/],
];
const onNumbers: readonly Refusal[] = [
  ...reduction,
  [[quantized([1], [1])], { axes: [0], keepDims: false }, /without quantization/],
];
const ofNothing: Refusal = [
  [variable("f32", 0, 2)],
  { axes: [0], keepDims: false },
  /nothing to reduce along axes \[0\] of \[0,2\]/,
];
const alongAxis: readonly Refusal[] = [
  [[v], { axis: 1 }, /expected an axis in 0…0, got 1/],
  [[i64], { axis: 0 }, /expected x of type f32, got i64/],
];

export const axes = {
  "batch-normalization": [
    [[x4, v, v, v], { axis: 1, epsilon: 0 }, /expected 5 operands, got 4/],
    [[i64, v, v, v, v], { axis: 0, epsilon: 0 }, /expected x of type f32/],
    [[x4, v, v, v, v], { axis: 4, epsilon: 0 }, /an axis in 0…3, got 4/],
    [
      [v, v, v, vector(1), v],
      { axis: 0, epsilon: 0 },
      /expected mean of shape \[2\], got f32\[1\]/,
    ],
    [[v, v, v, v, flag], { axis: 0, epsilon: 0 }, /expected variance of type f32/],
    [[v, v, v, v, v], { axis: 0, epsilon: -1 }, /epsilon of at least 0, got -1/],
    [[v, v, v, v, v], { axis: 0, epsilon: NaN }, /finite epsilon/],
  ],
  softmax: alongAxis,
  "log-softmax": alongAxis,
  "reduce-sum": onNumbers,
  "reduce-mean": [...reduction, ofNothing, [[i64], { axes: [0], keepDims: false }, /f32 or f64/]],
  "reduce-max": [...onNumbers, ofNothing],
  "reduce-min": [...onNumbers, ofNothing],
  "reduce-prod": onNumbers,
  "arg-max": [
    [[flag], { axis: 0, keepDims: true }, /expected x of type/],
    [[v], { axis: 1, keepDims: true }, /an axis in 0…0/],
    [[variable("f32", 0)], { axis: 0, keepDims: true }, /axis 0 of \[0\] is empty/],
    [[perChannel], { axis: 0, keepDims: true }, /along axis 0 have different scales/],
  ],
  "one-hot": [
    [[v], { axis: 0, depth: 2 }, /expected indices of type/],
    [[q4], { axis: 0, depth: 2 }, /without quantization/],
    [[i64], { axis: 2, depth: 2 }, /an axis in 0…1, got 2/],
    [[i64], { axis: 0, depth: 0 }, /depth of at least 1, got 0/],
  ],
} satisfies Partial<Refusals>;
