/** @file Learning from a teacher: values, gradients, what does not fit. */

import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { elementCount } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { ModelError } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic } from "../../trainer/autodiff/arithmetic.ts";
import { differentiate } from "../../trainer/autodiff/differentiate.ts";
import { emitDistillation, planDistillation } from "../../trainer/distill/distillation.ts";
import { type DistillOptions, distillOptions } from "../../trainer/distill/options.ts";
import { emitTeacher, teacherFor } from "../../trainer/distill/teacher.ts";
import { floatGraph } from "../../trainer/export/float-graph.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { dot, drawn, expectClose, lengthOf } from "./method-runs.ts";
import { seasoned, tinyNetwork } from "./networks.ts";

const BATCH = 4;
const INPUT = { dtype: "u8", mean: 120, scale: Math.fround(1 / 50) } as const;
const { network } = recognizeNetwork(tinyNetwork(2));

/** A trained network of the same architecture, as the trainer exports it, for one sample. */
function teacherGraph(seed: number, classes = 3, side = 8): Graph {
  const own = recognizeNetwork(tinyNetwork(seed, [1, side, side], classes));
  const values = seasoned(own.network, own.parameters, seed);
  return readOnnx(writeOnnx(floatGraph(own.network, values, INPUT, 1)));
}

const random = new Random(4, "distill");
const images: Tensor<"u8"> = {
  dtype: "u8",
  shape: [BATCH, 1, 8, 8],
  data: new Uint8Array(BATCH * 64).map(() => random.integer(0, 255)),
};

function distillation(options: Omit<DistillOptions, "teacher">, graph = teacherGraph(5)) {
  const teacher = teacherFor("teacher", graph, network, INPUT);
  return planDistillation(network, teacher, { ...options, teacher: "teacher.onnx" });
}

const options = (value: Record<string, unknown>): DistillOptions =>
  distillOptions.parse({ teacher: "teacher.onnx", ...value });

/** The objective and its gradients for made-up values of the student. */
class Trial {
  readonly #graph: Graph;
  readonly #names: readonly string[];
  readonly feeds: Record<string, Tensor>;

  constructor(chosen: DistillOptions, graph?: Graph) {
    const ops = new Arithmetic(graphBuilder());
    const shapes = [...network.steps.map(step => [BATCH, ...step.shape])];
    const values = shapes.map((shape, i) => ops.builder.input(`v${i}`, "f32", shape));
    const plan = distillation(chosen, graph);
    const label = ops.constant([], [0.7]);
    const student = { network, input: INPUT, images: values[0]!, logits: values.at(-1)!, values };
    const objective = emitDistillation(ops, plan, student, label);
    const gradients = differentiate(ops.builder, objective, values);
    const outputs = [objective, ...gradients].map((id: NodeId, i) => ({ name: `${i}`, id }));
    this.#graph = ops.builder.finish("trial", outputs);
    this.#names = shapes.map((_, i) => `v${i}`);
    this.feeds = { [network.input.name]: images };
    shapes.forEach((shape, i) => {
      this.feeds[`v${i}`] = drawn(shape, 1.5, `value${i}`);
    });
  }

