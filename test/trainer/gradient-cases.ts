/** @file One or more small graphs per gradient rule, whose gradients are checked numerically. */

import { elementCount, type Shape } from "../../core/shape.ts";
import type { ConvAttributes, OpAttributes, Window } from "../../model/ir/attributes.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { NodeId, OpKind } from "../../model/ir/graph.ts";

export interface GradientCase {
  readonly name: string;
  /** Shapes of the free inputs. */
  readonly shapes: readonly Shape[];
  /** Where inputs are drawn from: away from kinks and poles. */
  readonly from?: (u: number, index: number) => number;
  build(b: GraphBuilder, inputs: readonly NodeId[]): NodeId;
}

const window = (kernel: number, stride: number, pad: number, dilation = 1): Window => ({
  kernel: [kernel, kernel],
  strides: [stride, stride],
  pads: [pad, pad, pad, pad],
  dilations: [dilation, dilation],
});

const convAttributes = (w: Window, group = 1): ConvAttributes => ({ ...w, group, layout: "nchw" });

function op<K extends OpKind>(
  kind: K,
  name: string,
  shapes: readonly Shape[],
  attrs: OpAttributes[K],
  from?: (u: number, index: number) => number,
): GradientCase {
  return {
    name,
    shapes,
    ...(from && { from }),
    build: (b, inputs) => b.add(kind, inputs, attrs),
  };
}

/** Uniform in −1…1 without a neighbourhood of 0. */
const awayFromZero = (u: number): number => (u < 0.5 ? -1.2 + 2 * u : 0.2 + 2 * (u - 0.5));
const positive = (u: number): number => 0.5 + u;
/** Distinct numbers at least 0.1 apart, in shuffled order: no ties, no crossings. */
const spaced = (u: number, index: number): number => ((index * 7) % 50) * 0.1 - 2.45 + 0.02 * u;

const gemmAttributes = (transposeA: boolean, transposeB: boolean): OpAttributes["gemm"] => ({
  transposeA,
  transposeB,
  alpha: 0.5,
  beta: 2,
});

export const GRADIENT_CASES: { readonly [K in OpKind]?: readonly GradientCase[] } = {
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
  "max-pool": [
    op("max-pool", "tiles", [[1, 2, 4, 6]], { ...window(2, 2, 0), layout: "nchw" }, spaced),
    op(
      "max-pool",
      "rows left over",
      [[1, 1, 5, 7]],
      { ...window(2, 2, 0), layout: "nchw" },
      spaced,
    ),
    op("max-pool", "overlapping", [[1, 1, 5, 6]], { ...window(3, 2, 1), layout: "nchw" }, spaced),
  ],
  "average-pool": [
    op("average-pool", "global", [[2, 2, 3, 3]], {
      ...window(3, 1, 0),
      layout: "nchw",
      countIncludePad: false,
    }),
    op("average-pool", "tiles", [[1, 2, 4, 5]], {
      ...window(2, 2, 0),
      layout: "nchw",
      countIncludePad: false,
    }),
    op("average-pool", "border counts", [[1, 2, 4, 5]], {
      ...window(3, 2, 1),
      layout: "nchw",
      countIncludePad: true,
    }),
    op("average-pool", "border left out", [[1, 2, 4, 5]], {
      ...window(3, 2, 1),
      layout: "nchw",
      countIncludePad: false,
    }),
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
  round: [
    {
      name: "straight through: the gradient is that of the identity",
      shapes: [[3, 4]],
      build: (b, [x]) => b.add("round", [x!], {}),
    },
  ],
};

export function valuesFor(gradientCase: GradientCase, uniform: () => number): Float32Array[] {
  const from = gradientCase.from ?? ((u: number): number => 2 * u - 1);
  let index = 0;
  return gradientCase.shapes.map(shape =>
    Float32Array.from({ length: elementCount(shape) }, () => from(uniform(), index++)),
  );
}
