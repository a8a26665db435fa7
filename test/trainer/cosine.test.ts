/** @file Layers and heads that compare directions. */

import { describe, expect, test } from "vitest";
import { lowerModel } from "../../compiler/lower-model.ts";
import { Random } from "../../core/random.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic } from "../../trainer/autodiff/arithmetic.ts";
import { differentiate } from "../../trainer/autodiff/differentiate.ts";
import { floatGraph } from "../../trainer/export/float-graph.ts";
import { quantizedGraph } from "../../trainer/export/quantized-graph.ts";
import { integerForward } from "../../trainer/integer.ts";
import { buildMethod } from "../../trainer/methods/index.ts";
import { int8 } from "../../trainer/methods/int8.ts";
import { twn } from "../../trainer/methods/twn.ts";
import { emitCosines, withHead } from "../../trainer/network/cosine-head.ts";
import { emitProduct } from "../../trainer/network/emit-step.ts";
import type { LinearStep } from "../../trainer/network/network.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { sgd } from "../../trainer/optimizers/sgd.ts";
import { quantizeNetwork } from "../../trainer/quantize/quantized-network.ts";
import { realizedWeights } from "../../trainer/quantize/realized-weights.ts";
import { networkFor, planFloat, planQuantized } from "../../trainer/step/plan.ts";
import { LOSS, trainingGraph } from "../../trainer/step/training-graph.ts";
import { type Choice, dot, drawn, expectClose, lengthOf } from "./method-runs.ts";
import { scalarTensor, seasoned, tinyNetwork } from "./networks.ts";

const INPUT = { dtype: "u8", mean: 120, scale: Math.fround(1 / 50) } as const;

/** Σ wanted·value with its gradients, of a value made from two inputs. */
class Trial {
  readonly #graph: Graph;
  readonly feeds: Readonly<Record<string, Tensor<"f32">>>;

  constructor(
    feeds: Readonly<Record<string, Tensor<"f32">>>,
    emit: (ops: Arithmetic, inputs: readonly NodeId[]) => NodeId,
  ) {
    const ops = new Arithmetic(graphBuilder());
    const entries = Object.entries(feeds);
    const inputs = entries.map(([name, { shape }]) => ops.builder.input(name, "f32", shape));
    const value = emit(ops, inputs);
    const shape = ops.shapeOf(value);
    const wanted = ops.constant(shape, drawn(shape, 1, "wanted").data);
    const axes = shape.map((_, axis) => axis);
    const loss = ops.sum(ops.mul(value, wanted), axes);
    const gradients = differentiate(ops.builder, loss, inputs);
    const outputs = [value, loss, ...gradients].map((id, i) => ({ name: `${i}`, id }));
    this.#graph = ops.builder.finish("trial", outputs);
    this.feeds = feeds;
  }

