/** @file Code that is written as a module is loaded: the same bits before and after. */

import { describe, expect, test } from "vitest";
import { splitRun } from "../compiler/emit/split-run.ts";
import type { Compilation } from "../compiler/index.ts";
import {
  type LayerSlot,
  readSlots,
  SPECIALIZE_SECTION,
  writeSlots,
} from "../compiler/specialize/layer-slots.ts";
import type { Graph } from "../model/ir/graph.ts";
import { type ModelTypes, RunError } from "../runtime/index.ts";
import {
  type LoadOptions,
  load,
  type SpecializeCache,
  type SpecializedModel,
  specialize,
} from "../runtime/specialize/index.ts";
import { modelKind } from "../trainer/models/index.ts";
import { Random } from "./fuzz/random.ts";
import { randomInputs } from "./fuzz/random-graph.ts";
import { compileAsIs, compileGraph, graphOf, mismatch } from "./plan/compile-and-compare.ts";
import { inputsFor } from "./plan/op-graphs.ts";
import { fourBitBlock, image, type PlaneConv, planeConv, SAME } from "./plan/plane-graphs.ts";
import { moreSlots, numbersOf, sealed, unsealed } from "./slot-sections.ts";

const random = new Random(41);
const graph = modelKind("resnet8")!.build({ input: [3, 16, 16], classes: 4, width: 0.25, seed: 3 });
const samples = [1, 2, 3].map(seed => randomInputs(graph, seed));
const choices = { weights: "ternary", optimize: "speed", activations: "u7" } as const;
const options = { ...choices, method: "code", samples } as const;
const compilation = compileGraph(graph, { ...options, specializeAtLoad: true });
const wasm = compilation.wasm;
/** Layers of the network that are ternary convolutions: all but the first. */
const LAYERS = 8;

function inputsOf(sample: (typeof samples)[number]): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(sample).map(([name, { data }]) => [
      name,
      Float32Array.from(data as Float32Array),
    ]),
  );
}

function hexOf(arrays: readonly ArrayBufferView[]): string {
  return arrays
    .map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("hex"),
    )
    .join();
}

/** Outputs for every sample. */
function resultsOf(model: SpecializedModel<ModelTypes>): string[] {
  return samples.map(sample => hexOf(Object.values(model.run(inputsOf(sample)))));
}

/** Warnings are collected. */
async function loaded(options: LoadOptions = {}, source = wasm) {
  const warnings: string[] = [];
  const model = await load(source, {
    ...options,
    onWarning: warning => warnings.push(warning),
  });
  return { model, warnings };
}

/** The number of slots; code is there for the layers `dense`, whose weights have 8 bits, alone. */
function slotsOf({ manifest, plan }: Compilation, dense: readonly string[] = []) {
  expect(manifest.options.specializeAtLoad).toBe(true);
  expect([...new Set(plan.code.map(({ layer }) => layer))]).toEqual(dense);
  return plan.calls.filter(({ slot }) => slot !== undefined).length;
}

