/** @file 4-bit activations from the trainer and from calibration to the module, bit for bit. */

import { describe, expect, test } from "vitest";
import { lowerModel } from "../../compiler/lower-model.ts";
import { Random } from "../../core/random.ts";
import { elementCount } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph, Node } from "../../model/ir/graph.ts";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate } from "../../model/ops/index.ts";
import { openEngine } from "../../trainer/engine/onnxruntime.ts";
import { quantizedGraph } from "../../trainer/export/quantized-graph.ts";
import { integerForward } from "../../trainer/integer.ts";
import { int8 } from "../../trainer/methods/int8.ts";
import { twn } from "../../trainer/methods/twn.ts";
import { NetworkBuilder } from "../../trainer/models/network-builder.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import type { ActivationFormat } from "../../trainer/quantize/activation.ts";
import {
  type QuantizedNetwork,
  quantizeNetwork,
} from "../../trainer/quantize/quantized-network.ts";
import { planQuantized } from "../../trainer/step/plan.ts";
import { compileGraph, mismatch, runModule } from "../plan/compile-and-compare.ts";
import { mixedNetwork, seasoned, tinyNetwork } from "./networks.ts";

function trained(graph: Graph, format: ActivationFormat = "u4"): QuantizedNetwork {
  const { network, parameters } = recognizeNetwork(graph);
  const methods = { body: twn, first: int8, last: int8, depthwise: int8 };
  const input = { dtype: "u8", mean: 117, scale: Math.fround(1 / 61) } as const;
  return quantizeNetwork(
    network,
    seasoned(network, parameters, 2),
    planQuantized(network, methods, format),
    input,
  );
}

function pixels(shape: readonly number[], seed: number): Tensor<"u8"> {
  const random = new Random(seed, "pixels");
  const data = new Uint8Array(elementCount(shape)).map(() => random.integer(0, 255));
  return { dtype: "u8", shape, data };
}

/** The bounds of every integer value that a layer or a sum gives. */
function bounds({ nodes }: Graph): (readonly [string, number, number])[] {
  return nodes.flatMap(node => {
    const range = rangeOf(node);
    return range === undefined ? [] : [[node.kind, range.min, range.max] as const];
  });
}

function rangeOf(node: Node): { readonly min: number; readonly max: number } | undefined {
  if (node.kind === "qadd") return node.attrs;
  if (node.kind !== "qconv" && node.kind !== "qgemm") return undefined;
  return node.attrs.epilogue.kind === "requantize" ? node.attrs.epilogue : undefined;
}

describe("from the trainer", () => {
  const models = [
    ["mixed", mixedNetwork(2)],
    ["tiny", tinyNetwork(2)],
  ] as const;
  for (const [name, model] of models) {
    test(`${name}: the module of every tier gives the bits of the integer forward`, async () => {
      const net = trained(model);
      const bytes = writeOnnx(quantizedGraph(net));
      const shape = [1, ...net.network.input.shape];
      const engine = await openEngine(1);
      const session = await engine.open(writeOnnx(integerForward(net, 1)));
      for (const seed of [1, 2]) {
        const inputs = { [net.network.input.name]: pixels(shape, seed) };
        const { logits } = await session.run(inputs);
        const compiled = compileGraph(bytes);
        expect(mismatch(simd => compileGraph(bytes, { simd }), inputs)).toBeUndefined();
        const [got] = Object.values(runModule(compiled, inputs));
        const stated = logits!.data as Float32Array;
        expect(new Int32Array(got!.buffer)).toEqual(new Int32Array(stated.slice().buffer));
      }
      await session.release();
    });
  }

  test("every result of a ReLU is known to lie in 0…15, through pools too", () => {
    const net = trained(mixedNetwork(2));
    const { graph } = lowerModel(writeOnnx(quantizedGraph(net)), {});
    const found = bounds(graph);
    expect(found.filter(([kind]) => kind === "qadd")).toEqual([
      ["qadd", 0, 15],
      ["qadd", 0, 15],
    ]);
    expect(found.filter(([, min, max]) => min === 0 && max === 15)).toHaveLength(5);
    expect(found.filter(([, min]) => min !== 0)).toHaveLength(3);
    const types = readOnnx(writeOnnx(quantizedGraph(net))).nodes.map(node => node.type.dtype);
    expect(types.filter(dtype => dtype === "u4").length).toBeGreaterThanOrEqual(5);
  });

  test("sums after a pool of 4-bit values fit 16 bits where 8-bit ones do not", () => {
    const net = new NetworkBuilder(2);
    let x = net.conv("conv1", net.input([1, 8, 8]), 48, { kernel: [3, 3], pads: 1 });
    x = net.conv("conv2", net.maxPool("pool", x, 2), 4, { kernel: [3, 3], pads: 1 });
    const model = net.finish("deep", net.logits("fc", net.flatten(x), 3));
    const shiftOf = (format: "u4" | "int8"): number => {
      const { graph } = lowerModel(writeOnnx(quantizedGraph(trained(model, format))), {});
      const second = graph.nodes.filter(node => node.kind === "qconv")[1]!;
      const { epilogue } = second.attrs;
      return epilogue.kind === "requantize" ? epilogue.shift : -1;
    };
    expect(shiftOf("u4")).toBe(0);
    expect(shiftOf("int8")).toBeGreaterThan(0);
  });
});

describe("from calibration", () => {
  const model = mixedNetwork(3);
  const name = "image";
  const random = new Random(5, "samples");
  const samples = Array.from({ length: 8 }, () => {
    const shape = [1, 3, 9, 8];
    const data = Float32Array.from({ length: elementCount(shape) }, () => random.uniform() * 2 - 1);
    return { [name]: { dtype: "f32", shape, data } as const };
  });

  test("the module of every tier gives the oracle's bits; ReLUs lie in 0…15", () => {
    const options = { samples, weights: "int8", activations: "u4" } as const;
    expect(
      mismatch(simd => compileGraph(model, { ...options, simd }), samples[0]!),
    ).toBeUndefined();
    const { graph } = lowerModel(model, options);
    expect(bounds(graph).filter(([, min, max]) => min === 0 && max === 15)).toHaveLength(5);
    expect(bounds(graph).some(([kind]) => kind === "qadd")).toBe(true);
  });

  test("stays close to the real network, and 8 bits closer", () => {
    const errorOf = (activations: "u4" | "int8"): number => {
      const { graph } = lowerModel(model, { samples, weights: "int8", activations });
      const sums = samples.map(sample => {
        const real = evaluate(model, sample).logits!.data as Float32Array;
        const got = Object.values(evaluate(graph, sample))[0]!.data as Float32Array;
        const squares = real.map((x, i) => (x - got[i]!) ** 2);
        const size = real.reduce((sum, x) => sum + x * x, 0);
        return squares.reduce((sum, x) => sum + x, 0) / size;
      });
      return Math.sqrt(sums.reduce((sum, x) => sum + x, 0) / sums.length);
    };
    expect(errorOf("u4")).toBeLessThan(0.5);
    expect(errorOf("int8")).toBeLessThan(errorOf("u4") / 3);
  });
});