  get value(): Float32Array {
    return evaluate(this.#graph, this.feeds)[0]!.data as Float32Array;
  }

  expectGradients(): void {
    const gradients = evaluate(this.#graph, this.feeds);
    Object.values(this.feeds).forEach(({ data }, index) => {
      const step = 2 ** -8;
      const differences = Array.from(data, (x, i) => {
        data[i] = x + step;
        const above = Number(evaluate(this.#graph, this.feeds)[1]!.data[0]);
        data[i] = x - step;
        const below = Number(evaluate(this.#graph, this.feeds)[1]!.data[0]);
        data[i] = x;
        return (above - below) / (2 * step);
      });
      expectClose(gradients[index + 2]!.data as Float32Array, differences, 1e-2);
    });
  }
}

describe("a product divided by the norm of what each filter sees", () => {
  const facts = { name: "layer", inputs: [-1], bias: true, cosine: true, kind: "linear" } as const;
  const conv = (group: number): LinearStep => ({
    ...facts,
    shape: [4, 2, 2],
    product: {
      kind: "conv",
      kernel: [3, 3],
      strides: [2, 2],
      pads: [1, 1, 1, 1],
      dilations: [1, 1],
      group,
      layout: "nchw",
    },
  });
  const dense: LinearStep = { ...facts, shape: [4], product: { kind: "gemm" } };
  const cases = [
    { name: "conv", step: conv(1), x: [2, 4, 4, 4], w: [4, 4, 3, 3] },
    { name: "conv in groups", step: conv(2), x: [2, 4, 4, 4], w: [4, 2, 3, 3] },
    { name: "dense", step: dense, x: [2, 5], w: [4, 5] },
  ];
  for (const { name, step, x, w } of cases) {
    test(`${name}: gradients are its differences`, () => {
      const feeds = { x: drawn(x, 1, "x"), w: drawn(w, 1, "w"), b: drawn([4], 1, "b") };
      const trial = new Trial(feeds, (ops, [input, weight, bias]) =>
        emitProduct(ops, step, input!, weight!, bias),
      );
      trial.expectGradients();
    });
  }

  test("is the cosine, times the length of the filter, plus the bias", () => {
    const feeds = { x: drawn([2, 5], 1, "x"), w: drawn([4, 5], 1, "w"), b: drawn([4], 1, "b") };
    const { value } = new Trial(feeds, (ops, [input, weight, bias]) =>
      emitProduct(ops, dense, input!, weight!, bias),
    );
    const row = (of: Tensor<"f32">, i: number): number[] => [...of.data.slice(5 * i, 5 * i + 5)];
    for (let i = 0; i < 2; i++) {
      for (let c = 0; c < 4; c++) {
        const own = row(feeds.x, i);
        const wanted = dot(own, row(feeds.w, c)) / lengthOf(own) + feeds.b.data[c]!;
        expect(value[4 * i + c]).toBeCloseTo(wanted, 5);
      }
    }
  });

  test("is in the float graph of a stage that asks for it, between the ends", () => {
    const { network, parameters } = recognizeNetwork(tinyNetwork(2));
    const plan = planFloat(network, buildMethod({ kind: "float", cosine: true } as Choice));
    const computed = networkFor(network, plan);
    const flagged = computed.steps.filter(step => step.kind === "linear" && step.cosine);
    expect(flagged.map(step => step.name)).toEqual(["conv2"]);
    const graph = floatGraph(computed, parameters, INPUT, 1);
    expect(graph.nodes.filter(node => node.kind === "sqrt")).toHaveLength(1);
  });
});

describe("a cosine head", () => {
  const plain = recognizeNetwork(tinyNetwork(2));
  const options = { kind: "cosine", margin: 0 } as const;
  const { network, parameters } = withHead(plain, options);
  const values = seasoned(network, parameters, 3);
  const random = new Random(6, "images");
  const images: Tensor<"u8"> = {
    dtype: "u8",
    shape: [4, 1, 8, 8],
    data: new Uint8Array(256).map(() => random.integer(0, 255)),
  };

  test("is s times the cosines; gradients are its differences", () => {
    const feeds = { x: drawn([3, 6], 1, "x"), w: drawn([4, 6], 1, "w"), s: scalarTensor(7) };
    const trial = new Trial(feeds, (ops, [x, w, s]) => emitCosines(ops, x!, w!, s!));
    const row = (of: Tensor<"f32">, i: number): number[] => [...of.data.slice(6 * i, 6 * i + 6)];
    const [a, b] = [row(feeds.x, 1), row(feeds.w, 2)];
    expect(trial.value[6]).toBeCloseTo((7 * dot(a, b)) / (lengthOf(a) * lengthOf(b)), 5);
    trial.expectGradients();
  });

  test("has a scale of 10 for few classes, 16 for more, and no bias", () => {
    expect(parameters.get("fc.head.scale")!.data).toEqual(Float32Array.of(10));
    const many = withHead(recognizeNetwork(tinyNetwork(2, [1, 8, 8], 13)), options);
    expect(many.parameters.get("fc.head.scale")!.data).toEqual(Float32Array.of(16));
    expect(parameters.has("fc.bias")).toBe(false);
    expect(withHead(plain, { ...options, scale: 3 }).parameters.get("fc.head.scale")!.data[0]).toBe(
      3,
    );
  });

  test("leaves float and integer networks as a plain product with rows of length 1", () => {
    const plan = planFloat(network);
    const realized = realizedWeights(network, values, plan);
    const { data } = realized.get("fc.weight")!;
    for (let c = 0; c < 3; c++) {
      expect(lengthOf([...data.slice(c * 24, c * 24 + 24)])).toBeCloseTo(1, 6);
    }
    const methods = { body: twn, first: int8, last: int8, depthwise: int8 };
    const net = quantizeNetwork(network, values, planQuantized(network, methods, "int8"), INPUT);
    const head = net.layers.get("fc")!;
    head.scales.forEach((scale, c) => {
      const row = Array.from(head.values.slice(c * 24, c * 24 + 24), q => q * scale);
      expect(lengthOf(row)).toBeCloseTo(1, 6);
    });
    expect([...head.bias]).toEqual([0, 0, 0]);
    const stated = evaluate(integerForward(net, 4), { image: images }).logits!;
    const { graph } = lowerModel(writeOnnx(quantizedGraph(net)), {});
    const compiled = Array.from({ length: 4 }, (_, i) => {
      const image = {
        ...images,
        shape: [1, 1, 8, 8],
        data: images.data.slice(64 * i, 64 * i + 64),
      };
      return [...(Object.values(evaluate(graph, { image }))[0]!.data as Float32Array)];
    });
    expect([...(stated.data as Float32Array)]).toEqual(compiled.flat());
  });

  test("a margin makes the loss that of smaller logits of the own class", () => {
    const lossAt = (margin: number, labels: readonly number[]): number => {
      const own = withHead(plain, { ...options, margin });
      const request = {
        network: own.network,
        parameters: own.parameters,
        input: INPUT,
        plan: planFloat(own.network),
        optimizer: sgd({ momentum: 0, nesterov: false, weightDecay: 0 }),
        batch: 4,
        labelSmoothing: 0,
      };
      const graph = trainingGraph(request);
      const feeds: Record<string, Tensor> = Object.fromEntries(own.parameters);
      feeds.image = images;
      feeds.labels = { dtype: "f32", shape: [4, 1], data: Float32Array.from(labels) };
      for (const id of graph.inputs) {
        const node = graph.nodes[id]!;
        if (node.kind === "input") feeds[node.attrs.name] ??= scalarTensor(0);
      }
      return Number(evaluate(graph, feeds)[LOSS]!.data[0]);
    };
    const [none, some] = [lossAt(0, [0, 1, 2, 1]), lossAt(0.2, [0, 1, 2, 1])];
    expect(some).toBeGreaterThan(none);
    // The most that a logit less by s·m can add to the loss.
    expect(some - none).toBeLessThan(0.2 * 10);
  });

  test("is refused where the last layer is more than a product", () => {
    const steps = [...network.steps];
    const last = steps.at(-1) as LinearStep;
    steps[steps.length - 1] = { ...last, clamp: { min: 0, max: 6 } };
    expect(() => withHead({ network: { ...network, steps }, parameters }, options)).toThrow(
      /only a plain matrix product/,
    );
  });
});
