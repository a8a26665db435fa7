/**
 * @file What a weight method is: how a float weight becomes the one that the
 * forward pass uses, how the gradient comes back, and which integers are left
 * in the end.
 *
 * Weights are [M, …]: output channel first. A method is one file; adding one
 * touches that file and `index.ts`.
 */

import type { Shape } from "../../core/shape.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "../autodiff/arithmetic.ts";

/** Integer weights with one scale per output channel: real = scale · value. */
export interface QuantizedWeights {
  readonly values: Int8Array;
  readonly scales: readonly number[];
}

/** What a method adds to the graph for one weight. */
export interface ForwardWeight {
  /** Used in place of the weight; of its shape. */
  readonly value: NodeId;
  /** The weight's gradient, given that of `value`; the same if absent (straight through). */
  readonly gradient?: (dValue: NodeId) => NodeId;
  /** Scalar added to the loss; differentiated with respect to the weight as written. */
  readonly penalty?: NodeId;
}

/** A scalar that changes during a stage; an input of the training graph. */
export interface MethodSchedule {
  readonly name: string;
  /** `progress` runs from 0 to 1 over the stage. */
  readonly at: (progress: number) => number;
}

export interface WeightMethod {
  readonly name: string;
  /** One line, for listings. */
  readonly summary: string;
  /** What the weights are in the exported model. */
  readonly weights: "f32" | "int8" | "ternary";
  readonly schedules: readonly MethodSchedule[];
  /** `schedule` gives the scalars named in `schedules`. */
  forward(ops: Arithmetic, weight: NodeId, schedule: (name: string) => NodeId): ForwardWeight;
  /** What replaces a weight after each update, such as its projection; absent if nothing does. */
  readonly project?: (ops: Arithmetic, weight: NodeId) => NodeId;
  /** The integers that the forward weight stands for; absent for float weights. */
  readonly quantize?: (weight: Float32Array, shape: Shape) => QuantizedWeights;
}
