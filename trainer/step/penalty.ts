/**
 * @file Penalties in the training graph: their gradients, in proportion.
 *
 *     dw = dCE/dw + λ · dR/dw,  λ = ramp · strength
 *     strength = lambda, or ratio · ‖dCE/dw‖ / ‖dR/dw‖
 *
 * That quotient of norms is the balance: a running mean, which the caller
 * averages over batches before the first update and then leaves alone.
 */

import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, allAxes, scalar, type Term } from "../autodiff/arithmetic.ts";
import type { PenaltyWeight } from "../methods/method.ts";
import type { TrainingForward } from "./forward.ts";

/** Stands in for the norm of a penalty's gradient that is zero. */
const TINY = 1e-12;

/** The name of a weight's balance among the tensors of a run. */
export const balanceName = (weight: string): string => `${weight}.balance`;

export interface PenalizedGradients {
  /** In the order of `forward.trained`. */
  readonly gradients: readonly NodeId[];
  /** The next balances, by name. */
  readonly balances: ReadonlyMap<string, NodeId>;
}

/** Adds the penalties of `forward` to the gradients of the loss. */
export function emitPenalties(
  ops: Arithmetic,
  forward: TrainingForward,
  gradients: readonly NodeId[],
  balanceRate: () => NodeId,
): PenalizedGradients {
  const balances = new Map<string, NodeId>();
  const names = [...forward.trained.keys()];
  const sums = gradients.map((gradient, i) => {
    const name = names[i]!;
    const penalty = forward.penalties.get(name);
    const layer = forward.methods.get(name);
    if (penalty === undefined || layer?.method.penalty === undefined) return gradient;
    const { strength, ramp } = layer.method.penalty;
    const lambda = ops.mul(layer.inputs.schedule(ramp.name), strengthOf(name, strength));
    if ("ratio" in strength) {
      const quotient = ops.div(
        norm(ops, gradient),
        ops.max(norm(ops, penalty.gradient), scalar(TINY)),
      );
      balances.set(balanceName(name), moved(balanceOf(name), quotient));
    }
    return ops.add(gradient, ops.mul(penalty.gradient, lambda));
  });
  return { gradients: sums, balances };

  function balanceOf(weight: string): NodeId {
    return ops.builder.input(balanceName(weight), "f32", []);
  }
  function strengthOf(weight: string, strength: PenaltyWeight["strength"]): Term {
    if ("lambda" in strength) return scalar(strength.lambda);
    return ops.mul(balanceOf(weight), scalar(strength.ratio));
  }
  function moved(before: NodeId, observed: NodeId): NodeId {
    return ops.add(before, ops.mul(ops.sub(observed, before), balanceRate()));
  }
}

/** λ of a weight at `progress`, given its balance. */
export function lambdaOf(
  { strength, ramp }: PenaltyWeight,
  balance: number,
  progress: number,
): number {
  const full = "lambda" in strength ? strength.lambda : strength.ratio * balance;
  return ramp.at(progress) * full;
}

function norm(ops: Arithmetic, x: NodeId): NodeId {
  return ops.unary("sqrt", ops.sum(ops.mul(x, x), allAxes(ops.shapeOf(x).length)));
}
