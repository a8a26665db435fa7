/** @file The planner's aims and limits on whole networks, and that no choice changes a bit. */

import { describe, expect, test } from "vitest";
import { buildNet, ternaryNet } from "../bench/nets.ts";
import { fitPrices } from "../cli/calibrate/fit.ts";
import { networkOf } from "../cli/calibrate/suite.ts";
import { timeCalls } from "../cli/measure/time-calls.ts";
import { priceOf } from "../compiler/costs/costs.ts";
import { splitRun } from "../compiler/emit/split-run.ts";
import { type Compilation, type CompileOptions, rebuild } from "../compiler/index.ts";
import { ENGINES, EXPORTS, METHOD_NAMES, OPTIMIZE_CHOICES } from "../core/abi.ts";
import { bytesOf } from "../core/tensor.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { Random } from "./fuzz/random.ts";
import { randomInputs } from "./fuzz/random-graph.ts";
import { compileGraph, kernels, mismatch } from "./plan/compile-and-compare.ts";

const graph = networkOf({ channels: 8, size: 13, zeros: 0.6, seed: 3 });
const samples = [1, 2].map(seed => randomInputs(graph, seed));
const inputs = randomInputs(graph, 3);

function compiled(options: Partial<CompileOptions>): Compilation {
  return compileGraph(graph, { samples, activations: "u7", ...options });
}

const predictedNs = ({ manifest }: Compilation): number =>
  manifest.layers.reduce((sum, layer) => sum + layer.predictedNs, 0);
const methodsOf = ({ manifest }: Compilation) =>
  manifest.layers.flatMap(({ method }) => (method === undefined ? [] : [method]));

describe("aims", () => {
  const [size, balanced, speed] = OPTIMIZE_CHOICES.map(optimize => compiled({ optimize }));

  test.each(OPTIMIZE_CHOICES)("%s gives the oracle's bits", optimize => {
    expect(mismatch(() => compiled({ optimize }), inputs, ["simd128"])).toBeUndefined();
  });

  test("speed costs bytes, size costs time, and balance lies between", () => {
    // Size is without code, which for layers as small as these is no larger than a kernel.
    expect(size!.wasm.length).toBeLessThanOrEqual(1.05 * balanced!.wasm.length);
    expect(balanced!.wasm.length).toBeLessThanOrEqual(speed!.wasm.length);
    expect(size!.wasm.length).toBeLessThan(speed!.wasm.length);
    expect(predictedNs(speed!)).toBeLessThan(predictedNs(size!));
  });

  test("the same options give the same bytes", () => {
    expect(Buffer.from(compiled({ optimize: "balanced" }).wasm)).toEqual(
      Buffer.from(balanced!.wasm),
    );
  });

  test("what was predicted before lowering is what the plan then says", () => {
    for (const compilation of [size!, balanced!, speed!]) {
      const ratio = compilation.point!.ns / predictedNs(compilation);
      expect(ratio).toBeGreaterThan(0.85);
      expect(ratio).toBeLessThan(1.15);
    }
  });

  test("layers say what would have been next, and count their code", () => {
    const layers = speed!.manifest.layers.filter(({ method }) => method === "code");
    expect(layers.length).toBeGreaterThan(0);
    for (const layer of layers) {
      expect(layer.codeBytes).toBeGreaterThan(0);
      expect(layer.runnerUp?.method).not.toBe("code");
    }
    const all = layers.reduce((sum, { codeBytes }) => sum + codeBytes, 0);
    expect(speed!.manifest.sizes.codeBytes).toBe(all);
  });

  test("a module is verified against a graph that was made without a planner", () => {
    const model = writeOnnx(speed!.graph);
    const again = compileGraph(model, { optimize: "speed" });
    expect(rebuild(model, again.manifest).outputs.length).toBe(1);
    expect(mismatch(() => again, inputs, ["simd128"])).toBeUndefined();
  });
});

describe("the smallest", () => {
  const { graph: dscnn, samples: images } = ternaryNet(buildNet("dscnn"), 0.5);
  const options = { samples: images.slice(0, 1), weights: "int8" } as const;

  test.each(["simd128", "relaxed"] as const)(
    "is no larger than library kernels alone, %s",
    simd => {
      const bytesOf = (chosen: Partial<CompileOptions>): number =>
        compileGraph(dscnn, { ...options, simd, ...chosen }).wasm.length;
      expect(bytesOf({ optimize: "size" })).toBeLessThanOrEqual(bytesOf({ method: "kernels" }));
    },
  );
});