describe("a module that is specialised at load", () => {
  test("has slots in place of code, and imports nothing", () => {
    expect(slotsOf(compilation, ["conv1.norm"])).toBe(LAYERS);
    const module = new WebAssembly.Module(wasm);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const code = compileGraph(graph, options);
    expect(wasm.length).toBeLessThan(0.7 * code.wasm.length);
  });

  test("gives the oracle's bits without a loader", () => {
    expect(mismatch(() => compilation, samples[0]!, ["simd128"])).toBeUndefined();
  });

  test("gives the same bits before and after", async () => {
    const { model: plain } = await loaded({ specialize: "off" });
    expect(await plain.specialized).toMatchObject({ layers: 0 });
    const { model, warnings } = await loaded();
    expect(await model.specialized).toMatchObject({ layers: LAYERS, isCached: false });
    expect(warnings).toEqual([]);
    const expected = resultsOf(plain);
    expect(resultsOf(model)).toEqual(expected);
    expect(new Set(expected).size).toBe(samples.length);
    expect(await specialize(plain)).toMatchObject({ layers: LAYERS });
    expect(resultsOf(plain)).toEqual(expected);
  });

  test("really runs other code afterwards", async () => {
    const { model } = await loaded({ specialize: "off" });
    const table = model.exports.tritc_layers!;
    const before = Array.from({ length: LAYERS }, (_, slot) => table.get(slot) as unknown);
    await specialize(model);
    const after = before.map((_, slot) => table.get(slot) as unknown);
    expect(after.some((entry, slot) => entry === before[slot])).toBe(false);
  });

  test("runs while code is written in the background", async () => {
    const { model } = await loaded({ specialize: "background" });
    const expected = resultsOf(model);
    let done = false;
    const specialized = model.specialized.then(report => {
      done = true;
      return report;
    });
    let runs = 0;
    for (; !done; runs++) {
      expect(resultsOf(model)).toEqual(expected);
      await new Promise(resolve => setTimeout(resolve));
    }
    expect(runs).toBeGreaterThan(2);
    expect(await specialized).toMatchObject({ layers: LAYERS });
    expect(resultsOf(model)).toEqual(expected);
  });

  test("shares its code among instances", async () => {
    const { model } = await loaded();
    const { model: other } = await loaded({}, model.module as never);
    expect(await other.specialized).toEqual(await model.specialized);
    expect(resultsOf(other)).toEqual(resultsOf(model));
    expect(specialize(model)).toBe(specialize(model));
    expect(await specialize(await model.instantiate())).toEqual(await model.specialized);
  });

  test("can be timed call by call", async () => {
    const { wasm: split, calls } = splitRun(wasm);
    expect(calls).toBe(compilation.plan.calls.length);
    const { model } = await loaded({}, split as Uint8Array<ArrayBuffer>);
    const { model: whole } = await loaded();
    const entries = model.exports as unknown as Record<string, (count: number) => void>;
    const [name, data] = Object.entries(inputsOf(samples[0]!))[0]!;
    model.inputs[name]!.set(data as never);
    for (let call = 0; call < calls; call++) entries[`tritc_call_${call}`]!(1);
    expect(hexOf(Object.values(model.outputs))).toBe(resultsOf(whole)[0]);
  });

  test("says that least size and code at load exclude each other", () => {
    const compiled = (): unknown =>
      compileGraph(graph, { ...options, optimize: "size", specializeAtLoad: true });
    expect(compiled).toThrow(/modules of least size have no code to write at load/);
  });
});

const CONVS: readonly [string, PlaneConv, number][] = [
  ["1×1", {}, 8],
  ["3×3", SAME, 13],
  ["5×3 without padding", { kernel: [5, 3] }, 33],
  ["3×3, stride 2", { ...SAME, stride: 2 }, 15],
  ["asymmetric pads, stride 2", { kernel: [4, 4], pads: [3, 1, 0, 2], stride: 2 }, 31],
  ["dilated", { ...SAME, dilations: [2, 2], pads: [2, 2, 2, 2] }, 7],
  ["shifted sums", { ...SAME, shift: true }, 16],
];

describe("a layer", () => {
  test.each(CONVS)("%s", async (_, conv, width) => {
    const net = graphOf(b => {
      const x = planeConv(b, random, image(b, "x", [1, 3, 9, width], 5), SAME);
      const y = planeConv(b, random, x, conv);
      const z = planeConv(b, random, y, { ...SAME, channels: 5 }, y);
      return [planeConv(b, random, z, { stride: 2 })];
    });
    await expectSameBits(net, 4);
  });

  test("of 4-bit values", async () => {
    await expectSameBits(fourBitBlock(6), 5);
  });
});

/** All layers of `net` become code, and give the bits that they gave before. */
async function expectSameBits(net: Graph, layers: number): Promise<void> {
  const compiled = compileAsIs(net, { specializeAtLoad: true });
  expect(mismatch(() => compiled, inputsFor(net), ["simd128"])).toBeUndefined();
  const { model } = await loaded({ specialize: "off" }, compiled.wasm);
  const inputs = Object.entries(inputsFor(net)).map(([name, { data }]) => [name, data] as const);
  const run = (): string => Object.values(model.run(Object.fromEntries(inputs) as never)).join();
  const expected = run();
  expect(await specialize(model)).toMatchObject({ layers });
  expect(run()).toBe(expected);
}

test("a module without layers to replace loads without a warning", async () => {
  const dense = { ...options, weights: "int8", specializeAtLoad: true } as const;
  const { model, warnings } = await loaded({}, compileGraph(graph, dense).wasm);
  expect(model.exports.tritc_layers).toBeUndefined();
  expect(await model.specialized).toMatchObject({ layers: 0, bytes: 0 });
  expect(warnings).toEqual([]);
  expect(await specialize(model)).toMatchObject({ layers: 0 });
});

