/** @file The emitted module: its exports, its promise of no imports, its size, its determinism. */

import { describe, expect, test } from "vitest";
import { ABI_VERSION, EXPORTS, MANIFEST_SECTION } from "../core/abi.ts";
import { sameTensor } from "../core/tensor.ts";
import { parseGraph } from "../model/ir/parse.ts";
import { constantsOf } from "../model/ir/print.ts";
import { readOnnx } from "../model/onnx/index.ts";
import { evaluate } from "../model/ops/index.ts";
import { Random } from "./fuzz/random.ts";
import { randomGraph, randomInputs } from "./fuzz/random-graph.ts";
import { compileAsIs, compileGraph, graphOf, TIERS } from "./plan/compile-and-compare.ts";

const graph = randomGraph(12, { layers: 4 });
const samples = [randomInputs(graph, 1)];
const compilation = compileGraph(graph, { weights: "int8", samples, name: "net" });

function moduleOf(wasm: Uint8Array): WebAssembly.Module {
  return new WebAssembly.Module(wasm as BufferSource);
}

describe.each(TIERS)("an emitted module (%s)", simd => {
  const { wasm, manifest } = compileGraph(graph, { simd });
  const module = moduleOf(wasm);

  test("imports nothing and exports the ABI and nothing else", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    const { memory, abi, input, output, run } = EXPORTS;
    expect(names.toSorted()).toEqual([abi, input, memory, output, run].toSorted());
  });

  test("has a memory that cannot grow", () => {
    const { exports } = new WebAssembly.Instance(module);
    const memory = exports[EXPORTS.memory] as WebAssembly.Memory;
    expect(memory.buffer.byteLength).toBe(manifest.memory.peakMemoryBytes);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });

  test("states its ABI, and addresses only for ports that exist", () => {
    const { exports } = new WebAssembly.Instance(module);
    const call = (name: string, ...args: number[]) =>
      (exports[name] as (...args: number[]) => number)(...args);
    expect(call(EXPORTS.abi)).toBe(ABI_VERSION);
    expect(call(EXPORTS.input, 0)).toBeGreaterThan(0);
    expect(call(EXPORTS.input, manifest.inputs.length)).toBe(0);
    expect(call(EXPORTS.output, -1)).toBe(0);
  });

  test("carries its manifest", () => {
    const [section] = WebAssembly.Module.customSections(module, MANIFEST_SECTION);
    expect(JSON.parse(new TextDecoder().decode(section))).toEqual(manifest);
  });

  test("uses the instructions of its tier only", () => {
    const { wasm: bytes } = compileAsIs(
      graphOf(b => [b.add("exp", [b.input("x", "f32", [9])], {})]),
      {
        simd,
      },
    );
    const text = compileGraph(graph, { simd }).artefact("wat");
    expect(text.includes("v128")).toBe(simd !== "scalar");
    expect(bytes.length).toBeLessThan(3000);
  });
});

describe("emitting", () => {
  test("gives the same bytes twice", () => {
    const again = compileGraph(graph, { weights: "int8", samples, name: "net" });
    expect(Buffer.from(again.wasm).equals(Buffer.from(compilation.wasm))).toBe(true);
  });

  test("gives the same bytes from recorded ranges as from samples", () => {
    const { ranges } = compilation.manifest.options;
    const again = compileGraph(graph, { weights: "int8", ranges: ranges!, name: "net" });
    expect(Buffer.from(again.wasm).equals(Buffer.from(compilation.wasm))).toBe(true);
  });

  test("keeps only the kernels that are called", () => {
    const kernels = new Set(compilation.plan.calls.map(({ kernel }) => kernel));
    const functions = compilation.artefact("wat").match(/^ \(func /gm)!.length;
    // Besides kernels: four exports, and what the kernels call.
    expect(functions).toBeLessThanOrEqual(kernels.size * 2 + 4);
  });

  test("stores constants once, where two layers have the same", () => {
    const weights = new Random(1).f32([8, 8]);
    const twice = graphOf(b => {
      const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
      const x = b.input("x", "f32", [1, 8]);
      const w = b.constant(weights);
      return [b.add("gemm", [b.add("gemm", [x, w], attrs), w], attrs)];
    });
    const { plan } = compileAsIs(twice);
    expect(plan.statics.filter(({ role }) => role === "weights")).toHaveLength(1);
  });
});

describe("artefacts", () => {
  test("the declarations name every input and output with its type", () => {
    expect(compilation.artefact("dts")).toContain("export interface NetTypes {");
    expect(compilation.artefact("dts")).toMatch(
      /readonly inputs: \{\n.*\n +readonly image: Float32Array/,
    );
  });

  test("the graph is the text of what the module computes", () => {
    const text = compilation.artefact("graph");
    const again = parseGraph(text, constantsOf(compilation.graph));
    const inputs = randomInputs(graph, 9);
    const [expected, got] = [compilation.graph, again].map(g => evaluate(g, inputs));
    for (const [name, value] of Object.entries(expected!)) {
      expect(sameTensor(value, got![name]!)).toBe(true);
    }
  });

  test("the ONNX model can be read again and takes the same inputs", () => {
    const again = readOnnx(compilation.artefact("onnx"));
    const types = (g: typeof again) => g.inputs.map(id => g.nodes[id]!.type.shape);
    expect(types(again)).toEqual(types(compilation.graph));
  });

  test("the manifest and the plan are text for people", () => {
    expect(JSON.parse(compilation.artefact("manifest"))).toEqual(compilation.manifest);
    expect(compilation.artefact("plan")).toMatch(/^plan net web simd128\nmemory /);
  });
});
