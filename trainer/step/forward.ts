/**
 * @file The forward pass in training: weights by their method, batch
 * statistics, activations rounded to 8 bits where the stage quantises.
 */

import type { Shape } from "../../core/shape.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "../autodiff/arithmetic.ts";
import type { CustomGradient } from "../autodiff/rule.ts";
import { batchNorm } from "../layers/batch-norm.ts";
import { fakeQuantize, observedRange, type Range } from "../layers/fake-quantize.ts";
import { learnedQuantize } from "../layers/learned-quantize.ts";
import { heldName, learnedName } from "../methods/held.ts";
import type { MethodInputs, Penalty, WeightMethod } from "../methods/method.ts";
import { emitCosines } from "../network/cosine-head.ts";
import { emitClamp, emitMovement, emitProduct } from "../network/emit-step.ts";
import {
  isComputing,
  type LinearStep,
  NETWORK_INPUT,
  type Network,
  type Parameters,
  parameterNames,
  type Step,
} from "../network/network.ts";
import { type StepFormat, stepFormat } from "../quantize/activation.ts";
import { rangeNames } from "../quantize/range.ts";
import { EXTREMES, type RangeOptions } from "../quantize/range-options.ts";
import { networkFor, type StagePlan } from "./plan.ts";

/** What the caller provides as inputs of the graph. */
export interface ForwardInputs {
  readonly images: NodeId;
  /** Step size of the running statistics, 0 to 1. */
  readonly statisticsRate: NodeId;
  /** A scalar that `method` schedules. */
  schedule(method: WeightMethod, name: string): NodeId;
}

export interface TrainingForward {
  readonly logits: NodeId;
  /** Of every step; rounded where the stage quantises. */
  readonly values: readonly NodeId[];
  /** Values that the optimiser changes, by name. */
  readonly trained: ReadonlyMap<string, NodeId>;
  /** Running statistics: value before and after this batch. */
  readonly statistics: ReadonlyMap<string, { readonly before: NodeId; readonly after: NodeId }>;
  readonly gradients: ReadonlyMap<NodeId, CustomGradient>;
  /** By name of the weight that they concern. */
  readonly penalties: ReadonlyMap<string, Penalty>;
  /** What the methods of weights ask for, by name of the weight. */
  readonly methods: ReadonlyMap<string, LayerMethod>;
}

/** How one weight is treated. */
export interface LayerMethod {
  readonly method: WeightMethod;
  readonly inputs: MethodInputs;
}

export function emitTrainingForward(
  ops: Arithmetic,
  network: Network,
  parameters: Parameters,
  plan: StagePlan,
  inputs: ForwardInputs,
): TrainingForward {
  return new Forward(ops, network, parameters, plan, inputs).emit();
}

class Forward {
  readonly #ops: Arithmetic;
  readonly #network: Network;
  readonly #parameters: Parameters;
  readonly #plan: StagePlan;
  readonly #inputs: ForwardInputs;
  readonly #values: NodeId[] = [];
  readonly #trained = new Map<string, NodeId>();
  readonly #statistics = new Map<string, { before: NodeId; after: NodeId }>();
  readonly #gradients = new Map<NodeId, CustomGradient>();
  readonly #penalties = new Map<string, Penalty>();
  readonly #methods = new Map<string, LayerMethod>();

  constructor(
    ops: Arithmetic,
    network: Network,
    parameters: Parameters,
    plan: StagePlan,
    inputs: ForwardInputs,
  ) {
    this.#ops = ops;
    this.#network = networkFor(network, plan);
    this.#parameters = parameters;
    this.#plan = plan;
    this.#inputs = inputs;
  }