function memoryCache(entries = new Map<string, Uint8Array<ArrayBuffer>>()) {
  const cache: SpecializeCache = {
    get: async key => entries.get(key),
    put: async (key, bytes) => entries.set(key, bytes),
  };
  return { cache, entries };
}

describe("a cache", () => {
  test("spares the second load the work", async () => {
    const { cache, entries } = memoryCache();
    const { model: first } = await loaded({ cache });
    expect(entries.size).toBe(1);
    const { model, warnings } = await loaded({ cache });
    expect(await model.specialized).toMatchObject({ layers: LAYERS, isCached: true });
    expect(warnings).toEqual([]);
    expect(resultsOf(model)).toEqual(resultsOf(first));
  });

  test("has another entry for another module", async () => {
    const { cache, entries } = memoryCache();
    await loaded({ cache });
    const other = modelKind("resnet8")!.build({
      ...{ input: [3, 16, 16], classes: 4, width: 0.25, seed: 4 },
    });
    await loaded({ cache }, compileGraph(other, { ...options, specializeAtLoad: true }).wasm);
    expect(entries.size).toBe(2);
  });

  test.each([
    ["changed", (entry: Uint8Array) => entry.with(100, entry[100]! ^ 1)],
    ["cut off", (entry: Uint8Array) => entry.slice(0, 90)],
    ["empty", () => new Uint8Array(0)],
  ])("ignores an entry that is %s, says so, and writes it anew", async (_, damage) => {
    const { cache, entries } = memoryCache();
    const { model: sound } = await loaded({ cache });
    const [key, entry] = [...entries][0]!;
    entries.set(key, damage(entry) as Uint8Array<ArrayBuffer>);
    const { model, warnings } = await loaded({ cache });
    expect(warnings).toEqual([expect.stringContaining("is damaged; its code is written anew")]);
    expect(await model.specialized).toMatchObject({ layers: LAYERS, isCached: false });
    expect(resultsOf(model)).toEqual(resultsOf(sound));
    expect(entries.get(key)).toEqual(entry);
  });

  test("that fails costs a warning, not the model", async () => {
    const fail = async (): Promise<never> => {
      throw new Error("the disk is full");
    };
    const { model, warnings } = await loaded({ cache: { get: fail, put: fail } });
    expect(warnings).toEqual(new Array(2).fill("the cache failed: the disk is full"));
    expect(await model.specialized).toMatchObject({ layers: LAYERS });
  });
});

/** The module with `change` made to the section of slots. */
function withSection(change: (content: Uint8Array) => Uint8Array): Uint8Array<ArrayBuffer> {
  const name = Buffer.from(SPECIALIZE_SECTION);
  const at = Buffer.from(wasm).indexOf(name);
  const start = wasm.slice(0, at).lastIndexOf(0);
  const content = sectionOf(wasm);
  const end = at + name.length + content.length;
  const changed = Buffer.concat([Uint8Array.of(name.length), name, change(content)]);
  const size = Uint8Array.of((changed.length & 127) | 128, changed.length >> 7);
  return Uint8Array.from([
    ...wasm.subarray(0, start),
    ...[0, ...size, ...changed],
    ...wasm.subarray(end),
  ]);
}

function sectionOf(source: Uint8Array<ArrayBuffer>): Uint8Array {
  const module = new WebAssembly.Module(source);
  const [content] = WebAssembly.Module.customSections(module, SPECIALIZE_SECTION);
  return new Uint8Array(content!);
}

function withSlots(change: (slot: LayerSlot, index: number) => LayerSlot): Uint8Array<ArrayBuffer> {
  return withSection(content => writeSlots((readSlots(content) as LayerSlot[]).map(change)));
}

/** Addresses that lead elsewhere, by what they are of. */
const STRAY: readonly (readonly [string, Partial<LayerSlot>])[] = [
  ["inputs", { x: 2 ** 31 }],
  ["inputs", { x: 3 }],
  ["outputs", { y: 2 ** 33 }],
  ["outputs", { y: 0 }],
  ["addends", { z: 2 ** 30 }],
  ["sums", { scratch: 2 ** 31 }],
  ["sums", { scratchBytes: 2 ** 31 }],
  ["parameters of code", { room: 2 ** 31 - 1 }],
  ["parameters of code", { roomBytes: 2 ** 31 }],
];

