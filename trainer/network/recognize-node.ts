/** @file What each node of a float graph becomes: a step of its own, or part of the one before. */

import type { Interval } from "../../core/interval.ts";
import { type Tensor, toNumbers } from "../../core/tensor.ts";
import type { Window } from "../../model/ir/attributes.ts";
import type { Node } from "../../model/ir/graph.ts";
import { type LinearStep, parameterNames, type StepIndex } from "./network.ts";
import type { NetworkDraft } from "./network-draft.ts";

/** The step that gives the value of `node`, or `undefined` if it cannot be trained. */
export function recognizeNode(draft: NetworkDraft, node: Node): StepIndex | undefined {
  switch (node.kind) {
    case "conv":
      return conv(draft, node);
    case "gemm":
      return gemm(draft, node);
    case "matmul":
      return matmul(draft, node);
    case "add":
      return add(draft, node);
    case "batch-normalization":
      return norm(draft, node);
    case "clamp":
      return clamp(draft, node);
    case "max-pool":
      return pool(draft, node, "max-pool", node.attrs);
    case "average-pool":
      return node.attrs.pads.every(pad => pad === 0)
        ? pool(draft, node, "average-pool", node.attrs)
        : undefined;
    case "reduce-mean":
      return globalAverage(draft, node);
    case "reshape":
      return reshape(draft, node);
    case "transpose":
      return transpose(draft, node);
    case "softmax":
    case "log-softmax":
      return draft.isOutput(node.id) ? draft.stepOf(node.inputs[0]!) : undefined;
    default:
      return undefined;
  }
}

function conv(draft: NetworkDraft, node: Node<"conv">): StepIndex | undefined {
  const input = draft.stepOf(node.inputs[0]!);
  const weight = draft.constant(node.inputs[1]);
  const bias = draft.constant(node.inputs[2]);
  if (input === undefined || weight === undefined) return undefined;
  if (node.inputs.length > 2 && bias === undefined) return undefined;
  const { clamp, ...attrs } = node.attrs;
  if (attrs.layout !== "nchw") return undefined;
  const product = { kind: "conv", ...attrs } as const;
  return linear(draft, node, input, product, weight, bias, clamp);
}

function gemm(draft: NetworkDraft, node: Node<"gemm">): StepIndex | undefined {
  const { transposeA, transposeB, alpha, beta, clamp } = node.attrs;
  const input = draft.stepOf(node.inputs[0]!);
  const b = draft.constant(node.inputs[1]);
  const c = draft.constant(node.inputs[2]);
  if (input === undefined || b === undefined || transposeA || alpha !== 1 || beta !== 1) return;
  if (node.inputs.length > 2 && c === undefined) return undefined;
  const weight = transposeB ? b : transposed(b);
  return linear(draft, node, input, { kind: "gemm" }, weight, c, clamp);
}

function matmul(draft: NetworkDraft, node: Node<"matmul">): StepIndex | undefined {
  const input = draft.stepOf(node.inputs[0]!);
  const b = draft.constant(node.inputs[1]);
  if (input === undefined || b?.shape.length !== 2 || node.type.shape.length !== 2) return;
  if (node.attrs.transposeA) return undefined;
  const weight = node.attrs.transposeB ? b : transposed(b);
  return linear(draft, node, input, { kind: "gemm" }, weight, undefined, undefined);
}

function linear(
  draft: NetworkDraft,
  node: Node,
  input: StepIndex,
  product: LinearStep["product"],
  weight: Tensor<"f32">,
  bias: Tensor<"f32"> | undefined,
  clamp: Interval | undefined,
): StepIndex | undefined {
  const channels = weight.shape[0]!;
  if (bias !== undefined && bias.data.length !== channels) return undefined;
  const step: LinearStep = {
    kind: "linear",
    name: draft.nameFor(node),
    shape: node.type.shape.slice(1),
    inputs: [input],
    product,
    bias: bias !== undefined,
    ...(clamp && { clamp }),
  };
  const names = parameterNames(step);
  draft.parameters.set(names.weight, weight);
  if (bias) draft.parameters.set(names.bias, { ...bias, shape: [channels] });
  return draft.push(step);
}

