/** @file Gradient cases of what reduces, moves and joins. */

import { type GradientCases, op, positive, spaced } from "./case.ts";

export const movementCases: GradientCases = {
  softmax: [
    op("softmax", "last axis", [[3, 4]], { axis: 1 }),
    op("softmax", "first axis", [[3, 2]], { axis: 0 }),
  ],
  "log-softmax": [op("log-softmax", "last axis", [[3, 4]], { axis: 1 })],
  "reduce-sum": [
    op("reduce-sum", "two axes", [[2, 3, 4]], { axes: [0, 2], keepDims: false }),
    op("reduce-sum", "kept", [[2, 3, 4]], { axes: [1], keepDims: true }),
  ],
  "reduce-mean": [op("reduce-mean", "two axes", [[2, 3, 4]], { axes: [0, 2], keepDims: false })],
  "reduce-max": [op("reduce-max", "one axis", [[3, 5]], { axes: [1], keepDims: false }, spaced)],
  "reduce-min": [op("reduce-min", "all", [[3, 5]], { axes: [0, 1], keepDims: true }, spaced)],
  reshape: [op("reshape", "flatten", [[2, 3, 2]], { shape: [2, 6] })],
  transpose: [op("transpose", "cycle", [[2, 3, 4]], { permutation: [1, 2, 0] })],
  expand: [op("expand", "new and stretched axes", [[3, 1]], { shape: [2, 3, 4] })],
  concat: [
    op(
      "concat",
      "three parts",
      [
        [2, 1],
        [2, 3],
        [2, 2],
      ],
      { axis: 1 },
    ),
  ],
  slice: [
    op("slice", "part", [[4, 5]], { starts: [1, 2], sizes: [2, 3], steps: [1, 1] }),
    op("slice", "strided", [[5, 7]], { starts: [0, 1], sizes: [3, 3], steps: [2, 2] }),
    op("slice", "reversed", [[4, 5]], { starts: [3, 4], sizes: [4, 2], steps: [-1, -3] }),
  ],
  pad: [
    op("pad", "constant", [[2, 3]], { mode: "constant", before: [1, 0], after: [0, 2], value: 3 }),
  ],
  "batch-normalization": [
    op(
      "batch-normalization",
      "all five operands",
      [[2, 3, 2, 2], [3], [3], [3], [3]],
      { axis: 1, epsilon: 0.01 },
      positive,
    ),
  ],
};
