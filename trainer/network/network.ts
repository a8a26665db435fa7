/**
 * @file The network as the trainer sees it: steps with named parameters.
 *
 * A step is what becomes one quantised operation: a convolution or matrix
 * product carries its bias, its batch normalisation and its ReLU. Float
 * training, ternary training, the integer forward and the export all read
 * this one list.
 *
 * Images are [N,C,H,W] wherever a step looks at rows and columns.
 */

import type { Interval } from "../../core/interval.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { ConvAttributes, Window } from "../../model/ir/attributes.ts";

/** Trained values and running statistics by name; all f32. */
export type Parameters = ReadonlyMap<string, Tensor<"f32">>;

/** Index of a step in `Network.steps`; −1 is the network's input. */
export type StepIndex = number;
export const NETWORK_INPUT: StepIndex = -1;

interface StepFacts {
  /** Distinct; parameters are called after it. */
  readonly name: string;
  /** Of the result, without the batch dimension. */
  readonly shape: Shape;
}

/** y = clamp(norm(w · x + bias)) */
export interface LinearStep extends StepFacts {
  readonly kind: "linear";
  readonly inputs: readonly [StepIndex];
  /** Weights are [M, C/group, kH, kW] of a convolution, [M, K] of a matrix product. */
  readonly product: ({ readonly kind: "conv" } & ConvAttributes) | { readonly kind: "gemm" };
  readonly bias: boolean;
  /** ε of the batch normalisation, if there is one. */
  readonly norm?: { readonly epsilon: number };
  readonly clamp?: Interval;
  /** Set while products are divided by the norm of what each filter sees. */
  readonly cosine?: true;
  /** Set on a last layer that is trained as a cosine head. */
  readonly head?: { readonly margin: number };
}

/** y = clamp(a + b), of equal shapes. */
export interface AddStep extends StepFacts {
  readonly kind: "add";
  readonly inputs: readonly [StepIndex, StepIndex];
  readonly clamp?: Interval;
}

export interface MaxPoolStep extends StepFacts {
  readonly kind: "max-pool";
  readonly inputs: readonly [StepIndex];
  readonly window: Window;
}

/** Windows lie inside the image. */
export interface AveragePoolStep extends StepFacts {
  readonly kind: "average-pool";
  readonly inputs: readonly [StepIndex];
  readonly window: Window;
}

export interface ReshapeStep extends StepFacts {
  readonly kind: "reshape";
  readonly inputs: readonly [StepIndex];
}

export interface TransposeStep extends StepFacts {
  readonly kind: "transpose";
  readonly inputs: readonly [StepIndex];
  /** Keeps the batch dimension first. */
  readonly permutation: readonly number[];
}

export type Step =
  | LinearStep
  | AddStep
  | MaxPoolStep
  | AveragePoolStep
  | ReshapeStep
  | TransposeStep;

export interface Network {
  readonly name: string;
  readonly input: { readonly name: string; readonly shape: Shape };
  /** In schedule order; the last one gives the logits, [classes]. */
  readonly steps: readonly Step[];
}

/** Names of a linear step's parameters. */
export function parameterNames(step: LinearStep): {
  readonly weight: string;
  readonly bias: string;
  readonly normScale: string;
  readonly normBias: string;
  readonly normMean: string;
  readonly normVariance: string;
  /** Of a cosine head. */
  readonly headScale: string;
} {
  return {
    weight: `${step.name}.weight`,
    bias: `${step.name}.bias`,
    normScale: `${step.name}.norm.scale`,
    normBias: `${step.name}.norm.bias`,
    normMean: `${step.name}.norm.mean`,
    normVariance: `${step.name}.norm.variance`,
    headScale: `${step.name}.head.scale`,
  };
}

/** The linear steps, in order. */
export function linearSteps(network: Network): LinearStep[] {
  return network.steps.filter(step => step.kind === "linear");
}

/** Number of classes: the length of the logits. */
export function classCount(network: Network): number {
  return network.steps.at(-1)!.shape[0]!;
}

/** Whether a convolution has one filter per channel. */
export function isDepthwise(step: LinearStep): boolean {
  return step.product.kind === "conv" && step.product.group > 1;
}

/** Whether no value of step `index` is negative. */
export function isNonNegative(network: Network, index: StepIndex): boolean {
  const step = network.steps[index];
  if (step === undefined) return false;
  if (step.kind === "linear" || step.kind === "add") return (step.clamp?.min ?? -1) >= 0;
  return isNonNegative(network, step.inputs[0]);
}

/** Whether the step computes new values, which are quantised anew, or only moves or selects. */
export function isComputing(step: Step): boolean {
  return step.kind === "linear" || step.kind === "add" || step.kind === "average-pool";
}
