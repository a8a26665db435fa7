/** @file Modules for several threads give the bits of one thread, and nothing is divided that must not be. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { emitWasm } from "../compiler/emit/module.ts";
import { PATIENCE_LOOKS, PATIENCE_NS } from "../compiler/emit/threads.ts";
import type { Compilation } from "../compiler/index.ts";
import { bytesOf, type Tensor } from "../core/tensor.ts";
import type { Graph } from "../model/ir/graph.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { evaluate } from "../model/ops/index.ts";
import { load as loadAlone, RunError } from "../runtime/index.ts";
import { load, ThreadedModel } from "../runtime/threads/index.ts";
import { formatNpy } from "../trainer/data/index.ts";
import { modelKind } from "../trainer/models/index.ts";
import { runTritc } from "./errors/terminal.ts";
import { Random } from "./fuzz/random.ts";
import { randomGraph, randomInputs } from "./fuzz/random-graph.ts";
import {
  compileAsIs,
  compileGraph,
  graphOf,
  kernels,
  runModule,
} from "./plan/compile-and-compare.ts";
import { FREE_BARRIERS as costs } from "./plan/free-barriers.ts";
import { fourBitBlock, image, planeConv, residualBlock, SAME } from "./plan/plane-graphs.ts";

const planes = residualBlock(9);
/** Of rows that 2 or 3 threads share evenly. */
const evenPlanes = residualBlock(12);

/** Sums of two branches that wait in scratch memory: on one thread, not in the order of the plan. */
const crossed = graphOf(b => {
  const random = new Random(3);
  const x = image(b, "x", [1, 40, 12, 12]);
  const wide = { ...SAME, channels: 44 };
  const first = planeConv(b, random, x, wide);
  const second = planeConv(b, random, first, wide);
  const third = planeConv(b, random, second, wide);
  const branch = planeConv(b, random, first, wide);
  return [planeConv(b, random, second, wide, first), planeConv(b, random, third, wide, branch)];
}, "crossed");
const fourBits = fourBitBlock(7);
const evenFourBits = fourBitBlock(6);

/** Filters that become lists of weights, over rows that no threads share evenly. */
const lists = listsOf({ channels: 256, zeros: 0.8, most: 15 });
/** Sums outgrow 16 bits: channels share buckets. */
const denseLists = listsOf({ channels: 512, zeros: 0.5, most: 127 });

function listsOf({ channels, zeros, most }: { channels: number; zeros: number; most: number }) {
  return graphOf(b => {
    const random = new Random(3);
    const x = planeConv(b, random, image(b, "x", [1, 3, 7, 7]), { ...SAME, channels, most });
    const wide = { ...SAME, channels: 512, zeros };
    return [planeConv(b, random, x, { ...wide, most }, planeConv(b, random, x, wide))];
  }, "lists");
}

/** Two layers of one value: one has its scratch memory where the other has its result. */
const branches = graphOf(b => {
  const random = new Random(3);
  const x = image(b, "x", [1, 40, 9, 12]);
  return [44, 20].map(channels => planeConv(b, random, x, { ...SAME, channels }));
}, "branches");

function network(kind: "resnet8" | "mobilenet-v1", width: number): Graph {
  return modelKind(kind)!.build({ input: [3, 32, 32], classes: 10, width, seed: 1 });
}

function compileNetwork(graph: Graph, options: Parameters<typeof compileGraph>[1]): Compilation {
  const samples = [0, 1].map(seed => randomInputs(graph, seed));
  return compileGraph(graph, { samples, costs, ...options });
}

const CASES: readonly (readonly [string, (threads: number) => Compilation])[] = [
  ["code on planes", threads => compileAsIs(planes, { threads, costs })],
  ["code on planes, rows apart", threads => compileAsIs(evenPlanes, { threads, costs })],
  ["branches as code", threads => compileAsIs(branches, { threads, costs })],
  ["branches whose sums wait", threads => compileAsIs(crossed, { threads, costs })],
  ["code in lanes of 8 bits", threads => compileAsIs(fourBits, { threads, costs })],
  ["code in lanes of 8 bits, rows apart", threads => compileAsIs(evenFourBits, { threads, costs })],
  ["lists of weights, a row more for some", threads => compileAsIs(lists, { threads, costs })],
  ["lists of pairs of channels", threads => compileAsIs(denseLists, { threads, costs })],
  ["code on planes, relaxed", threads => compileAsIs(planes, { threads, costs, simd: "relaxed" })],
  [
    "ResNet-8 as f32",
    threads => compileNetwork(network("resnet8", 0.5), { threads, weights: "f32" }),
  ],
  [
    "ResNet-8 as code",
    threads =>
      compileNetwork(network("resnet8", 0.5), { threads, weights: "ternary", optimize: "speed" }),
  ],
  [
    "MobileNet as int8 on channel planes",
    threads =>
      compileNetwork(network("mobilenet-v1", 0.5), { threads, weights: "int8", optimize: "speed" }),
  ],
  [
    "MobileNet as int8, scalar",
    threads =>
      compileNetwork(network("mobilenet-v1", 0.25), { threads, weights: "int8", simd: "scalar" }),
  ],
];

