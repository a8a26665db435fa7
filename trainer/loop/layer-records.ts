/**
 * @file How the weights of every layer stand: zeros, angle to the ternary
 * ones, signs that changed.
 *
 * The signs of the epoch before are kept among the tensors of the run, so a
 * resumed run logs the same.
 */

import { sparsityOf } from "../../core/ternary.ts";
import { channelNorms, perChannel } from "../methods/channels.ts";
import { heldValues } from "../methods/held.ts";
import type { WeightMethod } from "../methods/method.ts";
import { thresholdsOf, tritsOf } from "../methods/thresholds.ts";
import { type LinearStep, linearSteps, type Network, parameterNames } from "../network/network.ts";
import { balanceName, lambdaOf } from "../step/penalty.ts";
import type { StagePlan } from "../step/plan.ts";
import type { LayerRecord, StateTensors } from "./state.ts";

/** Records every layer of `network` at `progress` of the stage, and keeps its signs for the next time. */
export function layerRecords(
  network: Network,
  tensors: StateTensors,
  plan: StagePlan,
  progress: number,
): LayerRecord[] {
  return linearSteps(network).map(step => {
    const method = plan.methods.get(step.name)!;
    const { weight } = parameterNames(step);
    const { data, shape } = tensors.get(weight)!;
    const used = usedWeights(step, method, tensors);
    const balance = tensors.get(balanceName(weight))?.data[0] ?? 0;
    const signs = Float32Array.from(used, Math.sign);
    const before = tensors.get(signsName(weight))?.data;
    tensors.set(signsName(weight), { dtype: "f32", shape, data: signs });
    const trits = method.weights === "ternary" ? used : closestTrits(used, shape);
    const source = method.weights === "ternary" ? data : used;
    return {
      name: step.name,
      count: data.length,
      weights: method.weights,
      sparsity: sparsityOf(used),
      cosine: meanCosine(source, trits, shape),
      ...(before && { flips: changedShare(before, signs) }),
      ...(method.penalty && { lambda: lambdaOf(method.penalty, balance, progress) }),
    };
  });
}

const signsName = (weight: string): string => `signs/${weight}`;

/** The weights of the forward pass, up to a positive factor per filter. */
export function usedWeights(
  step: LinearStep,
  method: WeightMethod,
  tensors: StateTensors,
): ArrayLike<number> & Iterable<number> {
  const { data, shape } = tensors.get(parameterNames(step).weight)!;
  const held = heldValues(step, method, tensors);
  if (method.quantize !== undefined) return method.quantize(data, shape, held).values;
  return method.realize?.(data, shape, held) ?? data;
}

/** The trits at the smallest angle to each filter. */
function closestTrits(weight: Iterable<number>, shape: readonly number[]): Int8Array {
  const values = Float32Array.from(weight);
  return tritsOf(values, shape, thresholdsOf(values, shape, { kind: "optimal", scope: "filter" }));
}

/** Mean over filters of the cosine between `a` and `b`; filters of zeros count as 0. */
function meanCosine(a: ArrayLike<number>, b: ArrayLike<number>, shape: readonly number[]): number {
  const [lengthsA, lengthsB] = [channelNorms(a, shape), channelNorms(b, shape)];
  const products = perChannel(shape, (from, to) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += a[i]! * b[i]!;
    return sum;
  });
  const cosines = products.map((p, c) => (p === 0 ? 0 : p / (lengthsA[c]! * lengthsB[c]!)));
  return cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
}

function changedShare(before: Float32Array, after: Float32Array): number {
  return after.filter((sign, i) => sign !== before[i]).length / after.length;
}