  emit(): TrainingForward {
    this.#network.steps.forEach((step, index) => {
      const operands = step.inputs.map(i =>
        i === NETWORK_INPUT ? this.#inputs.images : this.#values[i]!,
      );
      const value = this.#step(step, operands);
      const last = index === this.#network.steps.length - 1;
      this.#values.push(last || !isComputing(step) ? value : this.#quantized(step, index, value));
    });
    return {
      logits: this.#values.at(-1)!,
      values: this.#values,
      trained: this.#trained,
      statistics: this.#statistics,
      gradients: this.#gradients,
      penalties: this.#penalties,
      methods: this.#methods,
    };
  }

  #step(step: Step, operands: readonly NodeId[]): NodeId {
    const ops = this.#ops;
    if (step.kind === "linear") return this.#linear(step, operands[0]!);
    if (step.kind === "add") return this.#clamped(step, ops.add(operands[0]!, operands[1]!));
    return emitMovement(ops, step, operands[0]!);
  }

  #linear(step: LinearStep, x: NodeId): NodeId {
    const names = parameterNames(step);
    if (step.head !== undefined) {
      return emitCosines(this.#ops, x, this.#weight(step), this.#parameter(names.headScale));
    }
    const bias = step.bias ? this.#parameter(names.bias) : undefined;
    const product = emitProduct(this.#ops, step, x, this.#weight(step), bias);
    if (step.norm === undefined) return this.#clamped(step, product);
    const scale = this.#parameter(names.normScale);
    const shift = this.#parameter(names.normBias);
    const norm = batchNorm(this.#ops, product, scale, shift, step.norm.epsilon);
    this.#gradients.set(norm.value, norm.gradient);
    this.#track(names.normMean, norm.mean);
    this.#track(names.normVariance, norm.variance);
    return this.#clamped(step, norm.value);
  }

  #weight(step: LinearStep): NodeId {
    const name = parameterNames(step).weight;
    const weight = this.#parameter(name);
    const method = this.#plan.methods.get(step.name)!;
    const inputs = this.#methodInputs(name, method);
    this.#methods.set(name, { method, inputs });
    const forward = method.forward(this.#ops, weight, inputs);
    if (forward.penalty !== undefined) this.#penalties.set(name, forward.penalty);
    if (forward.value === weight) return weight;
    const pass = forward.gradient ?? ((dValue: NodeId): NodeId => dValue);
    const learned = this.#learned(name, method);
    this.#gradients.set(forward.value, {
      operands: [weight, ...learned.values()],
      gradient: dValue => {
        const own = forward.learnedGradients?.(dValue) ?? {};
        return [pass(dValue), ...[...learned.keys()].map(key => own[key])];
      },
    });
    return forward.value;
  }

  /** The values that are learned along with a weight, by their own names. */
  #learned(weight: string, method: WeightMethod): ReadonlyMap<string, NodeId> {
    const shapes = method.learned?.shapes(this.#parameters.get(weight)!.shape) ?? {};
    const nodes = Object.entries(shapes).map(([name, shape]): [string, NodeId] => {
      const tensor = learnedName(weight, name);
      const node = this.#ops.builder.input(tensor, "f32", shape);
      this.#trained.set(tensor, node);
      return [name, node];
    });
    return new Map(nodes);
  }

  #methodInputs(weight: string, method: WeightMethod): MethodInputs {
    const { shape } = this.#parameters.get(weight)!;
    const shapes = method.holding?.shapes(shape) ?? {};
    const learned = method.learned?.shapes(shape) ?? {};
    return {
      schedule: name => this.#inputs.schedule(method, name),
      held: name => this.#ops.builder.input(heldName(weight, name), "f32", shapes[name]!),
      learned: name => this.#ops.builder.input(learnedName(weight, name), "f32", learned[name]!),
    };
  }

  /** A plain ReLU is left to the quantiser, which cuts at zero anyway. */
  #clamped(step: LinearStep | Extract<Step, { kind: "add" }>, x: NodeId): NodeId {
    const relu = step.clamp?.min === 0 && step.clamp.max === Infinity;
    return relu && this.#plan.activations !== undefined ? x : emitClamp(this.#ops, x, step.clamp);
  }

  #quantized(step: Step, index: number, x: NodeId): NodeId {
    const { activations, ranges = EXTREMES } = this.#plan;
    if (activations === undefined) return x;
    const format = stepFormat(this.#network, index, activations);
    const range = this.#range(step, x, ranges, format);
    const { value, gradient } =
      ranges.kind === "learned"
        ? learnedQuantize(this.#ops, x, range, format, ranges.gradientScale)
        : fakeQuantize(this.#ops, x, range, format);
    this.#gradients.set(value, gradient);
    return value;
  }

  /** The range that `x` is held in: followed, held since the stage began, or learned. */
  #range(step: Step, x: NodeId, ranges: RangeOptions, format: StepFormat): Range {
    const names = rangeNames(step);
    if (ranges.kind === "extremes") {
      const observed = observedRange(this.#ops, x);
      return {
        min: this.#track(names.min, observed.min),
        max: this.#track(names.max, observed.max),
      };
    }
    const scalarInput = (name: string): NodeId => this.#ops.builder.input(name, "f32", []);
    const max = scalarInput(names.max);
    // Nothing is below 0: the range has one end.
    const min = format === "signed" ? scalarInput(names.min) : max;
    if (ranges.kind === "learned") {
      this.#trained.set(names.max, max);
      if (format === "signed") this.#trained.set(names.min, min);
    }
    return { min, max };
  }

  #parameter(name: string): NodeId {
    const node = this.#ops.builder.input(name, "f32", this.#parameters.get(name)!.shape);
    this.#trained.set(name, node);
    return node;
  }

  /** Moves the running value `name` towards `observed`; returns the new one. */
  #track(name: string, observed: NodeId): NodeId {
    const ops = this.#ops;
    const shape: Shape = ops.shapeOf(observed);
    const before = ops.builder.input(name, "f32", shape);
    const change = ops.mul(ops.sub(observed, before), this.#inputs.statisticsRate);
    const after = ops.add(before, change);
    this.#statistics.set(name, { before, after });
    return after;
  }
}
