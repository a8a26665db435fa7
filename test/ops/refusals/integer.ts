/** @file What ops on integers refuse, and those that lead to them and back. */

import { tensorOf } from "../../../core/tensor.ts";
import { counting, quantized, variable, vector } from "../compute.ts";
import {
  i64,
  meaning,
  plainBytes,
  point,
  pool,
  q4,
  qb,
  type Refusals,
  table,
  v,
} from "./operands.ts";

const q1 = quantized([1, 1, 2, 2], [1, 2, 3, 4]);
const qw = tensorOf("i8", [1, 2, 1, 1], [1, 2]);
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
const inEpilogue = (change: object): object => ({
  ...qconv,
  epilogue: { ...requantize, ...change },
});

export const integer = {
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
} satisfies Partial<Refusals>;
