/**
 * @file What an op file provides: inference with its checks, and a plain
 * reference evaluator, the oracle that everything fast is compared with.
 */

import type { Tensor } from "../../core/tensor.ts";
import type { OpAttributes } from "../ir/attributes.ts";
import type { Node, OpKind, ValueType } from "../ir/graph.ts";

/** What an evaluator sees. */
export interface Evaluation<K extends OpKind> {
  readonly attrs: OpAttributes[K];
  readonly inputs: readonly Tensor[];
  /** Types of the inputs: the meaning of their integers. */
  readonly inputTypes: readonly ValueType[];
  readonly type: ValueType;
}

export interface Op<K extends OpKind> {
  readonly kind: K;
  /** One line for `docs` and listings. */
  readonly summary: string;
  /** The result's type. @throws graph/bad-shape via ModelError */
  infer(inputs: readonly Node[], attrs: OpAttributes[K]): ValueType;
  /** Checks that read the data of constants, for the verifier. @throws graph/bad-shape via ModelError */
  verify?(inputs: readonly Node[], attrs: OpAttributes[K]): void;
  /** The value, computed the obvious way. */
  evaluate(evaluation: Evaluation<K>): Tensor;
}
