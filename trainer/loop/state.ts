/** @file The state of a training run: every tensor that a step changes, and where the run stands. */

import { elementCount, type Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph } from "../../model/ir/graph.ts";
import type { Evaluation } from "./evaluate.ts";

/** Parameters, running statistics and the optimiser's memory, by the names of the training graph. */
export type StateTensors = Map<string, Tensor<"f32">>;

/** Sums over the steps of an epoch so far. */
export interface EpochTotals {
  readonly loss: number;
  readonly correct: number;
}

export interface Position {
  readonly stage: number;
  readonly epoch: number;
  /** Steps of the epoch that are done. */
  readonly step: number;
  /** Whether the stage's own preparation of weights is done. */
  readonly begun: boolean;
  readonly totals: EpochTotals;
}

/** One line of the log: how an epoch went. */
export interface EpochRecord {
  readonly stage: number;
  readonly method: string;
  readonly epoch: number;
  readonly loss: number;
  /** Of the training samples as augmented, while weights changed; 0 to 1. */
  readonly trainTop1: number;
  /** Of the samples held back; absent if there are none. */
  readonly validationTop1?: number;
  readonly learningRate: number;
  readonly layers: readonly LayerRecord[];
}

/** How the weights of one layer stand after an epoch. */
export interface LayerRecord {
  readonly name: string;
  /** Number of its weights. */
  readonly count: number;
  /** What its method makes of them. */
  readonly weights: "f32" | "int8" | "ternary";
  /** Share of zeros among the weights that the forward pass uses, 0 to 1. */
  readonly sparsity: number;
  /** Of the angle between float and ternary weights, mean over filters; of float ones to the closest. */
  readonly cosine: number;
  /** Share of weights whose sign (−1, 0, 1) is not that of an epoch before; absent the first time. */
  readonly flips?: number;
  /** Strength of the penalty; absent without one. */
  readonly lambda?: number;
}

/** Accuracy on the test samples. */
export interface TrainingResults {
  /** Of the float network, after the last float stage or as its file has it. */
  readonly float?: Evaluation;
  /** Of the integer forward, which the compiled module equals. */
  readonly quantized?: Evaluation;
}

export const NO_TOTALS: EpochTotals = { loss: 0, correct: 0 };

/** Zeros for the inputs of a training graph that `tensors` lacks: memories, statistics. */
export function completeState(
  graph: Graph,
  tensors: StateTensors,
  others: ReadonlySet<string>,
): void {
  for (const id of graph.inputs) {
    const node = graph.nodes[id]!;
    if (node.kind !== "input") continue;
    const { name, shape } = node.attrs;
    if (!others.has(name) && !tensors.has(name)) tensors.set(name, zeroTensor(shape));
  }
}

/** The names of the inputs of `graph`. */
export function inputNames(graph: Graph): ReadonlySet<string> {
  const inputs = graph.inputs.map(id => graph.nodes[id]!);
  return new Set(inputs.flatMap(node => (node.kind === "input" ? [node.attrs.name] : [])));
}

export function scalarTensor(value: number): Tensor<"f32"> {
  return { dtype: "f32", shape: [], data: Float32Array.of(value) };
}

export function zeroTensor(shape: Shape): Tensor<"f32"> {
  return { dtype: "f32", shape, data: new Float32Array(elementCount(shape)) };
}