/** A sum of two values, or a bias that stands on its own. */
function add(draft: NetworkDraft, node: Node<"add">): StepIndex | undefined {
  const [a, b] = node.inputs.map(id => draft.stepOf(id));
  if (a !== undefined && b !== undefined) {
    const same = node.inputs.every(id => draft.shapeOf(id).join() === node.type.shape.join());
    if (!same) return undefined;
    const name = draft.nameFor(node);
    return draft.push({ kind: "add", name, shape: node.type.shape.slice(1), inputs: [a, b] });
  }
  const index = a ?? b;
  const bias = draft.constant(node.inputs[a === undefined ? 0 : 1]);
  const step = draft.growable(node.inputs[a === undefined ? 1 : 0]!);
  if (bias === undefined || step?.kind !== "linear" || step.bias || step.norm || step.clamp) return;
  const channels = step.shape[0]!;
  const perChannel = bias.shape.length >= step.shape.length && bias.data.length === channels;
  const vector = step.product.kind === "gemm" && bias.data.length === channels;
  if (!perChannel && !vector) return undefined;
  draft.parameters.set(parameterNames(step).bias, { ...bias, shape: [channels] });
  return draft.replace(index!, { ...step, bias: true });
}

function norm(draft: NetworkDraft, node: Node<"batch-normalization">): StepIndex | undefined {
  const index = draft.stepOf(node.inputs[0]!);
  const step = draft.growable(node.inputs[0]!);
  const operands = node.inputs.slice(1).map(id => draft.constant(id));
  if (step?.kind !== "linear" || step.norm || step.clamp || node.attrs.axis !== 1) return;
  const [scale, bias, mean, variance] = operands;
  if (!scale || !bias || !mean || !variance) return undefined;
  const names = parameterNames(step);
  draft.parameters.set(names.normScale, scale);
  draft.parameters.set(names.normBias, bias);
  draft.parameters.set(names.normMean, mean);
  draft.parameters.set(names.normVariance, variance);
  return draft.replace(index!, { ...step, norm: { epsilon: node.attrs.epsilon } });
}

function clamp(draft: NetworkDraft, node: Node<"clamp">): StepIndex | undefined {
  const index = draft.stepOf(node.inputs[0]!);
  const step = draft.growable(node.inputs[0]!);
  if ((step?.kind !== "linear" && step?.kind !== "add") || step.clamp) return undefined;
  return draft.replace(index!, { ...step, clamp: node.attrs });
}

function pool(
  draft: NetworkDraft,
  node: Node,
  kind: "max-pool" | "average-pool",
  attrs: Window,
): StepIndex | undefined {
  const input = draft.stepOf(node.inputs[0]!);
  if (input === undefined) return undefined;
  const { kernel, strides, pads, dilations } = attrs;
  const window = { kernel, strides, pads, dilations };
  const name = draft.nameFor(node);
  return draft.push({ kind, name, shape: node.type.shape.slice(1), inputs: [input], window });
}

function globalAverage(draft: NetworkDraft, node: Node<"reduce-mean">): StepIndex | undefined {
  const input = draft.stepOf(node.inputs[0]!);
  const from = draft.shapeOf(node.inputs[0]!);
  if (input === undefined || from.length !== 4 || node.attrs.axes.join() !== "2,3") return;
  const [, channels, height, width] = from as readonly [number, number, number, number];
  const window: Window = {
    kernel: [height, width],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
  };
  const name = draft.nameFor(node);
  const pooled = draft.push({
    kind: "average-pool",
    name,
    shape: [channels, 1, 1],
    inputs: [input],
    window,
  });
  if (node.attrs.keepDims) return pooled;
  const shape = [channels];
  return draft.push({ kind: "reshape", name: `${name}.flat`, shape, inputs: [pooled] });
}

function reshape(draft: NetworkDraft, node: Node<"reshape">): StepIndex | undefined {
  const input = draft.stepOf(node.inputs[0]!);
  const from = draft.shapeOf(node.inputs[0]!);
  if (input === undefined || from[0] !== node.type.shape[0]) return undefined;
  const shape = node.type.shape.slice(1);
  return draft.push({ kind: "reshape", name: draft.nameFor(node), shape, inputs: [input] });
}

function transpose(draft: NetworkDraft, node: Node<"transpose">): StepIndex | undefined {
  const input = draft.stepOf(node.inputs[0]!);
  const { permutation } = node.attrs;
  if (input === undefined || permutation[0] !== 0) return undefined;
  return draft.push({
    kind: "transpose",
    name: draft.nameFor(node),
    shape: node.type.shape.slice(1),
    inputs: [input],
    permutation,
  });
}

function transposed(t: Tensor<"f32">): Tensor<"f32"> {
  const [rows, columns] = t.shape as readonly [number, number];
  const values = toNumbers(t);
  const data = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) data[j * rows + i] = values[i * columns + j]!;
  }
  return { dtype: "f32", shape: [columns, rows], data };
}
