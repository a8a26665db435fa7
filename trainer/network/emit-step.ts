/** @file Writes the float operation of a step: what training, evaluation and export share. */

import type { Interval } from "../../core/interval.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "../autodiff/arithmetic.ts";
import type { LinearStep, Step } from "./network.ts";
import { emitPatchNorm } from "./patch-norm.ts";

/** w · x (+ bias), without normalisation and clamp; `name` is for reports. */
export function emitProduct(
  ops: Arithmetic,
  step: LinearStep,
  x: NodeId,
  weight: NodeId,
  bias?: NodeId,
  name?: string,
): NodeId {
  if (!step.cosine) return emitPlainProduct(ops, step, x, weight, bias, name);
  const product = emitPlainProduct(ops, step, x, weight, undefined, name);
  const cosine = ops.div(product, emitPatchNorm(ops, step, x));
  if (bias === undefined) return cosine;
  const column = ops.shapeOf(product).map((dim, axis) => (axis === 1 ? dim : 1));
  return ops.add(cosine, ops.reshape(bias, column));
}

function emitPlainProduct(
  ops: Arithmetic,
  { product }: LinearStep,
  x: NodeId,
  weight: NodeId,
  bias?: NodeId,
  name?: string,
): NodeId {
  const operands = bias === undefined ? [x, weight] : [x, weight, bias];
  if (product.kind === "gemm") {
    const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
    return ops.builder.add("gemm", operands, attrs, name);
  }
  const { kind: _, ...attrs } = product;
  return ops.builder.add("conv", operands, attrs, name);
}

/** A step that only moves, selects or averages. */
export function emitMovement(
  ops: Arithmetic,
  step: Exclude<Step, { kind: "linear" | "add" }>,
  x: NodeId,
): NodeId {
  switch (step.kind) {
    case "max-pool":
      return ops.op("max-pool", [x], { ...step.window, layout: "nchw" });
    case "average-pool":
      return ops.op("average-pool", [x], {
        ...step.window,
        layout: "nchw",
        countIncludePad: false,
      });
    case "reshape":
      return ops.reshape(x, [ops.shapeOf(x)[0]!, ...step.shape]);
    case "transpose":
      return ops.transpose(x, step.permutation);
    default:
      return step satisfies never;
  }
}

export function emitClamp(ops: Arithmetic, x: NodeId, clamp: Interval | undefined): NodeId {
  return clamp === undefined ? x : ops.clamp(x, clamp.min, clamp.max);
}
