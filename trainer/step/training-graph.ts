/**
 * @file One training step as one graph: forward, loss, backward, update.
 *
 * Inputs are samples, labels, scalars such as the learning rate, and the whole
 * state: parameters, running statistics, the optimiser's memory. Outputs are
 * the loss, the number of samples classified right, and the next state, each
 * under its input's name with `NEXT` before it. So one run is one step, and
 * its outputs are the next run's inputs.
 */

import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic, allAxes, scalar } from "../autodiff/arithmetic.ts";
import { differentiate } from "../autodiff/differentiate.ts";
import { type Distillation, emitDistillation } from "../distill/distillation.ts";
import { isLearned } from "../methods/held.ts";
import type { WeightMethod } from "../methods/method.ts";
import { classCount, type Network, type Parameters, parameterNames } from "../network/network.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { emitTrainingForward, type LayerMethod, type TrainingForward } from "./forward.ts";
import { emitInput, type InputQuantization } from "./input.ts";
import { emitPenalties } from "./penalty.ts";
import { distinctMethods, type StagePlan } from "./plan.ts";

export const NEXT = "next/";
export const LABELS = "labels";
export const LEARNING_RATE = "learning-rate";
/** The learning rate of weights; 0 freezes them and their codes. */
export const WEIGHT_RATE = "weight-rate";
export const STATISTICS_RATE = "statistics-rate";
/** Step size of the running balance of penalties. */
export const BALANCE_RATE = "balance-rate";
export const LOSS = "loss";
export const CORRECT = "correct";
/** Before the name of a parameter: its gradient, or the largest |gradient| in a diagnosing graph. */
export const GRADIENT = "gradient/";

/** Methods that differ in their options have schedules of their own. */
export const scheduleInput = (plan: StagePlan, method: WeightMethod, name: string): string =>
  `schedule/${distinctMethods(plan).indexOf(method)}/${name}`;
export const optimizerInput = (name: string): string => `optimizer/${name}`;
/** Before the names of what the optimiser remembers. */
export const MEMORY = "memory/";
export const slotName = (parameter: string, slot: string): string =>
  `${MEMORY}${parameter}/${slot}`;

export interface TrainingGraphRequest {
  readonly network: Network;
  readonly parameters: Parameters;
  readonly input: InputQuantization;
  readonly plan: StagePlan;
  readonly optimizer: Optimizer;
  readonly batch: number;
  /** Share of the target given to the other classes, 0 to 1. */
  readonly labelSmoothing: number;
  /** Absent: the stage learns from labels alone. */
  readonly distillation?: Distillation | undefined;
  /** Channels of a block, for an engine that computes convolutions in blocks of channels. */
  readonly block?: number | undefined;
  /** Whether gradients are outputs too, for workers to exchange. */
  readonly gradients?: boolean;
}

/** The graph of one step of training. */
export function trainingGraph(request: TrainingGraphRequest): Graph {
  const { ops, forward, loss, objective, correct } = emitLoss(request);
  const { optimizer } = request;
  const names = [...forward.trained.keys()];
  const wanted = [...forward.trained.values()];
  const plain = differentiate(ops.builder, objective, wanted, forward.gradients, request.block);
  const balanceRate = (): NodeId => ops.builder.input(BALANCE_RATE, "f32", []);
  const { gradients, balances } = emitPenalties(ops, forward, plain, balanceRate);
  const outputs: { name: string; id: NodeId }[] = [
    { name: LOSS, id: loss },
    { name: CORRECT, id: correct },
  ];
  names.forEach((name, i) => {
    const parameter = wanted[i]!;
    const shape = ops.shapeOf(parameter);
    const slots = optimizer.slots.map(slot =>
      ops.builder.input(slotName(name, slot), "f32", shape),
    );
    const layer = forward.methods.get(name);
    const rate = layer === undefined && !isLearned(name) ? LEARNING_RATE : WEIGHT_RATE;
    const learningRate = ops.builder.input(rate, "f32", []);
    const updated = optimizer.update({
      ops,
      parameter,
      gradient: gradients[i]!,
      slots,
      learningRate,
      decayed: layer !== undefined && (layer.method.decays ?? true),
      scalar: scalarName => ops.builder.input(optimizerInput(scalarName), "f32", []),
    });
    const next =
      layer === undefined
        ? updated.parameter
        : projected(ops, layer, updated.parameter, parameter, learningRate);
    outputs.push({ name: NEXT + name, id: next });
    optimizer.slots.forEach((slot, s) => {
      outputs.push({ name: NEXT + slotName(name, slot), id: updated.slots[s]! });
    });
  });
  if (request.gradients) {
    outputs.push(...names.map((name, i) => ({ name: GRADIENT + name, id: gradients[i]! })));
  }
  for (const [name, { after }] of forward.statistics)
    outputs.push({ name: NEXT + name, id: after });
  for (const [name, after] of balances) outputs.push({ name: NEXT + name, id: after });
  return ops.builder.finish("training-step", outputs);
}

