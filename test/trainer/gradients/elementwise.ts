/** @file Gradient cases of operations on single elements. */

import { awayFromZero, type GradientCases, op, positive, spaced } from "./case.ts";

export const elementwiseCases: GradientCases = {
  abs: [op("abs", "abs", [[3, 4]], {}, awayFromZero)],
  add: [
    op(
      "add",
      "equal shapes",
      [
        [2, 3],
        [2, 3],
      ],
      {},
    ),
    op(
      "add",
      "broadcast",
      [
        [2, 3, 2],
        [3, 1],
      ],
      {},
    ),
  ],
  sub: [
    op(
      "sub",
      "broadcast",
      [
        [3, 1],
        [2, 3, 2],
      ],
      {},
    ),
  ],
  mul: [
    op(
      "mul",
      "broadcast",
      [
        [2, 3, 2],
        [3, 1],
      ],
      {},
    ),
  ],
  div: [op("div", "broadcast", [[2, 3], [3]], {}, positive)],
  min: [
    op(
      "min",
      "broadcast",
      [
        [4, 3],
        [4, 1],
      ],
      {},
      spaced,
    ),
  ],
  max: [
    op(
      "max",
      "broadcast",
      [
        [4, 3],
        [4, 1],
      ],
      {},
      spaced,
    ),
  ],
  where: [
    {
      name: "broadcast",
      shapes: [[4, 3], [3], [4, 3]],
      from: awayFromZero,
      build: (b, [x, a, c]) => {
        const zero = b.constant({ dtype: "f32", shape: [], data: Float32Array.of(0) });
        return b.add("where", [b.add("greater", [x!, zero], {}), a!, c!], {});
      },
    },
  ],
  clamp: [
    op("clamp", "relu", [[3, 4]], { min: 0, max: Infinity }, awayFromZero),
    op("clamp", "both bounds", [[3, 4]], { min: -0.55, max: 0.45 }, spaced),
    op("clamp", "above only", [[3, 4]], { min: -Infinity, max: 0.45 }, spaced),
  ],
  exp: [op("exp", "exp", [[3, 4]], {})],
  log: [op("log", "log", [[3, 4]], {}, positive)],
  sqrt: [op("sqrt", "sqrt", [[3, 4]], {}, positive)],
  reciprocal: [op("reciprocal", "reciprocal", [[3, 4]], {}, positive)],
  neg: [op("neg", "neg", [[3, 4]], {})],
  sigmoid: [op("sigmoid", "sigmoid", [[3, 4]], {})],
  tanh: [op("tanh", "tanh", [[3, 4]], {})],
  "hard-swish": [op("hard-swish", "all three parts", [[3, 5]], {}, u => (u - 0.5) * 9)],
  "hard-sigmoid": [
    op("hard-sigmoid", "all parts", [[3, 5]], { alpha: 0.2, beta: 0.5 }, u => (u - 0.5) * 9),
  ],
  "leaky-relu": [op("leaky-relu", "both sides", [[3, 4]], { alpha: 0.1 }, awayFromZero)],
  cast: [op("cast", "f32 to f32", [[3, 4]], { to: "f32" })],
  round: [
    {
      name: "straight through: the gradient is that of the identity",
      shapes: [[3, 4]],
      build: (b, [x]) => b.add("round", [x!], {}),
    },
  ],
};
