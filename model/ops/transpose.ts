/** @file Another order of axes: axis i of the result is axis permutation[i] of x. */

import { stridesOf } from "../../core/shape.ts";
import type { TensorQuantization } from "../ir/graph.ts";
import { stridedOffsets } from "./broadcast.ts";
import { demand, operandTypes } from "./checks.ts";
import { take } from "./movement.ts";
import type { Op } from "./op.ts";

export const transpose: Op<"transpose"> = {
  kind: "transpose",
  summary: "another order of axes",

  infer(inputs, { permutation }) {
    const [x] = operandTypes("transpose", inputs, 1);
    const { dtype, shape, quantization } = x!;
    const sorted = [...permutation].sort((a, b) => a - b);
    demand(
      permutation.length === shape.length && sorted.every((axis, i) => axis === i),
      "transpose",
      `expected each axis of [${shape}] once, got [${permutation}]`,
    );
    const type = { dtype, shape: permutation.map(axis => shape[axis]!) };
    if (quantization === undefined) return type;
    return { ...type, quantization: permuted(quantization, permutation) };
  },

  evaluate({ inputs, attrs, type }) {
    const x = inputs[0]!;
    const strides = stridesOf(x.shape);
    const moved = attrs.permutation.map(axis => strides[axis]!);
    return take(x, type.shape, stridedOffsets(type.shape, moved));
  },
};

function permuted(q: TensorQuantization, permutation: readonly number[]): TensorQuantization {
  return q.axis === undefined ? q : { ...q, axis: permutation.indexOf(q.axis) };
}
