/**
 * @file Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019).
 *
 *     m ← β1·m + (1 − β1)·g        v ← β2·v + (1 − β2)·g²
 *     w ← w − lr·(m/(1 − β1^t) / (√(v/(1 − β2^t)) + ε))
 *
 * Adam adds decay·w to the gradient; AdamW subtracts lr·decay·w from the weight.
 */

import { scalar } from "../autodiff/arithmetic.ts";
import type { Optimizer, Update, UpdateRequest } from "./optimizer.ts";

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** AdamW: decay apart from the gradient. */
  readonly decoupled: boolean;
}

export function adam(options: AdamOptions): Optimizer {
  const { beta1, beta2, epsilon, weightDecay, decoupled } = options;
  const update = (request: UpdateRequest): Update => {
    const { ops, parameter, learningRate, slots } = request;
    const decays = request.decayed && weightDecay > 0;
    const decay = ops.mul(parameter, scalar(weightDecay));
    const g = decays && !decoupled ? ops.add(request.gradient, decay) : request.gradient;
    const [m, v] = slots as readonly [typeof g, typeof g];
    const mean = ops.add(ops.mul(m, scalar(beta1)), ops.mul(g, scalar(1 - beta1)));
    const square = ops.mul(ops.mul(g, g), scalar(1 - beta2));
    const variance = ops.add(ops.mul(v, scalar(beta2)), square);
    const root = ops.unary("sqrt", ops.div(variance, request.scalar("correction2")));
    const direction = ops.div(
      ops.div(mean, request.scalar("correction1")),
      ops.add(root, scalar(epsilon)),
    );
    const whole = decays && decoupled ? ops.add(direction, decay) : direction;
    return {
      parameter: ops.sub(parameter, ops.mul(whole, learningRate)),
      slots: [mean, variance],
    };
  };
  const scalars = (step: number): Readonly<Record<string, number>> => ({
    correction1: 1 - power(beta1, step),
    correction2: 1 - power(beta2, step),
  });
  return { name: decoupled ? "adamw" : "adam", slots: ["mean", "variance"], scalars, update };
}

/** base^exponent by multiplication, the same bits on every engine. */
function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
