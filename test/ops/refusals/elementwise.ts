/** @file What ops refuse that work on each element by itself. */

import { vector } from "../compute.ts";
import { flag, i64, perChannel, q4, type Refusal, type Refusals, v } from "./operands.ts";

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

export const elementwise = {
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
} satisfies Partial<Refusals>;
