/** @file What an optimiser is: how a parameter and its memory change for a gradient. */

import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "../autodiff/arithmetic.ts";

/** What an update is asked with; scalars are inputs of the training graph. */
export interface UpdateRequest {
  readonly ops: Arithmetic;
  readonly parameter: NodeId;
  readonly gradient: NodeId;
  /** One value per slot, of the parameter's shape; zeros at the start. */
  readonly slots: readonly NodeId[];
  readonly learningRate: NodeId;
  /** Whether weight decay applies: to weights, not to biases and norms. */
  readonly decayed: boolean;
  /** The value of `scalars(step)` under `name`. */
  scalar(name: string): NodeId;
}

export interface Update {
  readonly parameter: NodeId;
  readonly slots: readonly NodeId[];
}

export interface Optimizer {
  readonly name: string;
  /** Names of what it remembers per parameter. */
  readonly slots: readonly string[];
  /** Scalars of step 1, 2, …, beside the learning rate; the names do not change. */
  scalars(step: number): Readonly<Record<string, number>>;
  update(request: UpdateRequest): Update;
}
