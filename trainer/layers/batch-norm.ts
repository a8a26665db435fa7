/**
 * @file Batch normalisation in training: statistics of the batch, and the
 * gradient of the whole in one formula.
 *
 *     y  = γ·x̂ + β,  x̂ = (x − μ)/σ,  σ² = E[x²] − μ² + ε
 *     dβ = Σ dy,  dγ = Σ dy·x̂
 *     dx = a·dy + b·x + c,  a = γ/σ,  b = −a·dγ/(n·σ),  c = −a·dβ/n − b·μ
 *
 * The operator in its inference form computes both y and a·dy + c: its kernel
 * is far faster than the same written with Mul and Add.
 */

import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, allAxes, scalar } from "../autodiff/arithmetic.ts";
import { reducedCount } from "../autodiff/reduction.ts";
import type { CustomGradient } from "../autodiff/rule.ts";

export interface BatchNorm {
  readonly value: NodeId;
  /** Statistics of this batch, [C]; the variance is the unbiased one. */
  readonly mean: NodeId;
  readonly variance: NodeId;
  readonly gradient: CustomGradient;
}

/** Normalises `x`, [N, C, …], over all axes but the second. */
export function batchNorm(
  ops: Arithmetic,
  x: NodeId,
  scale: NodeId,
  bias: NodeId,
  epsilon: number,
): BatchNorm {
  const shape = ops.shapeOf(x);
  const axes = allAxes(shape.length).filter(axis => axis !== 1);
  const count = reducedCount(shape, axes);
  const mean = ops.mean(x, axes);
  const square = ops.mean(ops.mul(x, x), axes);
  const variance = ops.max(ops.sub(square, ops.mul(mean, mean)), scalar(0));
  const value = ops.op("batch-normalization", [x, scale, bias, mean, variance], {
    axis: 1,
    epsilon,
  });
  const inverse = ops.unary("reciprocal", ops.unary("sqrt", ops.add(variance, scalar(epsilon))));
  const gradient = (dy: NodeId): readonly NodeId[] => {
    const dBias = ops.sum(dy, axes);
    const moment = ops.sum(ops.mul(dy, x), axes);
    const dScale = ops.mul(ops.sub(moment, ops.mul(mean, dBias)), inverse);
    const a = ops.mul(scale, inverse);
    const b = ops.mul(ops.mul(ops.mul(a, inverse), dScale), scalar(-1 / count));
    const c = ops.sub(ops.mul(ops.mul(a, dBias), scalar(-1 / count)), ops.mul(b, mean));
    const column = shape.map((dim, axis) => (axis === 1 ? dim : 1));
    const fromX = ops.mul(x, ops.reshape(b, column));
    return [ops.add(affine(ops, dy, a, c), fromX), dScale, dBias];
  };
  return {
    value,
    mean,
    variance: ops.mul(variance, scalar(count > 1 ? count / (count - 1) : 1)),
    gradient: { operands: [x, scale, bias], gradient },
  };
}

/** Batch normalisation with given statistics, as at inference. */
export function frozenNorm(
  ops: Arithmetic,
  x: NodeId,
  operands: readonly [scale: NodeId, bias: NodeId, mean: NodeId, variance: NodeId],
  epsilon: number,
): NodeId {
  return ops.op("batch-normalization", [x, ...operands], { axis: 1, epsilon });
}

/** a·x + c per channel. */
function affine(ops: Arithmetic, x: NodeId, a: NodeId, c: NodeId): NodeId {
  const shape = ops.shapeOf(a);
  const [zero, one] = [ops.filled(shape, 0), ops.filled(shape, 1)];
  return ops.op("batch-normalization", [x, a, c, zero, one], { axis: 1, epsilon: 0 });
}
