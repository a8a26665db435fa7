/** @file Networks for inference get back the normalisations that were folded into their weights. */

import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { elementCount } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate } from "../../model/ops/index.ts";
import { floatGraph } from "../../trainer/export/float-graph.ts";
import { openEngine } from "../../trainer/index.ts";
import { measureMoments } from "../../trainer/loop/measure-moments.ts";
import type { Samples } from "../../trainer/loop/samples.ts";
import {
  insertNorms,
  layersWithoutNorm,
  type Moments,
} from "../../trainer/network/insert-norms.ts";
import {
  linearSteps,
  type Network,
  type Parameters,
  parameterNames,
} from "../../trainer/network/network.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { affineOf } from "../../trainer/quantize/quantized-network.ts";
import { mixedNetwork, seasoned } from "./networks.ts";

const INPUT = { dtype: "u8", mean: 0, scale: 1 } as const;
const BATCH = 16;
const COUNT = 4 * BATCH;

interface Model {
  readonly network: Network;
  readonly parameters: Parameters;
}

/** The mixed network as it is exported for inference: every normalisation in weights and bias. */
function folded(): Model {
  const { network, parameters: fresh } = recognizeNetwork(mixedNetwork(4));
  const own = seasoned(network, fresh, 5);
  const parameters = new Map<string, Tensor<"f32">>();
  const steps = network.steps.map(step => {
    if (step.kind !== "linear") return step;
    const names = parameterNames(step);
    const { shape, data } = own.get(names.weight)!;
    const depth = elementCount(shape.slice(1));
    const { gains, biases } = affineOf(step, own);
    const weights = data.map((w, i) => w * gains[Math.floor(i / depth)]! * 0.01);
    const bias = Float32Array.from(biases);
    parameters.set(names.weight, { dtype: "f32", shape, data: weights });
    parameters.set(names.bias, { dtype: "f32", shape: [shape[0]!], data: bias });
    const { norm: _, ...rest } = step;
    return { ...rest, bias: true };
  });
  return { network: { ...network, steps }, parameters };
}

function samplesFor({ input }: Network): Samples {
  const random = new Random(7, "pixels");
  const data = new Uint8Array(COUNT * elementCount(input.shape)).map(() => random.integer(0, 255));
  const labels = new Int32Array(COUNT);
  return { dtype: "u8", count: COUNT, shape: input.shape, order: "chw", data, labels };
}

function logits({ network, parameters }: Model, samples: Samples): Float32Array {
  const graph = floatGraph(network, parameters, INPUT, COUNT);
  const images = { dtype: "u8", shape: [COUNT, ...network.input.shape], data: samples.data };
  return evaluate(graph, { [network.input.name]: images as Tensor }).logits!.data as Float32Array;
}

const plain = folded();
const samples = samplesFor(plain.network);
const before = logits(plain, samples);
const largest = Math.max(...before.map(Math.abs));
let moments: ReadonlyMap<string, Moments>;

beforeAll(async () => {
  const engine = await openEngine(1);
  const batches = [0, 1, 2, 3].map(i => Array.from({ length: BATCH }, (_, j) => i * BATCH + j));
  const request = { ...plain, engine, input: INPUT, samples, batches };
  moments = await measureMoments(request, layersWithoutNorm(plain.network, undefined));
});