  objective(): number {
    return Number(evaluate(this.#graph, this.feeds)[0]!.data[0]);
  }

  gradient(index: number): ArrayLike<number> {
    return evaluate(this.#graph, this.feeds)[index + 1]!.data as Float32Array;
  }

  differences(index: number): number[] {
    const data = this.feeds[this.#names[index]!]!.data as Float32Array;
    const step = 2 ** -6;
    return Array.from(data, (x, i) => {
      data[i] = x + step;
      const above = this.objective();
      data[i] = x - step;
      const below = this.objective();
      data[i] = x;
      return (above - below) / (2 * step);
    });
  }

  rows(index: number): number[][] {
    const { data, shape } = this.feeds[this.#names[index]!]!;
    const length = elementCount(shape) / BATCH;
    return Array.from({ length: BATCH }, (_, i) =>
      Array.from(data as Float32Array).slice(i * length, (i + 1) * length),
    );
  }
}

/** What the teacher gives for each image on its own. */
function taught(graph: Graph): number[][] {
  return Array.from({ length: BATCH }, (_, i) => {
    const data = images.data.slice(i * 64, (i + 1) * 64);
    const inputs = { [network.input.name]: { ...images, shape: [1, 1, 8, 8], data } };
    return [...(Object.values(evaluate(graph, inputs))[0]!.data as Float32Array)];
  });
}

/** The graph that ends in the value of the layer `name`: its clamp. */
function upTo(graph: Graph, name: string): Graph {
  const start = graph.nodes.findIndex(node => node.name === name && node.kind === "conv");
  const clamp = graph.nodes.findIndex((node, i) => i > start && node.kind === "clamp");
  return { ...graph, outputs: [{ name: "value", id: graph.nodes[clamp]!.id }] };
}

const softmax = (row: readonly number[]): number[] => {
  const exps = row.map(Math.exp);
  const sum = exps.reduce((total, e) => total + e, 0);
  return exps.map(e => e / sum);
};
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const cosine = (a: readonly number[], b: readonly number[]): number =>
  dot(a, b) / (lengthOf(a) * lengthOf(b));

describe("the objective is as stated, its gradients are its differences", () => {
  const graph = teacherGraph(5);
  const last = network.steps.length - 1;
  const conv2 = network.steps.findIndex(step => step.name === "conv2");

  test("logits", () => {
    const trial = new Trial(options({ logits: { temperature: 3, weight: 0.4 } }));
    const wanted = taught(graph);
    const soft = trial.rows(last).map((row, i) => {
      const target = softmax(wanted[i]!.map(x => x / 3));
      const own = softmax(row.map(x => x / 3)).map(Math.log);
      return -9 * dot(target, own);
    });
    expect(trial.objective()).toBeCloseTo(0.6 * 0.7 + 0.4 * mean(soft), 4);
    expectClose(trial.gradient(last), trial.differences(last), 5e-3);
  });

  for (const kind of ["mse", "cosine"] as const) {
    test(`features by ${kind}`, () => {
      const layers = { conv2: "conv2" };
      const trial = new Trial(options({ features: { kind, weight: 2, layers } }));
      const wanted = taught(upTo(graph, "conv2"));
      const own = trial.rows(conv2);
      const error = own.flatMap((row, i) => row.map((x, j) => x - wanted[i]![j]!));
      const value =
        kind === "mse"
          ? dot(error, error) / dot(wanted.flat(), wanted.flat())
          : 1 - mean(own.map((row, i) => cosine(row, wanted[i]!)));
      expect(trial.objective()).toBeCloseTo(0.7 + 2 * value, 4);
      expectClose(trial.gradient(conv2), trial.differences(conv2), 1e-2);
    });
  }

  test("relation, between layers of any shapes", () => {
    const layers = { conv2: "conv1" };
    const trial = new Trial(options({ relation: { layers } }));
    const wanted = taught(upTo(graph, "conv1"));
    const own = trial.rows(conv2);
    const perSample = own.map((row, i) =>
      own.reduce(
        (sum, other, j) => sum + (cosine(row, other) - cosine(wanted[i]!, wanted[j]!)) ** 2,
        0,
      ),
    );
    expect(trial.objective()).toBeCloseTo(0.7 + mean(perSample), 4);
    expectClose(trial.gradient(conv2), trial.differences(conv2), 1e-2);
  });

  test("features of equal architectures are paired by name, a relation by the last layers", () => {
    const plan = distillation(options({ features: { kind: "mse" }, relation: {} }));
    expect(plan.features.map(pair => network.steps[pair.student]!.name)).toEqual([
      "conv1",
      "conv2",
    ]);
    expect(plan.relation).toHaveLength(1);
    expect(network.steps[plan.relation[0]!.student]!.kind).toBe("reshape");
  });
});

describe("a teacher that does not fit is refused", () => {
  const messages = (make: () => unknown): readonly string[] => {
    try {
      make();
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      expect(new Set(error.diagnostics.map(d => d.code))).toEqual(new Set(["train/bad-teacher"]));
      return error.diagnostics.map(d => d.message);
    }
    return [];
  };
  const logits = { logits: { temperature: 1, weight: 1 } };

  test("for other classes, other images, other types", () => {
    expect(messages(() => distillation(logits, teacherGraph(5, 4)))).toEqual([
      "the teacher tells other classes apart than the student",
    ]);
    const other = { ...INPUT, dtype: "i8" } as const;
    expect(messages(() => teacherFor("teacher", teacherGraph(5, 3, 12), network, other))).toEqual([
      "the teacher takes other images than the student",
      "the teacher takes u8, and the samples are i8",
    ]);
  });

  test("for layers that are not there, or differ in shape, all at once", () => {
    const layers = { conv1: "conv2", none: "conv1", conv2: "nothing" };
    expect(messages(() => distillation(options({ features: { kind: "mse", layers } })))).toEqual([
      '"conv1" and the teacher\'s "conv2" differ in shape',
      'the student has no layer "none"',
      'the teacher has no layer "nothing"',
    ]);
  });

  test("if it moves the axis of samples", () => {
    const b = graphBuilder();
    const x = b.input("image", "f32", [1, 1, 8, 8]);
    const rows = b.add("reshape", [x], { shape: [64, 1] });
    const turned = b.add("transpose", [rows], { permutation: [1, 0] });
    const weights = b.constant({ dtype: "f32", shape: [64, 3], data: new Float32Array(192) });
    const id = b.add("matmul", [turned, weights], { transposeA: false, transposeB: false });
    const graph = b.finish("mixer", [{ name: "y", id }]);
    expect(messages(() => distillation(logits, graph))).toEqual([
      "the teacher cannot run on several images at once",
    ]);
  });

  test("but channels may come last", () => {
    const [channels, height, width] = [2, 3, 4];
    const b = graphBuilder();
    const x = b.input("image", "u8", [1, height, width, channels]);
    const real = b.add("cast", [x], { to: "f32" });
    const rows = b.add("reshape", [real], { shape: [1, 24] });
    const data = Float32Array.from({ length: 72 }, (_, i) => Math.sin(i));
    const weights = b.constant({ dtype: "f32", shape: [24, 3], data });
    const id = b.add("matmul", [rows, weights], { transposeA: false, transposeB: false });
    const graph = b.finish("last", [{ name: "y", id }]);
    const first = { ...network, input: { name: "image", shape: [channels, height, width] } };
    const teacher = teacherFor("teacher", graph, first, INPUT);
    const ops = new Arithmetic(graphBuilder());
    const { ids } = emitTeacher(ops, teacher, first, INPUT, 2);
    const copy = ops.builder.finish("copy", [{ name: "y", id: ids[teacher.logits]! }]);
    const planes = new Uint8Array(48).map((_, i) => (i * 7) % 251);
    const pixels = (sample: number): Uint8Array =>
      Uint8Array.from({ length: 24 }, (_, i) => {
        const [pixel, channel] = [Math.floor(i / channels), i % channels];
        return planes[24 * sample + 12 * channel + pixel]!;
      });
    const shape = [2, channels, height, width];
    const got = evaluate(copy, { image: { dtype: "u8", shape, data: planes } }).y!.data;
    const wanted = [0, 1].flatMap(sample => {
      const image = { dtype: "u8", shape: [1, height, width, channels], data: pixels(sample) };
      return [...(evaluate(graph, { image: image as Tensor<"u8"> }).y!.data as Float32Array)];
    });
    expect([...(got as Float32Array)]).toEqual(wanted);
  });

  test("and an f32 teacher is fed by its own convention", () => {
    const b = graphBuilder();
    const x = b.input("image", "f32", [1, 1, 8, 8]);
    const rows = b.add("reshape", [x], { shape: [1, 64] });
    const data = Float32Array.from({ length: 192 }, (_, i) => Math.sin(i));
    const weights = b.constant({ dtype: "f32", shape: [64, 3], data });
    const id = b.add("matmul", [rows, weights], { transposeA: false, transposeB: false });
    const graph = b.finish("rows", [{ name: "y", id: b.add("softmax", [id], { axis: 1 }) }]);
    const teacher = teacherFor("teacher", graph, network, INPUT, {
      input: { mean: 3, scale: 0.5 },
    });
    expect(teacher.input).toEqual({ mean: 3, scale: 0.5 });
    expect(teacherFor("teacher", graph, network, INPUT).input).toEqual({ mean: 0, scale: 1 });
    const unit = { zeroPoint: 10, scale: 0.25 };
    const real = teacherFor("teacher", graph, network, INPUT, { unit });
    expect(real.input).toEqual({ mean: 10, scale: 0.25 });
    expect(teacher.graph.nodes[teacher.logits]!.kind).toBe("matmul");
  });
});