const opened: ThreadedModel[] = [];
afterAll(async () => {
  await Promise.all(opened.map(model => model.close()));
});

async function open(wasm: Uint8Array): Promise<ThreadedModel> {
  const model = await load(wasm as BufferSource);
  opened.push(model);
  return model;
}

type Bytes = Readonly<Record<string, Uint8Array>>;

function expected(graph: Graph, inputs: Readonly<Record<string, Tensor>>): Bytes {
  const values = Object.entries(evaluate(graph, inputs));
  return Object.fromEntries(values.map(([name, value]) => [name, new Uint8Array(bytesOf(value))]));
}

function runOnThreads(model: ThreadedModel, inputs: Readonly<Record<string, Tensor>>): Bytes {
  const given = Object.entries(inputs).map(([name, { data }]) => [name, data]);
  const outputs = Object.entries(model.run(Object.fromEntries(given)));
  return Object.fromEntries(
    outputs.map(([name, { buffer, byteOffset, byteLength }]) => [
      name,
      new Uint8Array(buffer, byteOffset, byteLength).slice(),
    ]),
  );
}

/** The module in which one thread runs each step's shares, the last thread's first. */
function backwards({ plan, manifest }: Compilation): Compilation["wasm"] {
  const { threads, ...rest } = plan;
  const calls = threads!.steps.flatMap(step => step.toReversed().flat());
  const library = kernels.modules[plan.simd];
  return emitWasm({ plan: { ...rest, calls }, manifest, library });
}

describe.each(CASES)("%s", (_name, compiled) => {
  test.each([2, 3])("gives the oracle's bits on %d threads", async threads => {
    const compilation = compiled(threads);
    const { graph, plan, wasm } = compilation;
    const divided = plan.threads!.steps.filter(([, second]) => second!.length > 0);
    expect(divided.length).toBeGreaterThan(2);
    const model = await open(wasm);
    expect(model.threads).toBe(threads);
    for (let seed = 0; seed < 2; seed++) {
      const inputs = randomInputs(graph, seed);
      const bits = expected(graph, inputs);
      expect(runModule({ ...compilation, wasm: backwards(compilation) }, inputs, 0xa5)).toEqual(
        bits,
      );
      for (let run = 0; run < 10; run++) expect(runOnThreads(model, inputs)).toEqual(bits);
    }
  });
});

describe("random networks", () => {
  test("give the oracle's bits, whichever thread is first", () => {
    for (let seed = 0; seed < 16; seed++) {
      const graph = randomGraph(seed, { layers: 5, batch: 1 + (seed % 2) });
      const simd = seed % 3 === 0 ? "scalar" : "simd128";
      const compilation = compileGraph(graph, { threads: 2 + (seed % 2), costs, simd });
      const inputs = randomInputs(compilation.graph, seed);
      const got = runModule({ ...compilation, wasm: backwards(compilation) }, inputs, 0xff);
      expect(got, `seed ${seed}`).toEqual(expected(compilation.graph, inputs));
    }
  });
});

test("each thread makes the same rows of layer after layer, by the same functions", () => {
  const { plan } = compileAsIs(evenPlanes, { threads: 2, costs });
  const shares = plan.threads!.steps.flatMap(step =>
    step.flatMap((own, thread) => own.map(({ kernel, share }) => ({ kernel, share, thread }))),
  );
  const divided = shares.filter(({ share }) => share !== undefined);
  expect(divided.length).toBeGreaterThan(2);
  for (const { share, thread } of divided) expect(thread).toBe(share);
  for (const { kernel } of divided) {
    const made = divided.filter(each => each.kernel === kernel).map(({ share }) => share);
    expect(made.toSorted()).toEqual([0, 1]);
  }
});

test.each([
  ["a bucket for each", lists],
  ["shared ones", denseLists],
])("layers that are lists of weights are divided by rows, whose number differs: %s", (_, graph) => {
  const { plan } = compileAsIs(graph, { threads: 2, costs });
  const shared = plan.threads!.steps.flat(2).filter(({ share }) => share !== undefined);
  const [first, last] = [plan.code.at(0)!.layer, plan.code.at(-1)!.layer];
  const layerOf = ({ kernel }: { kernel: string }) =>
    plan.code.find(({ name }) => name === kernel)?.layer;
  expect(shared.map(layerOf)).toContain(last);
  expect(shared.map(layerOf)).not.toContain(first);
});

test("rows take no more steps than channels", () => {
  const steps = [residualBlock(12), residualBlock(13)].map(
    graph => compileAsIs(graph, { threads: 2, costs }).plan.threads!.steps.length,
  );
  expect(steps[0]).toBeLessThanOrEqual(steps[1]!);
});

