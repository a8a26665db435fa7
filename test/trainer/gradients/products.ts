/** @file Gradient cases of products. */

import type { ConvAttributes, OpAttributes, Window } from "../../../model/ir/attributes.ts";
import { type GradientCases, op, window } from "./case.ts";

const convAttributes = (w: Window, group = 1): ConvAttributes => ({ ...w, group, layout: "nchw" });

const gemmAttributes = (transposeA: boolean, transposeB: boolean): OpAttributes["gemm"] => ({
  transposeA,
  transposeB,
  alpha: 0.5,
  beta: 2,
});

export const productCases: GradientCases = {
  matmul: [
    op(
      "matmul",
      "plain",
      [
        [2, 3],
        [3, 4],
      ],
      { transposeA: false, transposeB: false },
    ),
    op(
      "matmul",
      "transposed b",
      [
        [2, 3],
        [4, 3],
      ],
      { transposeA: false, transposeB: true },
    ),
    op(
      "matmul",
      "transposed a",
      [
        [3, 2],
        [3, 4],
      ],
      { transposeA: true, transposeB: false },
    ),
    op(
      "matmul",
      "both",
      [
        [3, 2],
        [4, 3],
      ],
      { transposeA: true, transposeB: true },
    ),
    op(
      "matmul",
      "batch",
      [
        [2, 2, 3],
        [3, 4],
      ],
      { transposeA: false, transposeB: false },
    ),
  ],
  gemm: [
    op("gemm", "plain", [[2, 3], [3, 4], [4]], gemmAttributes(false, false)),
    op(
      "gemm",
      "transposed b",
      [
        [2, 3],
        [4, 3],
        [2, 4],
      ],
      gemmAttributes(false, true),
    ),
    op(
      "gemm",
      "transposed a",
      [
        [3, 2],
        [3, 4],
      ],
      gemmAttributes(true, false),
    ),
    op(
      "gemm",
      "both",
      [
        [3, 2],
        [4, 3],
      ],
      gemmAttributes(true, true),
    ),
  ],
  conv: [
    op("conv", "3×3 padded", [[2, 2, 5, 4], [3, 2, 3, 3], [3]], convAttributes(window(3, 1, 1))),
    op(
      "conv",
      "3×3 strided",
      [
        [2, 2, 6, 5],
        [3, 2, 3, 3],
      ],
      convAttributes(window(3, 2, 1)),
    ),
    op(
      "conv",
      "strided, rows left over",
      [
        [1, 2, 8, 7],
        [2, 2, 3, 3],
      ],
      convAttributes(window(3, 3, 0)),
    ),
    op(
      "conv",
      "dilated",
      [
        [1, 2, 7, 6],
        [2, 2, 3, 3],
      ],
      convAttributes(window(3, 1, 1, 2)),
    ),
    op(
      "conv",
      "grouped",
      [
        [2, 4, 4, 4],
        [6, 2, 3, 3],
      ],
      convAttributes(window(3, 1, 1), 2),
    ),
    op("conv", "depthwise", [[2, 3, 5, 5], [3, 1, 3, 3], [3]], convAttributes(window(3, 1, 1), 3)),
    op(
      "conv",
      "depthwise strided",
      [
        [1, 3, 6, 6],
        [3, 1, 3, 3],
      ],
      convAttributes(window(3, 2, 1), 3),
    ),
    op(
      "conv",
      "depthwise, two filters each",
      [
        [1, 2, 4, 4],
        [4, 1, 3, 3],
      ],
      convAttributes(window(3, 1, 1), 2),
    ),
    op(
      "conv",
      "1×1 strided",
      [
        [2, 3, 4, 4],
        [2, 3, 1, 1],
      ],
      convAttributes(window(1, 2, 0)),
    ),
    op(
      "conv",
      "more padding than reach",
      [
        [1, 1, 3, 3],
        [1, 1, 1, 1],
      ],
      convAttributes(window(1, 1, 1)),
    ),
    op(
      "conv",
      "oblong",
      [
        [1, 2, 6, 5],
        [2, 2, 3, 2],
      ],
      {
        kernel: [3, 2],
        strides: [2, 1],
        pads: [1, 0, 2, 1],
        dilations: [1, 2],
        group: 1,
        layout: "nchw",
      },
    ),
  ],
};
