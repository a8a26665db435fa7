/**
 * @file Reads a network off a float graph: constants become parameters, batch
 * normalisations and ReLUs join the step that feeds them.
 *
 * A final softmax is left out: training works on logits.
 */

import type { Interval } from "../../core/interval.ts";
import type { Tensor } from "../../core/tensor.ts";
import { toNumbers } from "../../core/tensor.ts";
import { type Diagnostic, ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Window } from "../../model/ir/attributes.ts";
import { type Graph, type Node, type NodeId, readersOf } from "../../model/ir/graph.ts";
import {
  type LinearStep,
  NETWORK_INPUT,
  type Network,
  type Parameters,
  parameterNames,
  type Step,
  type StepIndex,
} from "./network.ts";

export interface RecognizedNetwork {
  readonly network: Network;
  readonly parameters: Parameters;
}

/** @throws train/unsupported-model: every node that cannot be trained, at once */
export function recognizeNetwork(graph: Graph): RecognizedNetwork {
  return new Recognizer(graph).recognize();
}

class Recognizer {
  readonly #graph: Graph;
  readonly #readers: readonly (readonly NodeId[])[];
  readonly #steps: Step[] = [];
  readonly #stepOf = new Map<NodeId, StepIndex>();
  readonly #parameters = new Map<string, Tensor<"f32">>();
  readonly #problems: Diagnostic[] = [];
  readonly #names = new Set<string>();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#readers = readersOf(graph);
  }

  recognize(): RecognizedNetwork {
    const { graph } = { graph: this.#graph };
    const input = graph.nodes[graph.inputs[0]!]!;
    if (graph.inputs.length !== 1 || graph.outputs.length !== 1) {
      this.#problems.push(
        problem("train/unsupported-model", "a trainable model has one input and one output", {
          at: graph.name,
          notes: [`it has ${graph.inputs.length} inputs and ${graph.outputs.length} outputs`],
        }),
      );
      throw new ModelError(...this.#problems);
    }
    this.#stepOf.set(input.id, NETWORK_INPUT);
    for (const node of graph.nodes) {
      if (node.kind === "const" || node.kind === "input") continue;
      const step = this.#recognizeNode(node);
      if (step === undefined) this.#refuse(node);
      else this.#stepOf.set(node.id, step);
    }
    this.#checkOutput(graph.outputs[0]!.id);
    if (this.#problems.length > 0) throw new ModelError(...this.#problems);
    const name = input.kind === "input" ? input.attrs.name : "input";
    const shape = input.type.shape.slice(1);
    return {
      network: { name: graph.name, input: { name, shape }, steps: this.#steps },
      parameters: this.#parameters,
    };
  }

  #recognizeNode(node: Node): StepIndex | undefined {
    switch (node.kind) {
      case "conv":
        return this.#conv(node);
      case "gemm":
        return this.#gemm(node);
      case "matmul":
        return this.#matmul(node);
      case "add":
        return this.#add(node);
      case "batch-normalization":
        return this.#norm(node);
      case "clamp":
        return this.#clamp(node);
      case "max-pool":
        return this.#pool(node, "max-pool", node.attrs);
      case "average-pool":
        return node.attrs.pads.every(pad => pad === 0)
          ? this.#pool(node, "average-pool", node.attrs)
          : undefined;
      case "reduce-mean":
        return this.#globalAverage(node);
      case "reshape":
        return this.#reshape(node);
      case "transpose":
        return this.#transpose(node);
      case "softmax":
      case "log-softmax":
        return this.#isOutput(node.id) ? this.#stepOf.get(node.inputs[0]!) : undefined;
      default:
        return undefined;
    }
  }

  #conv(node: Node<"conv">): StepIndex | undefined {
    const input = this.#stepOf.get(node.inputs[0]!);
    const weight = this.#constant(node.inputs[1]);
    const bias = this.#constant(node.inputs[2]);
    if (input === undefined || weight === undefined) return undefined;
    if (node.inputs.length > 2 && bias === undefined) return undefined;
    const { clamp, ...attrs } = node.attrs;
    if (attrs.layout !== "nchw") return undefined;
    const product = { kind: "conv", ...attrs } as const;
    return this.#linear(node, input, product, weight, bias, clamp);
  }

  #gemm(node: Node<"gemm">): StepIndex | undefined {
    const { transposeA, transposeB, alpha, beta, clamp } = node.attrs;
    const input = this.#stepOf.get(node.inputs[0]!);
    const b = this.#constant(node.inputs[1]);
    const c = this.#constant(node.inputs[2]);
    if (input === undefined || b === undefined || transposeA || alpha !== 1 || beta !== 1) return;
    if (node.inputs.length > 2 && c === undefined) return undefined;
    const weight = transposeB ? b : transposed(b);
    return this.#linear(node, input, { kind: "gemm" }, weight, c, clamp);
  }

  #matmul(node: Node<"matmul">): StepIndex | undefined {
    const input = this.#stepOf.get(node.inputs[0]!);
    const b = this.#constant(node.inputs[1]);
    if (input === undefined || b?.shape.length !== 2 || node.type.shape.length !== 2) return;
    if (node.attrs.transposeA) return undefined;
    const weight = node.attrs.transposeB ? b : transposed(b);
    return this.#linear(node, input, { kind: "gemm" }, weight, undefined, undefined);
  }

  #linear(
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
      name: this.#nameFor(node),
      shape: node.type.shape.slice(1),
      inputs: [input],
      product,
      bias: bias !== undefined,
      ...(clamp && { clamp }),
    };
    const names = parameterNames(step);
    this.#parameters.set(names.weight, weight);
    if (bias) this.#parameters.set(names.bias, { ...bias, shape: [channels] });
    return this.#push(step);
  }

  /** A sum of two values, or a bias that stands on its own. */
  #add(node: Node<"add">): StepIndex | undefined {
    const [a, b] = node.inputs.map(id => this.#stepOf.get(id));
    if (a !== undefined && b !== undefined) {
      const same = node.inputs.every(
        id => this.#graph.nodes[id]!.type.shape.join() === node.type.shape.join(),
      );
      if (!same) return undefined;
      const name = this.#nameFor(node);
      return this.#push({ kind: "add", name, shape: node.type.shape.slice(1), inputs: [a, b] });
    }
    const index = a ?? b;
    const bias = this.#constant(node.inputs[a === undefined ? 0 : 1]);
    const step = this.#growable(node.inputs[a === undefined ? 1 : 0]!, index);
    if (bias === undefined || step?.kind !== "linear" || step.bias || step.norm || step.clamp)
      return;
    const channels = step.shape[0]!;
    const perChannel = bias.shape.length >= step.shape.length && bias.data.length === channels;
    const vector = step.product.kind === "gemm" && bias.data.length === channels;
    if (!perChannel && !vector) return undefined;
    this.#parameters.set(parameterNames(step).bias, { ...bias, shape: [channels] });
    return this.#replace(index!, { ...step, bias: true });
  }

  #norm(node: Node<"batch-normalization">): StepIndex | undefined {
    const index = this.#stepOf.get(node.inputs[0]!);
    const step = this.#growable(node.inputs[0]!, index);
    const operands = node.inputs.slice(1).map(id => this.#constant(id));
    if (step?.kind !== "linear" || step.norm || step.clamp || node.attrs.axis !== 1) return;
    const [scale, bias, mean, variance] = operands;
    if (!scale || !bias || !mean || !variance) return undefined;
    const names = parameterNames(step);
    this.#parameters.set(names.normScale, scale);
    this.#parameters.set(names.normBias, bias);
    this.#parameters.set(names.normMean, mean);
    this.#parameters.set(names.normVariance, variance);
    return this.#replace(index!, { ...step, norm: { epsilon: node.attrs.epsilon } });
  }

  #clamp(node: Node<"clamp">): StepIndex | undefined {
    const index = this.#stepOf.get(node.inputs[0]!);
    const step = this.#growable(node.inputs[0]!, index);
    if ((step?.kind !== "linear" && step?.kind !== "add") || step.clamp) return undefined;
    return this.#replace(index!, { ...step, clamp: node.attrs });
  }

  #pool(node: Node, kind: "max-pool" | "average-pool", attrs: Window): StepIndex | undefined {
    const input = this.#stepOf.get(node.inputs[0]!);
    if (input === undefined) return undefined;
    const { kernel, strides, pads, dilations } = attrs;
    const window = { kernel, strides, pads, dilations };
    const name = this.#nameFor(node);
    return this.#push({ kind, name, shape: node.type.shape.slice(1), inputs: [input], window });
  }

  #globalAverage(node: Node<"reduce-mean">): StepIndex | undefined {
    const input = this.#stepOf.get(node.inputs[0]!);
    const from = this.#graph.nodes[node.inputs[0]!]!.type.shape;
    if (input === undefined || from.length !== 4 || node.attrs.axes.join() !== "2,3") return;
    const [, channels, height, width] = from as readonly [number, number, number, number];
    const window: Window = {
      kernel: [height, width],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
    };
    const name = this.#nameFor(node);
    const pooled = this.#push({
      kind: "average-pool",
      name,
      shape: [channels, 1, 1],
      inputs: [input],
      window,
    });
    if (node.attrs.keepDims) return pooled;
    const shape = [channels];
    return this.#push({ kind: "reshape", name: `${name}.flat`, shape, inputs: [pooled] });
  }

  #reshape(node: Node<"reshape">): StepIndex | undefined {
    const input = this.#stepOf.get(node.inputs[0]!);
    const from = this.#graph.nodes[node.inputs[0]!]!.type.shape;
    if (input === undefined || from[0] !== node.type.shape[0]) return undefined;
    const shape = node.type.shape.slice(1);
    return this.#push({ kind: "reshape", name: this.#nameFor(node), shape, inputs: [input] });
  }

  #transpose(node: Node<"transpose">): StepIndex | undefined {
    const input = this.#stepOf.get(node.inputs[0]!);
    const { permutation } = node.attrs;
    if (input === undefined || permutation[0] !== 0) return undefined;
    return this.#push({
      kind: "transpose",
      name: this.#nameFor(node),
      shape: node.type.shape.slice(1),
      inputs: [input],
      permutation,
    });
  }

  /** The step behind `id`, if nothing else reads it. */
  #growable(id: NodeId, index: StepIndex | undefined): Step | undefined {
    if (index === undefined || this.#readers[id]!.length !== 1 || this.#isOutput(id)) return;
    return this.#steps[index];
  }

  #push(step: Step): StepIndex {
    this.#steps.push(step);
    return this.#steps.length - 1;
  }

  #replace(index: StepIndex, step: Step): StepIndex {
    this.#steps[index] = step;
    return index;
  }

  #isOutput(id: NodeId): boolean {
    return this.#graph.outputs.some(output => output.id === id);
  }

  #constant(id: NodeId | undefined): Tensor<"f32"> | undefined {
    const node = id === undefined ? undefined : this.#graph.nodes[id];
    if (node?.kind !== "const" || node.attrs.tensor.dtype !== "f32") return undefined;
    return node.attrs.tensor as Tensor<"f32">;
  }

  /** The model's own name for the node, made distinct. */
  #nameFor(node: Node): string {
    const own = node.name ?? `${node.kind}${this.#steps.length}`;
    let name = own;
    for (let i = 2; this.#names.has(name); i++) name = `${own}.${i}`;
    this.#names.add(name);
    return name;
  }

  #refuse(node: Node): void {
    // What reads a refused node is refused too, without a message of its own.
    const known = node.inputs.every(
      id => this.#stepOf.has(id) || this.#graph.nodes[id]!.kind === "const",
    );
    if (!known) return;
    this.#problems.push(
      problem("train/unsupported-model", `cannot train through "${node.kind}" as it is used here`, {
        at: node.name ?? `%${node.id}`,
        notes: [
          "trainable: convolutions and matrix products with constant weights, each followed by " +
            "batch normalisation and ReLU or Clip; sums of two values; pooling; reshapes",
        ],
        help: "train a model of these parts, or compile this one without training",
      }),
    );
  }

  #checkOutput(id: NodeId): void {
    const index = this.#stepOf.get(id);
    if (index === undefined) return;
    const last = this.#steps[index];
    if (index === this.#steps.length - 1 && last?.kind === "linear" && last.shape.length === 1)
      return;
    this.#problems.push(
      problem("train/unsupported-model", "the model does not end in one score per class", {
        at: this.#graph.outputs[0]!.name,
        help: "end it in a matrix product (a fully connected layer), with or without a softmax",
      }),
    );
  }
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