describe("the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "tritc-threads-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const [model, wasm, input] = ["model.onnx", "model.wasm", "x.npy"].map(name =>
    join(folder, name),
  ) as [string, string, string];

  test("compiles, verifies and runs a module for threads", async () => {
    const graph = network("resnet8", 0.25);
    writeFileSync(model, writeOnnx(graph));
    const [x] = Object.values(randomInputs(graph, 1));
    writeFileSync(input, formatNpy(x!));
    expect(await runTritc("compile", model, "-o", wasm, "--threads")).toMatchObject({ code: 0 });
    const report = JSON.parse((await runTritc("inspect", wasm, "--json")).out);
    expect(report.manifest.options.threads).toBe(2);
    const verdict = await runTritc("verify", model, wasm, "--samples", "2", "--json");
    expect(JSON.parse(verdict.out)).toMatchObject({ samples: 2, identical: true });
    const { out } = await runTritc("run", wasm, input, "--json");
    const alone = join(folder, "alone.wasm");
    await runTritc("compile", model, "-o", alone);
    expect(out).toBe((await runTritc("run", alone, input, "--json")).out);
  });

  test("has no commands for WASI with threads", async () => {
    const options = ["--threads", "3", "--target", "wasi"];
    const { code, err } = await runTritc("compile", model, "-o", wasm, ...options);
    expect(code).toBe(2);
    expect(err).toContain("a WASI command has one thread");
  });
});

/** The module, in which threads wait for each other no longer than `patience`, in place of `long`. */
function withPatience(wasm: Uint8Array, long: bigint, patience: bigint): Uint8Array {
  const [own, less] = [long, patience].map(value => {
    const bytes = Array.from({ length: 6 }, (_, i) => Number((value >> BigInt(7 * i)) & 127n));
    return Buffer.from(bytes.map((byte, i) => (i < 5 ? byte | 128 : byte)));
  }) as [Buffer, Buffer];
  const at = Buffer.from(wasm).indexOf(own);
  expect(at).toBeGreaterThan(0);
  const changed = wasm.slice();
  changed.set(less, at);
  return changed;
}

describe("opening", () => {
  const single = compileAsIs(planes);
  const shared = compileAsIs(planes, { threads: 2 });
  const failure = async (work: () => unknown): Promise<string> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof RunError) return error.message;
      throw error;
    }
    throw new Error("nothing was thrown");
  };

  test("says what to do with a module of the other kind", async () => {
    expect(await failure(() => loadAlone(shared.wasm))).toMatch(/has-threads.*runtime\/threads/);
    expect(await failure(() => load(single.wasm))).toMatch(
      /no-threads.*load it with tritc\/runtime/,
    );
  });

  test("says so after close, and keeps the outputs", async () => {
    const model = await open(shared.wasm);
    const inputs = randomInputs(planes, 1);
    const bits = runOnThreads(model, inputs);
    await model.close();
    expect(await failure(() => model.run())).toMatch(/no-threads.*closed/);
    const { buffer, byteOffset, byteLength } = Object.values(model.outputs)[0]!;
    expect(new Uint8Array(buffer, byteOffset, byteLength).slice()).toEqual(Object.values(bits)[0]);
  });

  /** A model whose second thread is what `fault` says of it: it takes no part in runs. */
  const withoutThread = async (wasm: Uint8Array, fault?: string): Promise<ThreadedModel> => {
    const module = await WebAssembly.compile(wasm as BufferSource);
    const pages = shared.manifest.memory.peakMemoryBytes / 65536;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const instance = await WebAssembly.instantiate(module, { tritc: { memory } });
    const thread = { close: async () => {}, fault: () => fault };
    return new ThreadedModel(module, shared.manifest, instance, [thread]);
  };

  test("says so where a thread has ended, before it waits for it", async () => {
    const model = await withoutThread(shared.wasm, "one that has ended");
    expect(await failure(() => model.run())).toMatch(/no-threads.*takes part.*has ended/);
    expect(await failure(() => model.run())).toMatch(/no-threads.*closed/);
  });

  test("does not wait for ever for a thread that never comes", async () => {
    const model = await withoutThread(withPatience(shared.wasm, PATIENCE_NS, 20_000_000n));
    expect(await failure(() => model.run())).toMatch(/no-threads.*takes part.*unreachable/);
  });

  test("does not look for ever for it where it may not sleep, as in a page", async () => {
    vi.stubGlobal("document", {});
    const model = await withoutThread(withPatience(shared.wasm, PATIENCE_LOOKS, 1_000_000n));
    vi.unstubAllGlobals();
    expect(await failure(() => model.run())).toMatch(/no-threads.*takes part.*unreachable/);
  });

  test("gives another instance memory and threads of its own", async () => {
    const model = await open(shared.wasm);
    const other = await model.instantiate();
    opened.push(other);
    const [a, b] = [randomInputs(planes, 1), randomInputs(planes, 2)];
    const bits = runOnThreads(model, a);
    expect(runOnThreads(other, b)).toEqual(expected(planes, b));
    expect(runOnThreads(model, a)).toEqual(bits);
  });

  test.each([
    [{ threads: 1 }, /2 to 16/],
    [{ threads: 2.5 }, /2 to 16/],
    [{ threads: 2, specializeAtLoad: true, optimize: "speed" }, /at load/],
  ] as const)("refuses %o", (options, message) => {
    expect(() => compileGraph(randomGraph(1), options)).toThrow(message);
  });
});
