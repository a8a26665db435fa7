/** @file Times the module beside ONNX Runtime Web: same process, one thread each, turn by turn. */

import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as ort from "onnxruntime-web";

const ROUNDS = 15;
const ROUND_MS = 30;

export interface Latency {
  /** Medians per image, in microseconds. */
  readonly ourUs: number;
  readonly rivalUs: number;
  /** Size of the rival's WebAssembly. */
  readonly rivalMegabytes: number;
}

/** `wasm` takes u8 pixels, `onnx` the same pixels. */
export async function timeBoth(
  wasm: string,
  onnx: string,
  pixels: ArrayLike<number>,
): Promise<Latency> {
  const candidates = [await ours(wasm, pixels), await rival(onnx, pixels)];
  const counts: number[] = [];
  for (const run of candidates) counts.push(await repetitions(run));
  const samples: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const which of [0, 1] as const) {
      const elapsedMs = await time(candidates[which]!, counts[which]!);
      samples[which].push((1000 * elapsedMs) / counts[which]!);
    }
  }
  const binary = join(
    dirname(createRequire(import.meta.url).resolve("onnxruntime-web")),
    WEB_BINARY,
  );
  return {
    ourUs: median(samples[0]),
    rivalUs: median(samples[1]),
    rivalMegabytes: statSync(binary).size / 1e6,
  };
}

const WEB_BINARY = "ort-wasm-simd-threaded.wasm";

type Run = () => unknown;

/** A WASI command called as a library: its imports serve the command line alone. */
async function ours(wasm: string, pixels: ArrayLike<number>): Promise<Run> {
  const module = await WebAssembly.compile(readFileSync(wasm));
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] = { ...imports[from], [name]: () => 0 };
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  const { memory, tritc_input, tritc_run } = exports as unknown as {
    memory: WebAssembly.Memory;
    tritc_input: (index: number) => number;
    tritc_run: () => number;
  };
  const input = new Uint8Array(memory.buffer, tritc_input(0), pixels.length);
  return () => {
    input.set(pixels);
    tritc_run();
  };
}

async function rival(onnx: string, pixels: ArrayLike<number>): Promise<Run> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(onnx, { graphOptimizationLevel: "all" });
  const [name] = session.inputNames as [string];
  const metadata = session.inputMetadata[0] as { readonly shape: readonly number[] };
  const feeds = { [name]: new ort.Tensor("uint8", Uint8Array.from(pixels), [...metadata.shape]) };
  return () => session.run(feeds);
}

async function repetitions(run: Run): Promise<number> {
  let count = 1;
  let elapsedMs = await time(run, count);
  while (elapsedMs < 2 * ROUND_MS) {
    count *= 2;
    elapsedMs = await time(run, count);
  }
  return Math.max(1, Math.round((count * ROUND_MS) / elapsedMs));
}

async function time(run: Run, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const pending = run();
    if (pending instanceof Promise) await pending;
  }
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