describe("a module that cannot be specialised runs on, with a warning", () => {
  const plain = compileGraph(graph, options).wasm;

  test.each<readonly [string, Uint8Array<ArrayBuffer>, string]>([
    ["compiled for something else", plain, "compile it with --specialize-at-load, got none"],
    [
      "of a later version",
      withSection(content => content.with(0, 9)),
      `the section "${SPECIALIZE_SECTION}": expected version 2, got version 9`,
    ],
    ["cut off", withSection(content => numbersOf(content, 30)), "expected the checksum "],
    [
      "with half a slot",
      withSection(content => sealed(numbersOf(content, 15))),
      "9 numbers for each of",
    ],
    [
      "with wrong addresses",
      withSlots(slot => ({ ...slot, parameters: 1 })),
      "layer 0 of the module: expected the parameters of a layer, got something else",
    ],
    ...STRAY.map(
      ([part, change]) =>
        [
          `with wrong addresses of ${part}`,
          withSlots(slot => ({ ...slot, ...change })),
          `expected the ${part} of a layer, got something else`,
        ] as const,
    ),
    [
      "with addresses beyond its memory",
      withSlots((slot, i) => (i === 1 ? { ...slot, lists: 2 ** 30 } : slot)),
      "layer 1 of the module: expected the weights of a layer, got something else",
    ],
    ["with more slots", withSection(content => moreSlots(content)), "a table of"],
  ])("%s", async (_, source, message) => {
    const { model, warnings } = await loaded({}, source);
    expect(warnings).toEqual([expect.stringContaining(message)]);
    expect(warnings[0]).toMatch(/^library kernels stay in place: run\/not-tritc: /);
    expect(await model.specialized).toMatchObject({ layers: 0 });
    const { model: sound } = await loaded();
    expect(resultsOf(model)).toEqual(resultsOf(sound));
    await expect(specialize(model)).rejects.toThrow(RunError);
  });

  test("for want of room for data", async () => {
    const source = withSlots((slot, i) => (i === 2 ? { ...slot, roomBytes: 16 } : slot));
    const { model, warnings } = await loaded({}, source);
    expect(warnings).toEqual([expect.stringMatching(/^1 of \d layers stays as it is: /)]);
    expect(await model.specialized).toMatchObject({ layers: LAYERS - 1 });
    const { model: sound } = await loaded();
    expect(resultsOf(model)).toEqual(resultsOf(sound));
  });
});

describe("a section with bytes changed", () => {
  const random = new Random(97);
  const content = sectionOf(wasm);
  const flips = Array.from({ length: 60 }, () => [
    random.integer(0, content.length - 1),
    1 << random.integer(0, 7),
  ]);

  test("is refused, and the module runs as it was", async () => {
    const { model: sound } = await loaded({ specialize: "off" });
    const expected = resultsOf(sound);
    for (const [at, bit] of flips as [number, number][]) {
      const source = withSection(bytes => bytes.with(at, bytes[at]! ^ bit));
      const { model, warnings } = await loaded({}, source);
      expect(await model.specialized, `byte ${at}`).toMatchObject({ layers: 0 });
      expect(warnings).toHaveLength(1);
      const refusal = await specialize(model).catch((reason: unknown) => reason);
      expect(refusal).toBeInstanceOf(RunError);
      expect((refusal as RunError).code).toBe("run/not-tritc");
      expect(resultsOf(model)).toEqual(expected);
    }
  });

  test("and a checksum to match is refused, or takes memory that is the module's own", async () => {
    for (const [at, bit] of flips as [number, number][]) {
      const source = withSection(bytes =>
        sealed(unsealed(bytes).with(at % 90, bytes[at % 90]! ^ bit)),
      );
      const { model } = await loaded({ specialize: "off" }, source);
      const size = model.exports.memory.buffer.byteLength;
      const quiet = { onWarning: () => {} };
      const outcome = await specialize(model, quiet).catch((reason: unknown) => reason);
      if (outcome instanceof Error) expect(outcome, `byte ${at}`).toBeInstanceOf(RunError);
      else expect(() => resultsOf(model)).not.toThrow();
      expect(model.exports.memory.buffer.byteLength).toBe(size);
    }
  });
});
