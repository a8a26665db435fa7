/** @file What convolutions and matrix products refuse. */

import { tensorOf } from "../../../core/tensor.ts";
import { counting, type Operand, variable, vector, window } from "../compute.ts";
import {
  i64,
  meaning,
  perChannel,
  plainBytes,
  point,
  qb,
  type Refusals,
  v,
  x4,
} from "./operands.ts";

const w4 = counting(6, 4, 3, 3);
const conv = { ...window([3, 3]), group: 1, layout: "nchw" };
const gemm = { transposeA: false, transposeB: false, alpha: 1, beta: 1 };
const plain = { transposeA: false, transposeB: false };
const i8Weights = (quantization: object): Operand =>
  ({ tensor: tensorOf("i8", [6, 4, 3, 3], new Array(216).fill(1)), quantization }) as Operand;
const six = { scales: [1, 1, 1, 1, 1, 1], zeroPoints: [0, 0, 0, 0, 0, 0], axis: 0 };

export const contractions = {
  conv: [
    [[x4], conv, /expected 2 to 3 operands, got 1/],
    [[v, w4], conv, /expected an image with 4 dimensions, got f32\[2\]/],
    [[plainBytes, w4], conv, /expected x of type f32, got i8/],
    [[x4, counting(6, 4, 3)], conv, /expected weights with 4 dimensions/],
    [[x4, i64], conv, /expected weights of type f32 or i8 or i2/],
    [[x4, counting(6, 3, 3, 3)], conv, /weights of shape \[M,4,3,3\], got \[6,3,3,3\]/],
    [[x4, counting(6, 4, 3, 2)], conv, /weights of shape \[M,4,3,3\]/],
    [[x4, w4], { ...conv, group: 3 }, /3 groups do not divide 4 input and 6 output/],
    [[x4, w4], { ...conv, group: 4 }, /4 groups do not divide 4 input and 6 output/],
    [[x4, w4], { ...conv, group: 0 }, /0 groups do not divide/],
    [[x4, w4], { ...conv, dilations: [3, 1] }, /a window of 7×3 does not fit into 5×5/],
    [[x4, w4], { ...conv, dilations: [0, 1] }, /integers above 0/],
    [[x4, w4, vector(1)], conv, /expected a bias of shape \[6\], got f32\[1\]/],
    [[x4, w4, qb], conv, /expected a bias of type f32, got i32/],
    [[x4, w4], { ...conv, clamp: { min: NaN, max: 1 } }, /bounds that are numbers, got \[NaN, 1\]/],
    [[x4, variable("i8", 6, 4, 3, 3)], conv, /expected constant quantized weights, got input/],
    [
      [x4, i8Weights({ ...six, axis: 1, scales: [1, 1, 1, 1], zeroPoints: [0, 0, 0, 0] })],
      conv,
      /axis 0/,
    ],
    [[x4, i8Weights({ ...six, zeroPoints: [0, 0, 1, 0, 0, 0] })], conv, /zero points 0, got/],
    [[x4, i8Weights(meaning)], conv, /scales along axis 0/],
    [
      [
        x4,
        {
          tensor: tensorOf("i2", [1, 4, 1, 1], [1, -2, 0, 0]),
          quantization: { ...meaning, axis: 0 },
        },
      ],
      point,
      /trits -1, 0 and 1 as i2 weights, got -2/,
    ],
  ],
  "conv-transpose": [
    [
      [x4, counting(4, 2, 3, 3)],
      { ...conv, strides: [0, 1], outputPadding: [0, 0] },
      /integers above 0/,
    ],
    [[x4], { ...conv, outputPadding: [0, 0] }, /expected 2 to 3 operands/],
    [[i64, w4], { ...conv, outputPadding: [0, 0] }, /expected x of type f32/],
    [[x4, i64], { ...conv, outputPadding: [0, 0] }, /expected weights of type f32/],
    [[x4, v], { ...conv, outputPadding: [0, 0] }, /weights with 4 dimensions/],
    [
      [x4, counting(4, 2, 3, 3)],
      { ...conv, group: 3, outputPadding: [0, 0] },
      /3 groups do not divide 4/,
    ],
    [
      [x4, w4],
      { ...conv, outputPadding: [0, 0] },
      /weights of shape \[4,M\/group,3,3\], got \[6,4,3,3\]/,
    ],
    [
      [x4, counting(4, 2, 3, 3)],
      { ...conv, outputPadding: [1, 0] },
      /below stride or dilation, got \[1,0\]/,
    ],
    [
      [x4, counting(4, 2, 3, 3)],
      { ...conv, pads: [7, 0, 0, 0], outputPadding: [0, 0] },
      /leave no output/,
    ],
    [
      [x4, counting(4, 2, 3, 3), v],
      { ...conv, group: 2, outputPadding: [0, 0] },
      /a bias of shape \[4\]/,
    ],
    [
      [x4, counting(4, 2, 3, 3)],
      { ...conv, clamp: { min: 0, max: NaN }, outputPadding: [0, 0] },
      /bounds/,
    ],
  ],
  gemm: [
    [
      [
        counting(1, 1),
        { tensor: tensorOf("i2", [1, 1], [-2]), quantization: { ...meaning, axis: 1 } },
      ],
      gemm,
      /trits -1, 0 and 1 as i2 weights, got -2/,
    ],
    [[v], gemm, /expected 2 to 3 operands/],
    [[v, v], gemm, /expected a with 2 dimensions/],
    [[counting(2, 2), v], gemm, /expected b with 2 dimensions/],
    [[i64, v], gemm, /expected a of type f32/],
    [[counting(2, 3), counting(2, 3)], gemm, /a has 3 columns, but b has 2 rows/],
    [
      [counting(2, 3), counting(2, 3), v],
      { ...gemm, transposeB: true, alpha: NaN },
      /finite alpha, got NaN/,
    ],
    [
      [counting(2, 3), counting(2, 3), v],
      { ...gemm, transposeB: true, beta: Infinity },
      /finite beta/,
    ],
    [
      [counting(2, 3), counting(2, 3)],
      { ...gemm, transposeB: true, clamp: { min: NaN, max: 0 } },
      /bounds/,
    ],
    [
      [counting(2, 3), counting(3, 2), counting(3)],
      gemm,
      /c that broadcasts to \[2,2\], got \[3\]/,
    ],
    [[counting(2, 3), counting(3, 2), counting(1, 1, 2)], gemm, /c that broadcasts to \[2,2\]/],
    [[counting(2, 3), counting(3, 2), i64], gemm, /expected c of type f32/],
    [[counting(2, 2), perChannel], gemm, /scales along axis 1/],
    [[counting(2, 2), variable("i8", 2, 2)], gemm, /constant quantized weights/],
  ],
  matmul: [
    [[v], plain, /expected 2 operands/],
    [[v, counting(2, 2)], plain, /at least 2 dimensions, got \[2\] and \[2,2\]/],
    [[counting(2, 2), i64], plain, /expected b of type f32/],
    [[i64, i64], plain, /expected a of type f32/],
    [[counting(2, 3), counting(2, 3)], plain, /a has 3 columns, but b has 2 rows/],
    [[counting(2, 2, 2), counting(3, 2, 2)], plain, /batches of \[2,2,2\] and \[3,2,2\] do not/],
  ],
} satisfies Partial<Refusals>;
