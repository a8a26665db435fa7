/**
 * @file Reinitialisation between pruning and ternary training: weights move
 * towards their own trits, so that rounding starts with less to round.
 *
 *     signs    R1  u ← t / √k
 *     blend    R2  u ← normalise((1 − ρ) · u + ρ · t / √k)
 *     revive   R3  zeros ← uniform noise of deviation ε · rms of the others
 *     rewind   R4  u ← normalise(m ⊙ the weights of an earlier epoch)
 *
 * t are the trits that the stage's method gives, k their number; m is 1 where
 * w is not 0; u = w / ‖w‖, and ‖w‖ stays as it was.
 *
 * **Source** after Liu & Liu 2022 (arXiv 2212.12653).
 */

import { z } from "zod";
import { Random } from "../../core/random.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { channelNorms, perChannel } from "../methods/channels.ts";
import { heldValues } from "../methods/held.ts";
import { linearSteps, type Network, parameterNames } from "../network/network.ts";
import type { StagePlan } from "./plan.ts";
import { snapshotName } from "./snapshot.ts";

export const reinitializationOptions = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("signs") }),
  z.strictObject({ kind: z.literal("blend"), share: z.number().min(0).max(1).default(0.5) }),
  z.strictObject({ kind: z.literal("revive"), noise: z.number().positive().default(0.1) }),
  z.strictObject({
    kind: z.literal("rewind"),
    /** The start of this epoch of this stage; both count from 0. */
    stage: z.int().min(0).default(0),
    epoch: z.int().min(0).default(0),
  }),
]);

export type Reinitialization = z.output<typeof reinitializationOptions>;

/** Reinitialises the weights of `tensors` that the plan makes ternary. */
export function reinitialize(
  network: Network,
  tensors: Map<string, Tensor<"f32">>,
  plan: StagePlan,
  options: Reinitialization,
  seed: number,
): void {
  for (const step of linearSteps(network)) {
    const method = plan.methods.get(step.name)!;
    if (method.weights !== "ternary" || method.quantize === undefined) continue;
    const name = parameterNames(step).weight;
    const { data, shape } = tensors.get(name)!;
    const { values } = method.quantize(data, shape, heldValues(step, method, tensors, 0));
    const random = new Random(seed, "reinitialize", name);
    const changed =
      options.kind === "rewind"
        ? rewound(data, shape, tensors.get(snapshotName(options, name))!.data)
        : reinitialized(data, shape, values, options, random);
    tensors.set(name, { dtype: "f32", shape, data: changed });
  }
}

/** The new weights, given the trits of the old ones. */
export function reinitialized(
  weight: Float32Array,
  shape: Shape,
  trits: Int8Array,
  options: Exclude<Reinitialization, { kind: "rewind" }>,
  random: Random,
): Float32Array {
  if (options.kind === "revive") return revived(weight, shape, options.noise, random);
  const share = options.kind === "signs" ? 1 : options.share;
  return blended(weight, shape, trits, share);
}

function blended(
  weight: Float32Array,
  shape: Shape,
  trits: Int8Array,
  share: number,
): Float32Array {
  const norms = channelNorms(weight, shape);
  const roots = channelNorms(trits, shape);
  const mixed = new Float32Array(weight.length);
  perChannel(shape, (from, to, channel) => {
    const [norm, root] = [norms[channel]!, roots[channel]!];
    if (norm === 0 || root === 0) return;
    for (let i = from; i < to; i++) {
      mixed[i] = ((1 - share) * weight[i]!) / norm + (share * trits[i]!) / root;
    }
  });
  return rescaled(mixed, shape, norms);
}

/** The weights of `earlier` where the present ones are not 0. */
export function rewound(weight: Float32Array, shape: Shape, earlier: Float32Array): Float32Array {
  const masked = earlier.map((w, i) => (weight[i] === 0 ? 0 : w));
  return rescaled(masked, shape, channelNorms(weight, shape));
}

/** Uniform noise in ±√3 has deviation 1. */
const UNIT_DEVIATION = Math.sqrt(3);

function revived(weight: Float32Array, shape: Shape, noise: number, random: Random): Float32Array {
  const norms = channelNorms(weight, shape);
  const result = weight.slice();
  perChannel(shape, (from, to, channel) => {
    const kept = weight.subarray(from, to).filter(w => w !== 0).length;
    const deviation = kept === 0 ? 0 : (noise * norms[channel]!) / Math.sqrt(kept);
    for (let i = from; i < to; i++) {
      const drawn = (2 * random.uniform() - 1) * UNIT_DEVIATION;
      if (weight[i] === 0) result[i] = deviation * drawn;
    }
  });
  return rescaled(result, shape, norms);
}

/** Every filter scaled to its norm in `norms`. */
function rescaled(weight: Float32Array, shape: Shape, norms: readonly number[]): Float32Array {
  const own = channelNorms(weight, shape);
  perChannel(shape, (from, to, channel) => {
    const factor = own[channel] === 0 ? 0 : norms[channel]! / own[channel]!;
    for (let i = from; i < to; i++) weight[i] = weight[i]! * factor;
  });
  return weight;
}
