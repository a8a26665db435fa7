/**
 * @file What the loss of a step gets from a teacher.
 *
 *     logits     w·T² · −Σ softmax(t / T) · ln softmax(s / T), the labels' part times 1 − w
 *     mse        ‖s − t‖² / ‖t‖² over the batch
 *     cosine     1 − ⟨s, t⟩ / (‖s‖·‖t‖) per sample
 *     relation   Σ_j (⟨ŝ_i, ŝ_j⟩ − ⟨t̂_i, t̂_j⟩)² per sample i, over samples j of the batch
 *
 * Means over samples and over pairs of layers; x̂ = x / ‖x‖. The teacher is
 * constant: no gradient flows into it.
 */

import { elementCount } from "../../core/shape.ts";
import { ModelError } from "../../model/diagnostics/diagnostic.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, allAxes, scalar } from "../autodiff/arithmetic.ts";
import { NETWORK_INPUT, type Network } from "../network/network.ts";
import type { InputQuantization } from "../step/input.ts";
import type { DistillOptions } from "./options.ts";
import { featurePairs, type LayerPair, relationPairs } from "./pairs.ts";
import { emitTeacher, lastInput, type Teacher } from "./teacher.ts";

/** Stands in for a norm of zero. */
const TINY = 1e-12;

/** A teacher and what is learned from it, found to fit the student. */
export interface Distillation {
  readonly teacher: Teacher;
  readonly options: DistillOptions;
  readonly features: readonly LayerPair[];
  readonly relation: readonly LayerPair[];
}

/** @throws train/bad-teacher: every layer that is missing or does not fit */
export function planDistillation(
  network: Network,
  teacher: Teacher,
  options: DistillOptions,
): Distillation {
  const none = { pairs: [], problems: [] };
  const { features, relation } = options;
  const own = features ? featurePairs(network, teacher, features.layers, teacher.name) : none;
  const related = relation
    ? relationPairs(network, teacher, relation.layers, lastInput(teacher), teacher.name)
    : none;
  const problems = [...own.problems, ...related.problems];
  if (problems.length > 0) throw new ModelError(...problems);
  return { teacher, options, features: own.pairs, relation: related.pairs };
}

export interface Student {
  readonly network: Network;
  readonly input: InputQuantization;
  readonly images: NodeId;
  readonly logits: NodeId;
  /** Of every step. */
  readonly values: readonly NodeId[];
}

/** The loss to descend on, given that of the labels. */
export function emitDistillation(
  ops: Arithmetic,
  { teacher, options, features, relation }: Distillation,
  student: Student,
  labelLoss: NodeId,
): NodeId {
  const [batch] = ops.shapeOf(student.logits) as readonly [number];
  const { ids } = emitTeacher(ops, teacher, student.network, student.input, batch);
  const terms: NodeId[] = [];
  const { logits } = options;
  if (logits === undefined) terms.push(labelLoss);
  else {
    if (logits.weight < 1) terms.push(ops.mul(labelLoss, scalar(1 - logits.weight)));
    const soft = softLoss(ops, student.logits, ids[teacher.logits]!, logits.temperature);
    terms.push(ops.mul(soft, scalar(logits.weight)));
  }
  const compare = (
    pairs: readonly LayerPair[],
    weight: number,
    loss: (s: NodeId, t: NodeId) => NodeId,
  ): void => {
    const all = pairs.map(pair => {
      const own = pair.student === NETWORK_INPUT ? student.images : student.values[pair.student]!;
      return loss(own, ids[pair.teacher]!);
    });
    terms.push(ops.mul(ops.total(all), scalar(weight / all.length)));
  };
  if (options.features !== undefined) {
    const { kind, weight } = options.features;
    compare(features, weight, kind === "mse" ? relativeError(ops) : cosineDistance(ops));
  }
  if (options.relation !== undefined) compare(relation, options.relation.weight, relationLoss(ops));
  return ops.total(terms);
}

function softLoss(ops: Arithmetic, s: NodeId, t: NodeId, temperature: number): NodeId {
  const cooled = (x: NodeId): NodeId => ops.mul(x, scalar(1 / temperature));
  const wanted = ops.op("softmax", [cooled(t)], { axis: 1 });
  const likelihood = ops.op("log-softmax", [cooled(s)], { axis: 1 });
  const [batch] = ops.shapeOf(s) as readonly [number];
  const sum = ops.sum(ops.mul(wanted, likelihood), [0, 1]);
  return ops.mul(sum, scalar(-(temperature ** 2) / batch));
}

const relativeError =
  (ops: Arithmetic) =>
  (s: NodeId, t: NodeId): NodeId => {
    const axes = allAxes(ops.shapeOf(s).length);
    const difference = ops.sub(s, t);
    const size = ops.max(ops.sum(ops.mul(t, t), axes), scalar(TINY));
    return ops.div(ops.sum(ops.mul(difference, difference), axes), size);
  };

const cosineDistance =
  (ops: Arithmetic) =>
  (s: NodeId, t: NodeId): NodeId => {
    const cosine = ops.sum(ops.mul(directions(ops, s), directions(ops, t)), [1]);
    return ops.sub(scalar(1), ops.mean(cosine, [0]));
  };

const relationLoss =
  (ops: Arithmetic) =>
  (s: NodeId, t: NodeId): NodeId => {
    const difference = ops.sub(gram(ops, s), gram(ops, t));
    const [batch] = ops.shapeOf(s) as readonly [number];
    return ops.mul(ops.sum(ops.mul(difference, difference), [0, 1]), scalar(1 / batch));
  };

/** Cosines between all samples of the batch. */
function gram(ops: Arithmetic, x: NodeId): NodeId {
  const rows = directions(ops, x);
  return ops.op("matmul", [rows, rows], { transposeA: false, transposeB: true });
}

/** [batch, features], every row of length 1. */
function directions(ops: Arithmetic, x: NodeId): NodeId {
  const [batch, ...rest] = ops.shapeOf(x) as readonly [number, ...number[]];
  const rows = ops.reshape(x, [batch, elementCount(rest)]);
  const square = ops.sum(ops.mul(rows, rows), [1], true);
  return ops.div(rows, ops.unary("sqrt", ops.max(square, scalar(TINY))));
}
