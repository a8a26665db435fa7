/**
 * @file Stochastic gradient descent with momentum.
 *
 *     g = dw + decay·w
 *     v ← momentum·v + g
 *     w ← w − lr·v              Nesterov: w − lr·(g + momentum·v)
 */

import { scalar } from "../autodiff/arithmetic.ts";
import type { Optimizer, Update, UpdateRequest } from "./optimizer.ts";

export interface SgdOptions {
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

export function sgd({ momentum, nesterov, weightDecay }: SgdOptions): Optimizer {
  const update = ({
    ops,
    parameter,
    gradient,
    slots,
    learningRate,
    decayed,
  }: UpdateRequest): Update => {
    const g =
      decayed && weightDecay > 0
        ? ops.add(gradient, ops.mul(parameter, scalar(weightDecay)))
        : gradient;
    const [slot] = slots;
    if (slot === undefined) {
      return { parameter: ops.sub(parameter, ops.mul(g, learningRate)), slots: [] };
    }
    const velocity = ops.add(ops.mul(slot, scalar(momentum)), g);
    const direction = nesterov ? ops.add(g, ops.mul(velocity, scalar(momentum))) : velocity;
    return {
      parameter: ops.sub(parameter, ops.mul(direction, learningRate)),
      slots: [velocity],
    };
  };
  return { name: "sgd", slots: momentum > 0 ? ["velocity"] : [], scalars: () => ({}), update };
}
