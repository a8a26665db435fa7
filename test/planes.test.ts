/** @file Integer networks on channel planes: no bit changes, and nothing is left to transpose. */

import { describe, expect, test } from "vitest";
import { lowerModel } from "../compiler/lower-model.ts";
import { assignPlanes, type PlaneNode } from "../compiler/passes/assign-planes.ts";
import { eliminateIdentity } from "../compiler/passes/eliminate-identity.ts";
import { fuseAdd } from "../compiler/passes/fuse-add.ts";
import {
  calibrate,
  lowerPasses,
  preparePasses,
  type RunsOnPlanes,
  runPasses,
} from "../compiler/passes/index.ts";
import type { WeightChoice } from "../core/abi.ts";
import { type Graph, type Node, nodeAt } from "../model/ir/graph.ts";
import { parseGraph } from "../model/ir/parse.ts";
import { constantsOf, printGraph } from "../model/ir/print.ts";
import { readOnnx, writeOnnx } from "../model/onnx/index.ts";
import { quantizedGraph } from "../trainer/export/quantized-graph.ts";
import { twn } from "../trainer/methods/twn.ts";
import { modelKind } from "../trainer/models/index.ts";
import { NetworkBuilder } from "../trainer/models/network-builder.ts";
import { residualBlock } from "../trainer/models/residual.ts";
import { recognizeNetwork } from "../trainer/network/recognize.ts";
import { quantizeNetwork } from "../trainer/quantize/quantized-network.ts";
import { planQuantized } from "../trainer/step/plan.ts";
import { Random } from "./fuzz/random.ts";
import { randomGraph, randomInputs } from "./fuzz/random-graph.ts";
import { expectSameMeaning } from "./passes/same-meaning.ts";
import { seasoned } from "./trainer/networks.ts";

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
const supports = (): undefined => undefined;
const everything: RunsOnPlanes = () => true;

/** The integer graph of a float one; channel-last unless `planes` says otherwise. */
function lowered(graph: Graph, weights: WeightChoice, planes?: RunsOnPlanes): Graph {
  const prepared = runPasses(graph, preparePasses({ weights }));
  const ranges = calibrate(
    prepared,
    [1, 2, 3].map(seed => randomInputs(prepared, seed)),
  );
  return runPasses(prepared, lowerPasses({ ranges, supports, ...(planes && { planes }) }));
}

function convolutions({ nodes }: Graph): Node<"qconv">[] {
  return nodes.filter(node => node.kind === "qconv");
}

/** A chain of residual blocks, the shortcut now and then a convolution. */
function residualNetwork(seed: number): Graph {
  const random = new Random(seed);
  const net = new NetworkBuilder(seed);
  const size = random.integer(5, 9);
  let channels = random.integer(1, 5);
  let x = net.input([random.integer(1, 3), size, size]);
  x = net.conv("stem", x, channels, { kernel: [3, 3], pads: 1 });
  for (let i = 0; i < 3; i++) {
    const projected = random.chance(0.5);
    if (projected) channels = random.integer(1, 5);
    x = residualBlock(net, `block${i}`, x, channels, projected ? 2 : 1, projected);
  }
  return net.finish("residual", net.logits("fc", net.flatten(x), 3));
}

