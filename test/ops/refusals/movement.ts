/** @file What inputs and constants refuse, and the ops that only move elements. */

import { counting, quantized, variable } from "../compute.ts";
import { i64, meaning, perChannel, plainBytes, q4, type Refusals, table, v } from "./operands.ts";

export const movement = {
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
} satisfies Partial<Refusals>;
