/**
 * @file What a weight method is: how a float weight becomes the one that the
 * forward pass uses, how the gradient comes back, and which integers are left
 * in the end.
 *
 * Weights are [M, …]: output channel first, called a filter. A method is one
 * file; adding one touches that file and `index.ts`.
 */

import type { Shape } from "../../core/shape.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "../autodiff/arithmetic.ts";

/** Integer weights with one scale, and mean, per output channel: real = scale · value + mean. */
export interface QuantizedWeights {
  readonly values: Int8Array;
  readonly scales: readonly number[];
  /** Absent where all are 0. */
  readonly means?: readonly number[];
}

/** A term of the loss that concerns one weight alone. */
export interface Penalty {
  /** Scalar, before its strength. */
  readonly value: NodeId;
  /** Of `value` with respect to the weight as written; of its shape. */
  readonly gradient: NodeId;
}

/**
 * Either a number, or the wanted ratio of the penalty's gradient to that of
 * the loss: the strength that gives it is measured per layer before the first
 * update of a stage, and kept.
 */
export type PenaltyStrength = { readonly lambda: number } | { readonly ratio: number };

/** How strongly a method's penalty counts: `strength`, times a schedule of the method. */
export interface PenaltyWeight {
  readonly strength: PenaltyStrength;
  readonly ramp: MethodSchedule;
}

/** What a method adds to the graph for one weight. */
export interface ForwardWeight {
  /** Used in place of the weight; of its shape. */
  readonly value: NodeId;
  /** The weight's gradient, given that of `value`; the same if absent (straight through). */
  readonly gradient?: (dValue: NodeId) => NodeId;
  /** The gradients of what is learned along with the weight, by name. */
  readonly learnedGradients?: (dValue: NodeId) => Readonly<Record<string, NodeId>>;
  readonly penalty?: Penalty;
}

/** A scalar that changes during a stage; an input of the training graph. */
export interface MethodSchedule {
  readonly name: string;
  /** `progress` runs from 0 to 1 over the stage. */
  readonly at: (progress: number) => number;
}

/** The values that the host holds for one weight, by name. */
export type HeldValues = ReadonlyMap<string, Float32Array>;

/** The weight of one layer. */
export interface LayerWeight {
  /** The layer's name. */
  readonly layer: string;
  readonly weight: Float32Array;
  readonly shape: Shape;
}

export interface HoldRequest extends LayerWeight {
  /** Of the stage, 0 to 1. */
  readonly progress: number;
  /** Whether batch normalisation follows, which makes any scale of a filter irrelevant. */
  readonly normed: boolean;
  /** What was held before, if anything was. */
  readonly before: HeldValues;
  /** What `share` says of all layers. */
  readonly shared?: number | undefined;
}

/**
 * Values that the host computes from the weight every few steps, such as a
 * threshold that takes sorting; inputs of the training graph in between.
 */
export interface Holding {
  /** Their shapes for a weight of shape `shape`, by name. */
  shapes(shape: Shape): Readonly<Record<string, Shape>>;
  compute(request: HoldRequest): HeldValues;
  /** A number that all layers of the method have in common, such as one threshold for all. */
  readonly share?: ((weights: readonly LayerWeight[], progress: number) => number) | undefined;
}

/** Values that are trained along with a weight, such as scales; they do not decay. */
export interface LearnedValues {
  /** Their shapes for a weight of shape `shape`, by name. */
  shapes(shape: Shape): Readonly<Record<string, Shape>>;
  /** Their values before the first update, given what is held. */
  start(weight: Float32Array, shape: Shape, held: HeldValues): HeldValues;
}

/** Inputs of the graph that a method may ask for. */
export interface MethodInputs {
  /** A scalar of `schedules`. */
  schedule(name: string): NodeId;
  /** A value of `holding`. */
  held(name: string): NodeId;
  /** A value of `learned`. */
  learned(name: string): NodeId;
}

export interface WeightMethod {
  readonly name: string;
  /** Whether products are divided by the norm of what each filter sees; no if absent. */
  readonly cosine?: boolean;
  /** What the weights are in the exported model. */
  readonly weights: "f32" | "int8" | "ternary";
  readonly schedules: readonly MethodSchedule[];
  readonly holding?: Holding;
  readonly learned?: LearnedValues;
  /** Layers that the options name, `*` for the others; absent if they concern all alike. */
  readonly names?: readonly string[];
  /** Present where `forward` gives a penalty. */
  readonly penalty?: PenaltyWeight;
  /** Whether the optimiser's weight decay applies; true if absent. */
  readonly decays?: boolean;
  forward(ops: Arithmetic, weight: NodeId, inputs: MethodInputs): ForwardWeight;
  /** What replaces a weight after each update, such as its projection; absent if nothing does. */
  readonly project?: (ops: Arithmetic, weight: NodeId, inputs: MethodInputs) => NodeId;
  /**
   * The integers that the forward weight stands for, given what is held and
   * learned; absent for float weights.
   */
  readonly quantize?: (weight: Float32Array, shape: Shape, held: HeldValues) => QuantizedWeights;
  /** The forward weight of a float method; absent if it is the weight. */
  readonly realize?: (weight: Float32Array, shape: Shape, held: HeldValues) => Float32Array;
}