/** The weight after its update; untouched at rate 0, where a projection would still round it. */
function projected(
  ops: Arithmetic,
  { method, inputs }: LayerMethod,
  updated: NodeId,
  before: NodeId,
  rate: NodeId,
): NodeId {
  if (method.project === undefined) return updated;
  const moving = ops.compare("greater", rate, scalar(0));
  return ops.where(moving, method.project(ops, updated, inputs), before);
}

/** The graph that says how large the gradient of every parameter is, to explain a divergence. */
export function diagnosingGraph(request: TrainingGraphRequest): Graph {
  const { ops, forward, objective } = emitLoss(request);
  const wanted = [...forward.trained.values()];
  const gradients = differentiate(ops.builder, objective, wanted, forward.gradients, request.block);
  const outputs = [...forward.trained.keys()].map((name, i) => {
    const size = ops.unary("abs", gradients[i]!);
    const axes = allAxes(ops.shapeOf(size).length);
    const id = ops.op("reduce-max", [size], { axes, keepDims: false });
    return { name: GRADIENT + name, id };
  });
  return ops.builder.finish("gradients", outputs);
}

interface EmittedLoss {
  readonly ops: Arithmetic;
  readonly forward: TrainingForward;
  /** Of the labels: what is reported. */
  readonly loss: NodeId;
  /** What is descended on: with what a teacher adds. */
  readonly objective: NodeId;
  readonly correct: NodeId;
}

function emitLoss(request: TrainingGraphRequest): EmittedLoss {
  const { network, parameters, input, plan, batch, labelSmoothing } = request;
  const ops = new Arithmetic(graphBuilder());
  const images = emitInput(ops, network, input, batch);
  const forward = emitTrainingForward(ops, network, parameters, plan, {
    images,
    statisticsRate: ops.builder.input(STATISTICS_RATE, "f32", []),
    schedule: (method, name) => ops.builder.input(scheduleInput(plan, method, name), "f32", []),
  });
  const classes = classCount(network);
  const labels = ops.builder.input(LABELS, "f32", [batch, 1]);
  const hit = ops.indicator(ops.compare("equal", labels, iota(ops, classes)));
  const loss = crossEntropy(ops, withMargin(ops, network, forward, hit), hit, labelSmoothing);
  const correct = countCorrect(ops, forward.logits, hit);
  const { distillation } = request;
  const { logits, values } = forward;
  const objective =
    distillation === undefined
      ? loss
      : emitDistillation(ops, distillation, { network, input, images, logits, values }, loss);
  return { ops, forward, loss, objective, correct };
}

/** 0 … count − 1 as a row. */
function iota(ops: Arithmetic, count: number): NodeId {
  return ops.constant(
    [1, count],
    Array.from({ length: count }, (_, i) => i),
  );
}

/** The logits, that of a sample's own class less the margin of a cosine head. */
function withMargin(
  ops: Arithmetic,
  { steps }: Network,
  { logits, trained }: TrainingForward,
  hit: NodeId,
): NodeId {
  const last = steps.at(-1)!;
  if (last.kind !== "linear" || !last.head?.margin) return logits;
  const scale = trained.get(parameterNames(last).headScale)!;
  return ops.sub(logits, ops.mul(ops.mul(hit, scale), scalar(last.head.margin)));
}

/** −mean over the batch of Σ target · log softmax. */
function crossEntropy(ops: Arithmetic, logits: NodeId, hit: NodeId, smoothing: number): NodeId {
  const [batch, classes] = ops.shapeOf(logits) as readonly [number, number];
  const target =
    smoothing === 0
      ? hit
      : ops.add(ops.mul(hit, scalar(1 - smoothing)), scalar(smoothing / classes));
  const likelihood = ops.op("log-softmax", [logits], { axis: 1 });
  return ops.mul(ops.sum(ops.mul(target, likelihood), [0, 1]), scalar(-1 / batch));
}

/** Samples whose own class has the largest score. */
function countCorrect(ops: Arithmetic, logits: NodeId, hit: NodeId): NodeId {
  const best = ops.op("reduce-max", [logits], { axes: [1], keepDims: false });
  const own = ops.sum(ops.mul(logits, hit), [1]);
  const right = ops.indicator(ops.compare("greater-or-equal", own, best));
  return ops.sum(right, [0]);
}