describe("inserted normalisations", () => {
  test("go into every layer but the last, unless a layer has one or the user keeps them away", () => {
    const names = (network: Network, choice?: "insert" | "keep"): string[] =>
      layersWithoutNorm(network, choice).map(step => step.name);
    const { network } = recognizeNetwork(mixedNetwork(4));
    const all = linearSteps(network).map(step => step.name);
    expect(names(plain.network)).toEqual(all.slice(0, -1));
    expect(names(plain.network, "keep")).toEqual([]);
    expect(names(network)).toEqual([]);
    const half = {
      ...network,
      steps: [...plain.network.steps.slice(0, 4), ...network.steps.slice(4)],
    };
    expect(names(half)).toEqual([]);
    expect(names(half, "insert")).toEqual(["conv1", "a", "depthwise"]);
  });

  test("leave the outputs as they were", () => {
    const normed = insertNorms(plain, moments);
    const after = logits(normed, samples);
    expect(largest).toBeGreaterThan(0.1);
    after.forEach((value, i) => {
      expect(Math.abs(value - before[i]!)).toBeLessThan(1e-4 * largest);
    });
    const steps = linearSteps(normed.network);
    expect(steps.slice(0, -1).every(step => step.norm !== undefined && !step.bias)).toBe(true);
    expect(steps.at(-1)!.norm).toBeUndefined();
  });

  test("centre and scale: their own results have mean β and deviation γ on the samples", () => {
    const normed = insertNorms(plain, moments);
    const names = parameterNames(linearSteps(normed.network)[0]!);
    const vector = (name: string): Float32Array => normed.parameters.get(name)!.data;
    const random = samples.data;
    // conv1 reads the pixels: its moments follow from the definition.
    const network = { ...plain.network, steps: [plain.network.steps[0]!] };
    const { clamp: _, ...open } = network.steps[0] as ReturnType<typeof linearSteps>[0];
    const values = logitsOf({ ...network, steps: [open] }, random);
    values.forEach((own, channel) => {
      const mean = own.reduce((sum, v) => sum + v, 0) / own.length;
      const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length;
      expect(vector(names.normBias)[channel]! / mean).toBeCloseTo(1, 3);
      const gain = vector(names.normScale)[channel]! / Math.sqrt(variance);
      expect(gain).toBeCloseTo(1, 3);
    });
    const { data, shape } = normed.parameters.get(names.weight)!;
    const depth = elementCount(shape.slice(1));
    for (let c = 0; c < shape[0]!; c++) {
      const filter = data.subarray(c * depth, (c + 1) * depth);
      expect(Math.hypot(...filter)).toBeCloseTo(1, 5);
    }
  });

  test("survive filters of zeros and channels that never change", () => {
    const step = linearSteps(plain.network)[0]!;
    const { weight } = parameterNames(step);
    const own = plain.parameters.get(weight)!;
    const zeros = new Map(plain.parameters).set(weight, { ...own, data: own.data.map(() => 0) });
    const bias = plain.parameters.get(parameterNames(step).bias)!.data;
    const still = new Map([[step.name, { means: bias, variances: bias.map(() => 0) }]]);
    const model = { network: plain.network, parameters: zeros };
    const after = logits(insertNorms(model, still), samples);
    const unchanged = logits(model, samples);
    after.forEach((value, i) => {
      expect(value).toBeCloseTo(unchanged[i]!, 4);
    });
  });
});

/** Values of the network's last step, by channel, over all samples. */
function logitsOf(network: Network, pixels: Uint8Array | Int8Array): number[][] {
  const graph = floatGraph(network, plain.parameters, INPUT, COUNT);
  const shape = [COUNT, ...network.input.shape];
  const feeds = { [network.input.name]: { dtype: "u8", shape, data: pixels } as Tensor };
  const {
    data,
    shape: [, channels, height, width],
  } = evaluate(graph, feeds).logits!;
  const plane = height! * width!;
  return Array.from({ length: channels! }, (_, c) =>
    Array.from(data as Float32Array).filter((_, i) => Math.floor(i / plane) % channels! === c),
  );
}

describe("a model's own treatment of its input", () => {
  test("is read back from what the trainer exports", () => {
    const input = { dtype: "u8", mean: 121, scale: Math.fround(1 / 64) } as const;
    const graph = floatGraph(plain.network, plain.parameters, input, 1);
    const found = recognizeNetwork(readOnnx(writeOnnx(graph)));
    expect(found.convention).toEqual(input);
    expect(found.network.steps.map(step => step.kind)).toEqual(
      plain.network.steps.map(step => step.kind),
    );
    const values = ({ parameters }: Pick<Model, "parameters">): Float32Array[] =>
      [...parameters.values()].map(({ data }) => data);
    expect(values(found)).toEqual(values(plain));
  });

  test("is nothing for a model that takes what it is given", () => {
    const { convention } = recognizeNetwork(mixedNetwork(1));
    expect(convention).toEqual({ dtype: "f32", mean: 0, scale: 1 });
  });
});
