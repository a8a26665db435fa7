import { describe, expect, test } from "vitest";
import { lowerPasses, preparePasses, runPasses } from "../../compiler/passes/index.ts";
import { Random } from "../../core/random.ts";
import { elementCount } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph } from "../../model/ir/graph.ts";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate } from "../../model/ops/index.ts";
import { openEngine } from "../../trainer/engine/onnxruntime.ts";
import { quantizedGraph } from "../../trainer/export/quantized-graph.ts";
import { integerForward } from "../../trainer/integer.ts";
import { buildMethod } from "../../trainer/methods/index.ts";
import { int8 } from "../../trainer/methods/int8.ts";
import type { WeightMethod } from "../../trainer/methods/method.ts";
import { twn } from "../../trainer/methods/twn.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import type { ActivationFormat } from "../../trainer/quantize/activation.ts";
import {
  type QuantizedNetwork,
  quantizeNetwork,
} from "../../trainer/quantize/quantized-network.ts";
import { planQuantized } from "../../trainer/step/plan.ts";
import { mixedNetwork, seasoned, tinyNetwork } from "./networks.ts";

const BATCH = 6;

function quantized(
  graph: Graph,
  seed: number,
  format: ActivationFormat,
  ternaryEnds: boolean,
  body: WeightMethod = twn,
): QuantizedNetwork {
  const { network, parameters } = recognizeNetwork(graph);
  const ends = ternaryEnds ? body : int8;
  const plan = planQuantized(network, { body, first: ends, last: ends, depthwise: int8 }, format);
  const input = { dtype: "u8", mean: 117, scale: Math.fround(1 / 61) } as const;
  return quantizeNetwork(network, seasoned(network, parameters, seed), plan, input);
}

/** The compiler's integer graph of the exported file. */
function compiled(net: QuantizedNetwork): Graph {
  const bytes = writeOnnx(quantizedGraph(net));
  const supports = (): undefined => undefined;
  const prepared = runPasses(readOnnx(bytes), preparePasses({ weights: "auto" }));
  return runPasses(prepared, lowerPasses({ supports }));
}

function pixels(net: QuantizedNetwork, seed: number): Tensor<"u8"> {
  const random = new Random(seed, "pixels");
  const shape = [BATCH, ...net.network.input.shape];
  return {
    dtype: "u8",
    shape,
    data: new Uint8Array(elementCount(shape)).map(() => random.integer(0, 255)),
  };
}

describe("the integer forward equals the compiled graph, bit for bit", () => {
  for (const format of ["int8", "u7", "u4"] as const) {
    for (const ternaryEnds of [false, true]) {
      for (const [name, build] of [
        ["mixed", mixedNetwork],
        ["tiny", tinyNetwork],
      ] as const) {
        test(`${name}, ${format}, ${ternaryEnds ? "all ternary" : "int8 ends"}`, async () => {
          for (const seed of [1, 2, 3]) {
            const net = quantized(build(seed), seed, format, ternaryEnds);
            const images = pixels(net, seed);
            const stated = await runOnEngine(integerForward(net, BATCH), net, images);
            expect(new Set(stated).size).toBeGreaterThan(stated.length / 3);
            expect(bits(stated)).toEqual(bits(oracle(compiled(net), net, images)));
          }
        });
      }
    }
  }
});

describe("whatever the ternary method", () => {
  for (const choice of [
    { kind: "bitnet" },
    { kind: "ternary", sphere: "project" },
    { kind: "ternary", threshold: { kind: "sparsity", zeros: 0.6, scope: "layer" } },
    { kind: "ternary", threshold: { kind: "sparsity", zeros: 0.8 }, sphere: "free" },
    { kind: "ternary", threshold: { kind: "absmean" } },
    { kind: "ternary", threshold: { kind: "maximum", factor: 0.3 } },
    { kind: "ttq", scales: "filter" },
    { kind: "soft" },
  ]) {
    test(JSON.stringify(choice), async () => {
      const net = quantized(mixedNetwork(5), 5, "int8", true, buildMethod(choice));
      const images = pixels(net, 5);
      const stated = await runOnEngine(integerForward(net, BATCH), net, images);
      expect(new Set(stated).size).toBeGreaterThan(stated.length / 2);
      expect(bits(stated)).toEqual(bits(oracle(compiled(net), net, images)));
    });
  }
});

describe("where zeros stand for means", () => {
  for (const [name, build] of [
    ["mixed", mixedNetwork],
    ["tiny", tinyNetwork],
  ] as const) {
    test(name, async () => {
      for (const seed of [1, 2, 3]) {
        const plain = quantized(build(seed), seed, "int8", seed === 1);
        const net = withMeans(plain, seed);
        const images = pixels(net, seed);
        const stated = await runOnEngine(integerForward(net, BATCH), net, images);
        expect(bits(stated)).toEqual(bits(oracle(compiled(net), net, images)));
        expect(bits(stated)).not.toEqual(
          bits(await runOnEngine(integerForward(plain, BATCH), plain, images)),
        );
        const kinds = compiled(net).nodes.filter(node => node.kind === "qconv");
        expect(kinds.some(node => node.attrs.mean !== undefined)).toBe(true);
      }
    });
  }
});

/** The network with zeros that mean up to a third of a weight's step. */
function withMeans(net: QuantizedNetwork, seed: number): QuantizedNetwork {
  const random = new Random(seed, "means");
  const layers = [...net.layers].map(([name, layer]) => {
    const means = layer.scales.map(scale => Math.fround(scale * (random.uniform() / 1.5 - 1 / 3)));
    return [name, { ...layer, means }] as const;
  });
  return { ...net, layers: new Map(layers) };
}

test("the compiled graph computes every layer in integers", () => {
  const kinds = compiled(quantized(mixedNetwork(1), 1, "int8", true)).nodes.map(node => node.kind);
  expect(kinds).not.toContain("conv");
  expect(kinds).not.toContain("gemm");
  expect(kinds.filter(kind => kind === "qadd")).toHaveLength(2);
  expect(kinds).toContain("qaverage-pool");
  expect(kinds).not.toContain("dequantize");
});

test("the oracle agrees with ONNX Runtime on the integer forward", async () => {
  const net = quantized(mixedNetwork(4), 4, "int8", false);
  const images = pixels(net, 4);
  const graph = integerForward(net, BATCH);
  const stated = await runOnEngine(graph, net, images);
  const { logits } = evaluate(graph, { [net.network.input.name]: images });
  expect(bits(stated)).toEqual(bits(logits!.data as Float32Array));
});

async function runOnEngine(
  graph: Graph,
  net: QuantizedNetwork,
  images: Tensor,
): Promise<Float32Array> {
  const engine = await openEngine(1);
  const session = await engine.open(writeOnnx(graph, { extensions: ["com.microsoft"] }));
  const { logits } = await session.run({ [net.network.input.name]: images });
  await session.release();
  return logits!.data as Float32Array;
}

/** The compiled graph takes one sample at a time. */
function oracle(graph: Graph, net: QuantizedNetwork, images: Tensor<"u8">): Float32Array {
  const length = elementCount(net.network.input.shape);
  const rows = Array.from({ length: BATCH }, (_, i) => {
    const data = images.data.subarray(i * length, (i + 1) * length);
    const sample = { dtype: "u8", shape: [1, ...net.network.input.shape], data } as const;
    const outputs = evaluate(graph, { [net.network.input.name]: sample });
    return [...(Object.values(outputs)[0]!.data as Float32Array)];
  });
  return Float32Array.from(rows.flat());
}

function bits(values: Float32Array): number[] {
  return [...new Int32Array(values.slice().buffer)];
}
