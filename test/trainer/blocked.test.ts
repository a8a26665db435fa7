/** @file A step in blocks of channels equals the plain one, whatever the channels and the batch. */

import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { elementCount } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph } from "../../model/ir/graph.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { evaluate } from "../../model/ops/index.ts";
import { inBlocks } from "../../trainer/engine/blocked/index.ts";
import { openEngine } from "../../trainer/engine/onnxruntime.ts";
import { openStep } from "../../trainer/engine/step-session.ts";
import { int8 } from "../../trainer/methods/int8.ts";
import { twn } from "../../trainer/methods/twn.ts";
import { NetworkBuilder } from "../../trainer/models/network-builder.ts";
import { residualBlock } from "../../trainer/models/residual.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { sgd } from "../../trainer/optimizers/sgd.ts";
import { planFloat, planQuantized } from "../../trainer/step/plan.ts";
import { LABELS, NEXT, STATISTICS_RATE, trainingGraph } from "../../trainer/step/training-graph.ts";

const SIDE = 8;
const CLASSES = 4;
/** Of the largest change: sums in another order. */
const TOLERANCE = 1e-4;

const engine = await openEngine(1);
const block = await engine.blockSize();

/** Convolutions of every sort: first, strided, 1×1, depthwise, with and without a shortcut; both pools. */
function network(channels: number): Graph {
  const net = new NetworkBuilder(5);
  let x = net.input([3, SIDE, SIDE]);
  x = net.conv("first", x, channels, { kernel: [3, 3], pads: 1 });
  x = residualBlock(net, "same", x, channels, 1, false);
  x = net.conv("depthwise", x, channels, { kernel: [3, 3], pads: 1, depthwise: true });
  x = net.maxPool("pool", x, 2);
  x = residualBlock(net, "smaller", x, 2 * channels, 2, true);
  x = net.flatten(net.globalAveragePool("mean", x));
  return net.finish("blocked", net.logits("last", x, CLASSES));
}

type Kind = "float" | "twn";

function stepGraph(kind: Kind, channels: number, batch: number, size?: number): Graph {
  const { network: net, parameters } = recognizeNetwork(network(channels));
  const choice = { body: twn, first: int8, last: int8, depthwise: int8 };
  return trainingGraph({
    network: net,
    parameters,
    input: { dtype: "u8", mean: 128, scale: Math.fround(1 / 64) },
    plan: kind === "float" ? planFloat(net) : planQuantized(net, choice, "int8"),
    optimizer: sgd({ momentum: 0, nesterov: false, weightDecay: 0 }),
    batch,
    labelSmoothing: 0,
    ...(size === undefined ? {} : { block: size }),
  });
}

/** Weights as built, ranges that hold most values, random samples. */
function feedsOf(graph: Graph, channels: number): Record<string, Tensor> {
  const { parameters } = recognizeNetwork(network(channels));
  const random = new Random(7, "blocked");
  const feeds: Record<string, Tensor> = {};
  for (const node of graph.nodes) {
    if (node.kind !== "input") continue;
    const { name, shape, dtype } = node.attrs;
    const make = (f: () => number): Tensor =>
      ({
        dtype,
        shape,
        data:
          dtype === "u8"
            ? new Uint8Array(elementCount(shape)).map(f)
            : new Float32Array(elementCount(shape)).map(f),
      }) as Tensor;
    if (dtype === "u8") feeds[name] = make(() => random.integer(0, 255));
    else if (name === LABELS) feeds[name] = make(() => random.integer(0, CLASSES - 1));
    else if (name.endsWith(".max")) feeds[name] = make(() => 4);
    else if (name.endsWith(".min")) feeds[name] = make(() => -4);
    else if (name === STATISTICS_RATE) feeds[name] = make(() => 0.1);
    else if (name.endsWith("-rate")) feeds[name] = make(() => 1);
    else feeds[name] = parameters.get(name) ?? make(() => 0);
  }
  return feeds;
}

/** The largest difference of any output, relative to how much that output moved. */
function distance(
  actual: Readonly<Record<string, Tensor>>,
  expected: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, Tensor>>,
): number {
  const each = Object.entries(expected).map(([name, value]) => {
    const before = feeds[name.slice(NEXT.length)];
    const data = Array.from(value.data, Number);
    const moved = Math.max(...data.map((x, i) => Math.abs(x - Number(before?.data[i] ?? 0))), 1e-3);
    return Math.max(...data.map((x, i) => Math.abs(x - Number(actual[name]!.data[i])) / moved));
  });
  return Math.max(...each);
}

describe.skipIf(block === undefined)("a step in blocks equals the plain step", () => {
  for (const kind of ["float", "twn"] as const) {
    for (const [channels, batch] of [
      [16, 16],
      [24, 5],
      [12, 3],
      [6, 20],
    ] as const) {
      test(`${kind}, ${channels} channels, batch ${batch}`, async () => {
        const plain = stepGraph(kind, channels, batch);
        const feeds = feedsOf(plain, channels);
        const expected = await runOnce(plain, feeds);
        const { session } = await openStep(engine, size => stepGraph(kind, channels, batch, size));
        const actual = await session.run(feeds);
        await session.release();
        expect(distance(actual, expected, feeds)).toBeLessThan(TOLERANCE);
      });
    }
  }
});

test("blocks are used where they pay", () => {
  const model = writeOnnx(stepGraph("float", 16, 16, 16), {
    extensions: ["com.microsoft"],
    override: inBlocks(16),
  });
  const text = new TextDecoder("latin1").decode(model);
  const count = (word: string): number => text.split(word).length - 1;
  expect(count("com.microsoft.nchwc")).toBeGreaterThan(40);
  expect(text).not.toContain("FusedMatMul");
});

test("the convolution that is a weight gradient is the sum of the taps' products", () => {
  const plain = stepGraph("float", 3, 2);
  const feeds = feedsOf(plain, 3);
  const convolved = evaluate(stepGraph("float", 3, 2, 1), feeds);
  expect(distance(convolved, evaluate(plain, feeds), feeds)).toBeLessThan(TOLERANCE);
});

async function runOnce(graph: Graph, feeds: Record<string, Tensor>) {
  const session = await engine.open(writeOnnx(graph, { extensions: ["com.microsoft"] }));
  const results = await session.run(feeds);
  await session.release();
  return results;
}