describe("methods", () => {
  test.each(METHOD_NAMES)("%s alone gives the oracle's bits", method => {
    const compilation = compiled({ method });
    expect(methodsOf(compilation)).toContain(method);
    expect(mismatch(() => compilation, inputs, ["simd128"])).toBeUndefined();
  });

  test.each(["v8-13", "v8-11"] as const)(
    "no method alone is predicted to be faster than speed on %s",
    engine => {
      const best = predictedNs(compiled({ optimize: "speed", engine }));
      for (const method of METHOD_NAMES) {
        expect(best).toBeLessThan(1.03 * predictedNs(compiled({ method, engine })));
      }
    },
  );
});

describe("a limit", () => {
  const smallest = compiled({ optimize: "size" }).wasm.length;
  const fastest = compiled({ optimize: "speed" }).wasm.length;

  test.each([0.25, 0.5, 0.75])("is kept, and used, at %f of what speed takes", share => {
    const maxBytes = Math.round(smallest + share * (fastest - smallest));
    const { wasm } = compiled({ optimize: "speed", maxBytes });
    expect(wasm.length).toBeLessThanOrEqual(maxBytes);
  });

  test("that nothing fits is refused with the size of the smallest", () => {
    expect(() => compiled({ optimize: "speed", maxBytes: 2000 })).toThrow(/compile\/too-large/);
  });
});

describe("calls with entries of their own", () => {
  test("compute what a run computes", () => {
    const { wasm, manifest } = compiled({ optimize: "speed" });
    const split = splitRun(wasm);
    const outputs = [true, false].map(whole => {
      const module = new WebAssembly.Module(split.wasm as BufferSource);
      const { exports } = new WebAssembly.Instance(module, {});
      const call = (name: string, ...args: number[]): number =>
        (exports[name] as (...args: number[]) => number)(...args);
      const memory = new Uint8Array((exports[EXPORTS.memory] as WebAssembly.Memory).buffer);
      memory.set(bytesOf(inputs.image!), call(EXPORTS.input, 0));
      if (whole) call(EXPORTS.run);
      else for (let i = 0; i < split.calls; i++) call(`tritc_call_${i}`, 1);
      const start = call(EXPORTS.output, 0);
      return [...memory.slice(start, start + 40)];
    });
    expect(outputs[0]).toEqual(outputs[1]);
    const last = manifest.layers.at(-1)!;
    expect(last.calls[1]).toBe(split.calls);
  });

  test("are timed one by one", () => {
    const split = splitRun(compiled({ optimize: "size" }).wasm);
    const times = timeCalls(split.wasm, split.calls, { warmMs: 20, budgetMs: 40 });
    expect(times.calls.length).toBe(split.calls);
    expect(times.run).toBeGreaterThan(0);
  });
});

describe("costs", () => {
  test("prices are found again in calls that are made of them", () => {
    const random = new Random(5);
    const prices = { call: 40, load: 0.3, add: 0.1 };
    const calls = Array.from({ length: 30 }, () => {
      const work = { load: random.integer(10, 5000), add: random.integer(10, 9000) };
      return { kernel: "code", work, ns: 40 + 0.3 * work.load + 0.1 * work.add };
    });
    const fit = fitPrices(calls, { load: 0.2, add: 0.2 });
    expect(fit.largestError).toBeLessThan(0.05);
    expect(fit.prices.load).toBeCloseTo(prices.load, 1);
    expect(fit.prices.add).toBeCloseTo(prices.add, 1);
  });

  test.each(ENGINES)("of %s price every kernel that there is", engine => {
    const costs = kernels.costs[engine];
    expect(costs.engine).toBe(engine);
    const names = new Set(["code", ...kernels.table.map(({ name }) => name)]);
    expect(Object.keys(costs.kernels).filter(name => !names.has(name))).toEqual([]);
    for (const { name } of kernels.table) {
      expect(priceOf(costs, name, { byte: 1000, run: 10, mac: 1000, tile: 10 })).toBeGreaterThan(0);
    }
  });
});
