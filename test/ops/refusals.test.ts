/** @file What each op refuses: every check of every op can fire, and says what it got. */

import { describe, expect, test } from "vitest";
import { tensorOf } from "../../core/tensor.ts";
import type { OpKind } from "../../model/ir/graph.ts";
import { counting, type Operand, quantized, refusal, variable, vector, window } from "./compute.ts";

/** Operands, attributes, and what the message says. */
type Refusal = readonly [readonly Operand[], object, RegExp];

const x4 = variable("f32", 1, 4, 5, 5);
const w4 = counting(6, 4, 3, 3);
const q4 = quantized([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
const q1 = quantized([1, 1, 2, 2], [1, 2, 3, 4]);
const qw = tensorOf("i8", [1, 2, 1, 1], [1, 2]);
const qb = tensorOf("i32", [1], [0]);
const plainBytes = variable("i8", 1, 2, 2, 2);
const perChannel = {
  tensor: tensorOf("i8", [2, 2], [1, 2, 3, 4]),
  quantization: { scales: [1, 2], zeroPoints: [0, 0], axis: 0 },
};
const v = vector(1, 2);
const i64 = tensorOf("i64", [1], [0]);
const flag = tensorOf("bool", [2], [1, 0]);
const conv = { ...window([3, 3]), group: 1, layout: "nchw" };
const point = { ...window([1, 1]), group: 1, layout: "nchw" };
const pool = { ...window([2, 2]), layout: "nchw" };
const gemm = { transposeA: false, transposeB: false, alpha: 1, beta: 1 };
const plain = { transposeA: false, transposeB: false };
const requantize = {
  kind: "requantize",
  shift: 0,
  multipliers: [1],
  zeroPoint: 0,
  min: -128,
  max: 127,
  scale: 1,
};
const dequantize = { kind: "dequantize", scales: [1] };
const qconv = { ...point, epilogue: requantize };
const { kind: _, scale, ...requantization } = requantize;
const qpool = { ...pool, requantization, scale };
const qadd = {
  fractionBits: 1,
  multipliers: [1, 1],
  zeroPoints: [0, 0],
  zeroPoint: 0,
  min: -128,
  max: 127,
  scale: 1,
};
const table = tensorOf("i8", [256], new Array(256).fill(0));
const meaning = { scales: [1], zeroPoints: [0] };
const inEpilogue = (change: object): object => ({
  ...qconv,
  epilogue: { ...requantize, ...change },
});
const i8Weights = (quantization: object): Operand =>
  ({ tensor: tensorOf("i8", [6, 4, 3, 3], new Array(216).fill(1)), quantization }) as Operand;
const six = { scales: [1, 1, 1, 1, 1, 1], zeroPoints: [0, 0, 0, 0, 0, 0], axis: 0 };

const binary: readonly Refusal[] = [
  [[v], {}, /expected 2 operands, got 1/],
  [[v, vector(1, 2, 3)], {}, /\[2\] and \[3\] do not broadcast/],
  [
    [v, i64],
    {},
    /expected (?:operands of one type, got f32 and i64|b of type f32 or f64, got i64)/,
  ],
  [
    [q4, q4],
    {},
    /expected a (?:without quantization|of type f32 or f64), got i8\[1,2,2,2\]\{0\.5, 0\}/,
  ],
  [[flag, v], {}, /of type|of one type/],
];
const logical: readonly Refusal[] = [
  [[flag, v], {}, /expected b of type bool, got f32\[2\]/],
  [[flag], {}, /expected 2 operands/],
];
const unary: readonly Refusal[] = [
  [[v, v], {}, /expected 1 operand, got 2/],
  [[flag], {}, /expected x of type f32/],
];
const numeric: readonly Refusal[] = [...unary, [[q4], {}, /expected x without quantization/]];
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
const pools: readonly Refusal[] = [
  [[v], pool, /expected an image with 4 dimensions, got f32\[2\]/],
  [[x4], { ...pool, kernel: [0, 2] }, /integers above 0, got \[0,2\]/],
  [[x4], { ...pool, strides: [1.5, 1] }, /integers above 0/],
  [[x4], { ...pool, pads: [0, 0, 0, -1] }, /four pads of at least 0, got \[0,0,0,-1\]/],
  [[x4], { ...pool, kernel: [6, 2] }, /a window of 6×2 does not fit into 5×5 padded by/],
  [[x4], { ...pool, pads: [0, 2, 0, 0] }, /window 0 along width holds nothing but padding/],
  [[x4], { ...pool, pads: [0, 0, 2, 0] }, /window 5 along height holds nothing but padding/],
];

const REFUSALS: { readonly [K in OpKind]: readonly Refusal[] } = {
  input: [
    [[v], { name: "x", dtype: "f32", shape: [1] }, /expected 0 operands, got 1/],
    [[], { name: "x", dtype: "f32", shape: [-1] }, /non-negative integers, got \[-1\]/],
  ],
  const: [
    [[v], { tensor: v }, /expected 0 operands/],
    [[], { tensor: { ...v, shape: [3] } }, /2 elements do not fill f32\[3\]/],
    [[], { tensor: { ...v, shape: [2.5] } }, /non-negative integers/],
    [[], { tensor: v, quantization: meaning }, /expected an integer type, got f32/],
    [[], { tensor: i64, quantization: { ...meaning, axis: 1 } }, /an axis in 0…0, got 1/],
    [
      [],
      { tensor: i64, quantization: { ...meaning, scales: [] } },
      /1 scales and zero points, got 0/,
    ],
    [[], { tensor: i64, quantization: { ...meaning, scales: [-1] } }, /at least 0, got -1/],
    [[], { tensor: i64, quantization: { ...meaning, scales: [NaN] } }, /at least 0, got NaN/],
    [[], { tensor: table, quantization: { ...meaning, zeroPoints: [128] } }, /within i8, got 128/],
  ],
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
  qconv: [
    [[q4, qw], qconv, /expected 3 to 4 operands, got 2/],
    [[plainBytes, qw, qb], qconv, /one scale for the whole tensor, got i8\[1,2,2,2\]/],
    [[variable("f32", 1, 2, 2, 2), qw, qb], qconv, /expected x of type i8/],
    [[q4, counting(1, 2, 1, 1), qb], qconv, /expected weights of type i8 or i2/],
    [[q4, variable("i8", 1, 2, 1, 1), qb], qconv, /expected constant weights, got input/],
    [[q4, qw, variable("i32", 1)], qconv, /expected constant bias/],
    [[q4, qw, vector(1)], qconv, /expected a bias of type i32/],
    [[q4, qw, tensorOf("i32", [2], [0, 0])], qconv, /expected a bias of shape \[1\]/],
    [
      [q4, qw, qb],
      inEpilogue({ multipliers: [1, 1] }),
      /expected 1 multipliers, one per channel, got 2/,
    ],
    [[q4, qw, qb], inEpilogue({ multipliers: [32768] }), /multipliers in 0…32767, got 32768/],
    [[q4, qw, qb], inEpilogue({ multipliers: [0.5] }), /multipliers in 0…32767, got 0\.5/],
    [[q4, qw, qb], inEpilogue({ shift: 17 }), /a shift in -15…16, got 17/],
    [[q4, qw, qb], inEpilogue({ min: -129 }), /bounds within -128…127, got \[-129, 127\]/],
    [[q4, qw, qb], inEpilogue({ min: 5, max: 4 }), /bounds within -128…127, got \[5, 4\]/],
    [[q4, qw, qb], inEpilogue({ zeroPoint: 200 }), /zero point within -128…127, got 200/],
    [[q4, qw, qb], inEpilogue({ scale: 0 }), /output scale above 0, got 0/],
    [
      [q4, qw, qb],
      { ...point, epilogue: { ...dequantize, scales: [1, 1] } },
      /expected 1 scales, one per/,
    ],
    [
      [q4, qw, qb],
      { ...point, epilogue: { ...dequantize, scales: [NaN] } },
      /finite scales .* got NaN/,
    ],
    [
      [q4, qw, qb],
      { ...point, epilogue: { ...dequantize, clamp: { min: NaN, max: 0 } } },
      /bounds that/,
    ],
    [
      [q4, tensorOf("i2", [1, 2, 1, 1], [-2, 0]), qb],
      qconv,
      /trits -1, 0 and 1 as i2 weights, got -2/,
    ],
    [
      [q4, qw, tensorOf("i32", [1], [2 ** 31 - 1])],
      qconv,
      /may reach 2147484031, which 32 bits cannot/,
    ],
    [[q4, qw, qb, q1], qconv, /expected an addend and how to add it, got only an addend/],
    [[q4, qw, qb], { ...qconv, add: qadd }, /got only the latter/],
    [
      [q4, qw, qb, q1],
      { ...qconv, epilogue: dequantize, add: qadd },
      /an addend needs an epilogue that requantizes/,
    ],
    [[q4, qw, qb, q4], { ...qconv, add: qadd }, /expected an addend of shape \[1,1,2,2\]/],
    [
      [q4, qw, qb, variable("f32", 1, 1, 2, 2)],
      { ...qconv, add: qadd },
      /expected an addend of type i8/,
    ],
    [
      [q4, qw, qb, q1],
      { ...qconv, add: { ...qadd, zeroPoints: [1, 0] } },
      /the requantized result has zero point 0, but 1 is given/,
    ],
    [
      [q4, qw, qb, q1],
      { ...qconv, add: { ...qadd, fractionBits: 0 } },
      /fraction bits in 1…6, got 0/,
    ],
  ],
  qgemm: [
    [
      [quantized([1, 2], [1, 2]), tensorOf("i8", [1, 3], [1, 2, 3]), qb],
      { epilogue: requantize },
      /x has 2 columns, but the weights have 3/,
    ],
    [[quantized([2], [1, 2]), qw, qb], { epilogue: requantize }, /expected x with 2 dimensions/],
    [
      [quantized([1, 2], [1, 2]), qw, qb],
      { epilogue: requantize },
      /expected weights with 2 dimensions/,
    ],
    [[variable("i8", 1, 2), qw, qb], { epilogue: requantize }, /one scale for the whole tensor/],
    [
      [quantized([1, 1], [1]), tensorOf("i8", [1, 1], [1]), vector(1)],
      { epilogue: requantize },
      /bias of type i32/,
    ],
    [
      [quantized([1, 1], [1]), tensorOf("i8", [1, 1], [1]), qb],
      { epilogue: { ...requantize, shift: -16 } },
      /a shift in -15…16/,
    ],
    [[quantized([1, 1], [1]), tensorOf("i2", [1, 1], [-2]), qb], { epilogue: requantize }, /trits/],
    [
      [quantized([1, 1], [1]), tensorOf("i8", [1, 1], [1]), tensorOf("i32", [1], [-(2 ** 31)])],
      { epilogue: requantize },
      /32 bits cannot hold/,
    ],
  ],
  qadd: [
    [[q4], qadd, /expected 2 operands/],
    [[q4, v], qadd, /expected b of type i8/],
    [[q4, plainBytes], qadd, /one scale for the whole tensor/],
    [[q4, quantized([1], [1])], qadd, /expected b of shape \[1,2,2,2\]/],
    [[q4, q4], { ...qadd, zeroPoints: [0, 1] }, /b has zero point 0, but 1 is given/],
    [[q4, q4], { ...qadd, multipliers: [1, -1] }, /multipliers in 0…32767, got -1/],
    [[q4, q4], { ...qadd, fractionBits: 7 }, /fraction bits in 1…6, got 7/],
    [[q4, q4], { ...qadd, max: 128 }, /bounds within -128…127/],
    [[q4, q4], { ...qadd, scale: Infinity }, /output scale above 0, got Infinity/],
  ],
  "qaverage-pool": [
    [[plainBytes], qpool, /one scale for the whole tensor/],
    [[v], qpool, /expected x of type i8/],
    [[q4], { ...qpool, pads: [1, 0, 0, 0] }, /expected no pads, got \[1,0,0,0\]/],
    [[q4], { ...qpool, kernel: [3, 1] }, /does not fit/],
    [[q4], { ...qpool, scale: -1 }, /output scale above 0, got -1/],
    [
      [q4],
      { ...qpool, requantization: { ...requantization, multipliers: [] } },
      /expected 1 multipliers/,
    ],
  ],
  lookup: [
    [[v], { table, quantization: meaning }, /expected x of type i8 or u8/],
    [[q4], { table: qw, quantization: meaning }, /expected a table i8\[256\], got i8\[1,2,1,1\]/],
    [[q4], { table, quantization: { scales: [1, 2], zeroPoints: [0, 0] } }, /expected 1 scales/],
  ],
  quantize: [
    [[i64], { ...meaning, dtype: "i8" }, /expected x of type f32/],
    [[v], { ...meaning, dtype: "i32" }, /cannot quantize to i32/],
    [[v], { ...meaning, dtype: "i8", scales: [0] }, /scales above 0, got 0/],
    [[v], { ...meaning, dtype: "i8", scales: [1e-60] }, /scales above 0, got 1e-60/],
    [[v], { ...meaning, dtype: "u8", zeroPoints: [-1] }, /zero points within u8, got -1/],
    [[v], { ...meaning, dtype: "u8", axis: 0 }, /expected 2 scales and zero points, got 1 and 1/],
  ],
  dequantize: [
    [
      [plainBytes],
      { quantization: { scales: [1, 2], zeroPoints: [0, 0] } },
      /expected 1 scales and/,
    ],
    [[v], { quantization: meaning }, /expected an integer type, got f32/],
    [[plainBytes], {}, /x of type i8 has no quantization/],
    [[v, v], {}, /expected 1 operand/],
    [[{ tensor: i64, quantization: meaning }], {}, /cannot dequantize i64/],
  ],
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
  "max-pool": [
    ...pools,
    [[i64], pool, /expected x of type f32 or i8 or u8/],
    [
      [
        {
          tensor: tensorOf("i8", [1, 1, 2, 2], [1, 2, 3, 4]),
          quantization: { ...meaning, axis: 1 },
        },
      ],
      pool,
      /one scale for the whole/,
    ],
  ],
  "average-pool": [
    ...pools.map(
      ([operands, attrs, message]): Refusal => [
        operands.map(x => (x === i64 ? v : x)),
        attrs,
        message === pools[0]![2] ? /4 dimensions|type f32/ : message,
      ],
    ),
    [[q4], { ...pool, countIncludePad: true }, /expected x of type f32/],
  ],
  add: binary,
  sub: binary,
  mul: binary,
  div: binary,
  pow: binary,
  min: binary,
  max: binary,
  equal: [...binary.slice(0, 4), [[flag, v], {}, /of one type, got bool and f32/]],
  greater: binary,
  "greater-or-equal": binary,
  less: binary,
  "less-or-equal": binary,
  and: logical,
  or: logical,
  where: [
    [[v, v, v], {}, /expected a condition of type bool/],
    [[flag, v], {}, /expected 3 operands/],
    [[flag, v, i64], {}, /expected one type, got f32 and i64/],
    [[flag, q4, v], {}, /expected a without quantization/],
    [[flag, v, q4], {}, /expected b without quantization/],
    [[flag, v, vector(1, 2, 3)], {}, /do not broadcast/],
    [[flag, vector(1, 2, 3), vector(1, 2, 3)], {}, /do not broadcast/],
  ],
  clamp: [
    [[flag], { min: 0, max: 1 }, /expected x of type/],
    [[v], { min: NaN, max: 1 }, /bounds that are numbers/],
    [[q4], { min: 0.5, max: 1 }, /integer bounds for i8, got \[0\.5, 1\]/],
    [[perChannel], { min: 0, max: 1 }, /one scale for the whole tensor/],
  ],
  sigmoid: unary,
  tanh: unary,
  "hard-sigmoid": [
    ...unary,
    [[v], { alpha: NaN, beta: 0 }, /finite alpha/],
    [[v], { alpha: 1, beta: Infinity }, /finite beta/],
  ],
  "hard-swish": unary,
  "leaky-relu": [...unary, [[v], { alpha: NaN }, /finite alpha/]],
  exp: unary,
  log: unary,
  sqrt: unary,
  reciprocal: unary,
  neg: numeric,
  abs: numeric,
  sign: numeric,
  floor: unary,
  ceil: unary,
  round: unary,
  erf: unary,
  not: [
    [[v], {}, /expected x of type bool/],
    [[], {}, /expected 1 operand/],
  ],
  cast: [
    [[q4], { to: "f32" }, /without quantization/],
    [[v], { to: "i4" }, /cannot convert to i4; use quantize/],
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
  reshape: [
    [[v], { shape: [3] }, /\[2\] has 2 elements, but \[3\] has 3/],
    [[v], { shape: [-1] }, /non-negative integers/],
    [[perChannel], { shape: [4] }, /one scale for the whole tensor/],
  ],
  transpose: [
    [[v], { permutation: [0, 1] }, /each axis of \[2\] once, got \[0,1\]/],
    [[counting(2, 2)], { permutation: [0, 0] }, /each axis of \[2,2\] once/],
  ],
  concat: [
    [[], { axis: 0 }, /expected at least 1 operands, got 0/],
    [[v, v], { axis: 1 }, /an axis in 0…0/],
    [[v, i64], { axis: 0 }, /agree but for axis 0, got f32\[2\] and i64\[1\]/],
    [[counting(2, 2), counting(2, 3)], { axis: 0 }, /agree but for axis 0/],
    [[v, counting(2, 2)], { axis: 0 }, /agree but for axis 0/],
    [[q4, plainBytes], { axis: 0 }, /agree but for axis 0/],
    [[perChannel, perChannel], { axis: 1 }, /one scale for the whole tensor/],
  ],
  slice: [
    [
      [v],
      { starts: [0, 0], sizes: [1], steps: [1] },
      /a start, size and step per dimension of \[2\]/,
    ],
    [
      [v],
      { starts: [0], sizes: [3], steps: [1] },
      /elements 0 to 2 along axis 0 lie outside \[2\]/,
    ],
    [[v], { starts: [0], sizes: [2], steps: [-1] }, /elements 0 to -1 along axis 0/],
    [[v], { starts: [2], sizes: [1], steps: [1] }, /lie outside/],
    [[v], { starts: [0], sizes: [1], steps: [0] }, /steps other than 0/],
    [[v], { starts: [0], sizes: [-1], steps: [1] }, /sizes of at least 0/],
    [[perChannel], { starts: [0, 0], sizes: [1, 1], steps: [1, 1] }, /one scale for the whole/],
  ],
  gather: [
    [[v, v], { axis: 0 }, /expected indices of type i32 or i64/],
    [[v, i64], { axis: 1 }, /an axis in 0…0/],
    [[v, { tensor: i64, quantization: meaning }], { axis: 0 }, /without quantization/],
    [[perChannel, i64], { axis: 0 }, /one scale for the whole/],
  ],
  expand: [
    [[v], { shape: [3] }, /\[2\] does not broadcast to \[3\]/],
    [[v], { shape: [1] }, /\[2\] does not broadcast to \[1\]/],
    [[v], { shape: [-2] }, /non-negative integers/],
    [[perChannel], { shape: [1, 2, 2] }, /one scale for the whole/],
  ],
  pad: [
    [[v], { mode: "constant", before: [0, 0], after: [0], value: 0 }, /two pads of at least 0 per/],
    [[v], { mode: "constant", before: [-1], after: [0], value: 0 }, /two pads of at least 0 per/],
    [
      [v],
      { mode: "reflect", before: [2], after: [0], value: 0 },
      /\[2\] is too small for reflect pads/,
    ],
    [
      [variable("f32", 0)],
      { mode: "edge", before: [1], after: [0], value: 0 },
      /too small for edge/,
    ],
    [
      [quantized([1], [1])],
      { mode: "constant", before: [1], after: [0], value: 0.5 },
      /of type i8, got 0\.5/,
    ],
    [
      [quantized([1], [1])],
      { mode: "constant", before: [1], after: [0], value: 128 },
      /of type i8, got 128/,
    ],
    [[perChannel], { mode: "constant", before: [0, 0], after: [0, 0], value: 0 }, /one scale/],
  ],
};

describe.each(Object.entries(REFUSALS))("%s refuses", (kind, cases) => {
  test.each(cases.map((item, i) => [i, ...item] as const))(
    "case %i",
    (_, operands, attrs, message) => {
      const said = refusal(kind as OpKind, operands, attrs);
      expect(said).toMatch(message);
      expect(said).toContain(kind);
    },
  );
});
