/** @file Weights of an earlier epoch, kept among the tensors of a run for a later stage to go back to. */

import type { Tensor } from "../../core/tensor.ts";
import { linearSteps, type Network, parameterNames } from "../network/network.ts";

/** The start of an epoch; both count from 0. */
export interface Moment {
  readonly stage: number;
  readonly epoch: number;
}

/** The tensor that holds `weight` as it was. */
export function snapshotName({ stage, epoch }: Moment, weight: string): string {
  return `snapshot/${stage}/${epoch}/${weight}`;
}

/** Keeps the weights at `now` if a stage is to go back to them. */
export function keepSnapshot(
  wanted: readonly Moment[],
  now: Moment,
  network: Network,
  tensors: Map<string, Tensor<"f32">>,
): void {
  if (!wanted.some(({ stage, epoch }) => stage === now.stage && epoch === now.epoch)) return;
  for (const step of linearSteps(network)) {
    const { weight } = parameterNames(step);
    const { shape, data } = tensors.get(weight)!;
    tensors.set(snapshotName(now, weight), { dtype: "f32", shape, data: data.slice() });
  }
}