describe("on random integer networks", () => {
  const weights = ["i8", "i2", "f32"] as const;
  const cases: readonly [string, RunsOnPlanes, (seed: number) => Graph][] = [
    ["everything runs on planes", everything, seed => randomGraph(seed, { weights })],
    ["channel-last", everything, seed => randomGraph(seed, { weights, layout: "nhwc" })],
    ["only convolutions", ({ kind }) => kind === "qconv", seed => randomGraph(seed, { batch: 2 })],
    ["now and then one", sometimes, seed => randomGraph(seed, { layers: 8 })],
    ["residual networks", everything, residualNetwork],
    ["residual networks, now and then one", sometimes, residualNetwork],
  ];
  test.each(cases)("%s: every bit stays", (_, runsOnPlanes, make) => {
    let changed = 0;
    for (const seed of SEEDS) {
      const before = lowered(make(seed), "int8");
      let graph = before;
      for (const pass of [assignPlanes(runsOnPlanes), fuseAdd, eliminateIdentity]) {
        const after = runPasses(graph, [pass]);
        expectSameMeaning(pass, graph, after);
        graph = after;
      }
      if (graph !== before) changed++;
      expect(parseGraph(printGraph(graph), constantsOf(graph))).toEqual(graph);
    }
    expect(changed).toBeGreaterThan(SEEDS.length / 2);
  });

  test("sums become addends, transposes vanish", () => {
    let fused = 0;
    for (const seed of SEEDS) {
      const graph = lowered(residualNetwork(seed), "ternary", everything);
      const sums = convolutions(graph).filter(node => node.attrs.add !== undefined);
      // Where 16-bit multipliers cannot requantise a convolution, its sum stays alone or real.
      const alone = graph.nodes.filter(({ kind }) => kind === "qadd");
      expect(sums.length + alone.length).toBeLessThanOrEqual(3);
      expect(alone.flatMap(({ inputs }) => inputs.map(id => graph.nodes[id]!.kind))).not.toContain(
        "qconv",
      );
      fused += sums.length;
      expect(graph.nodes.map(node => node.kind)).not.toContain("transpose");
    }
    expect(fused).toBeGreaterThan(2.5 * SEEDS.length);
  });

  test("every convolution that is accepted becomes channel-first, no other", () => {
    for (const seed of SEEDS) {
      const before = lowered(randomGraph(seed, { weights: ["i2"] }), "int8");
      const all = convolutions(assignPlanes(everything).run(before));
      expect(all.every(node => node.attrs.layout === "nchw")).toBe(true);
      expect(assignPlanes(({ kind }) => kind !== "qconv").run(before)).toBe(before);
    }
  });
});

/** A choice without a pattern, the same for the same node. */
function sometimes({ id, type }: PlaneNode): boolean {
  return (id * 7 + type.shape.at(-1)! * 5) % 3 !== 0;
}

describe("ResNet-8", () => {
  const float = modelKind("resnet8")!.build({
    input: [3, 32, 32],
    classes: 10,
    width: 0.5,
    seed: 1,
  });
  const body = [
    "qconv", // conv1
    "qconv",
    "qconv + add",
    "qconv",
    "qconv",
    "qconv + add",
    "qconv",
    "qconv",
    "qconv + add",
    "qaverage-pool",
    "reshape",
    "qgemm",
  ];

  test.each(["int8", "ternary"] as const)(
    "%s weights, calibrated: channel-first throughout",
    weights => {
      const fast = lowered(float, weights, everything);
      expect(summaryOf(fast)).toEqual(["input", "quantize", ...body]);
      expectSameMeaning(fuseAdd, lowered(float, weights), fast);
    },
  );

  test.each(["int8", "u7"] as const)("as the trainer exports it with %s activations", format => {
    const { network, parameters } = recognizeNetwork(float);
    const methods = { body: twn, first: twn, last: twn, depthwise: twn };
    const plan = planQuantized(network, methods, format);
    const input = { dtype: "u8", mean: 117, scale: Math.fround(1 / 61) } as const;
    const net = quantizeNetwork(network, seasoned(network, parameters, 1), plan, input);
    const prepared = runPasses(
      readOnnx(writeOnnx(quantizedGraph(net))),
      preparePasses({ weights: "auto" }),
    );
    const fast = runPasses(prepared, lowerPasses({ supports, planes: everything }));
    expect(summaryOf(fast)).toEqual(["input", "lookup", ...body]);
    expect(nodeAt(fast, fast.inputs[0]!).type).toEqual({ dtype: "u8", shape: [1, 3, 32, 32] });
    expectSameMeaning(fuseAdd, runPasses(prepared, lowerPasses({ supports })), fast);
  });

  test("is channel-last for size, on planes for speed", () => {
    const samples = [randomInputs(float, 1)];
    const options = {
      weights: "int8",
      samples,
      planes: everything,
      stopAfter: "fuse-add",
    } as const;
    const layouts = (["size", "speed"] as const).map(optimize => {
      const { graph } = lowerModel(float, { ...options, optimize });
      return new Set(convolutions(graph).map(node => node.attrs.layout));
    });
    expect(layouts).toEqual([new Set(["nhwc"]), new Set(["nchw"])]);
  });
});

/** Kinds in order; a convolution that adds says so. */
function summaryOf({ nodes }: Graph): string[] {
  return nodes
    .filter(node => node.kind !== "const")
    .map(node => (node.kind === "qconv" && node.attrs.add ? "qconv + add" : node.kind));
}
