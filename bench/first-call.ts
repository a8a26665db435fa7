/**
 * @file How long the first answers of a module take: engines compile functions
 * as they are first called, and again when they turn out to be hot.
 *
 *     node bench/first-call.ts [--zeros 0.7] [--calls 2000] [--processes 5] [--json]
 *
 * Each way of building and loading ResNet-8 runs in processes of its own, so
 * that no other has warmed up the engine. The least of each number is printed:
 * what else the machine does only adds to it.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brotliCompressSync } from "node:zlib";
import { load } from "../runtime/specialize/index.ts";
import { buildNet } from "./nets.ts";
import { compileVariant, type Variant } from "./variants.ts";

/** What one process saw, in milliseconds but for the steady state. */
interface Latency {
  /** From bytes to a model that can be called; code that is written at load included. */
  readonly loadMs: number;
  readonly generateMs: number;
  readonly compileMs: number;
  /** Of code that was written at load. */
  readonly codeBytes: number;
  readonly firstCallMs: number;
  readonly secondCallMs: number;
  /** Median of the last tenth of the calls. */
  readonly steadyUs: number;
  /** Calls until a run of ten is within a quarter of the steady state. */
  readonly callsUntilSteady: number;
  /** From bytes to there. */
  readonly untilSteadyMs: number;
}

interface Row extends Latency {
  readonly way: string;
  readonly moduleBytes: number;
  /** The same after brotli, at its best. */
  readonly compressedBytes: number;
}

const NET = "resnet8";
const WINDOW = 10;
const NEARLY = 1.25;

const { values } = parseArgs({
  options: {
    zeros: { type: "string", default: "0.7" },
    calls: { type: "string", default: "2000" },
    processes: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
    measure: { type: "string" },
    specialize: { type: "string", default: "off" },
  },
});

if (values.measure === undefined) compareWays();
else console.log(JSON.stringify(await measure(values.measure, Number(values.calls))));

/** Builds every module, and measures each in a process of its own. */
function compareWays(): void {
  const folder = mkdtempSync(join(tmpdir(), "tritc-first-call-"));
  try {
    const rows = waysFor(Number(values.zeros)).map(way => measureApart(way, folder));
    console.log(values.json ? JSON.stringify(rows, null, 2) : tableOf(rows));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Way {
  readonly name: string;
  readonly variant: Variant;
  readonly isSpecialized: boolean;
}

function waysFor(zeros: number): Way[] {
  const way = (name: string, options: Variant["options"], isSpecialized = false): Way => ({
    name,
    variant: { name, weights: "auto", zeros, options: { activations: "u7", ...options } },
    isSpecialized,
  });
  const atLoad = { optimize: "speed", specializeAtLoad: true } as const;
  return [
    way("size", { optimize: "size" }),
    way("speed", { optimize: "speed" }),
    way("at load: not yet", atLoad),
    way("at load: before", atLoad, true),
  ];
}

function measureApart({ name, variant, isSpecialized }: Way, folder: string): Row {
  const { wasm } = compileVariant(buildNet(NET), variant);
  const file = join(folder, "module.wasm");
  writeFileSync(file, wasm);
  const own = fileURLToPath(import.meta.url);
  const options = ["--calls", values.calls, "--specialize", isSpecialized ? "before" : "off"];
  const latencies = Array.from({ length: Number(values.processes) }, () => {
    const text = execFileSync(process.execPath, [own, "--measure", file, ...options]);
    return JSON.parse(text.toString()) as Latency;
  });
  const compressedBytes = brotliCompressSync(wasm).length;
  return { way: name, moduleBytes: wasm.length, compressedBytes, ...leastOf(latencies) };
}

function leastOf(latencies: readonly Latency[]): Latency {
  const fields = Object.keys(latencies[0]!) as (keyof Latency)[];
  const least = fields.map(field => [field, Math.min(...latencies.map(seen => seen[field]))]);
  return Object.fromEntries(least) as Latency;
}

async function measure(file: string, calls: number): Promise<Latency> {
  const bytes = readFileSync(file);
  const start = performance.now();
  const specialize = values.specialize === "before" ? "before" : "off";
  const model = await load(bytes, { specialize });
  const loaded = performance.now();
  const times = Array.from({ length: calls }, () => {
    const before = performance.now();
    model.run();
    return performance.now() - before;
  });
  const steady = median(times.slice(-Math.ceil(calls / 10)));
  const last = times.findIndex((_, i) => median(times.slice(i, i + WINDOW)) < NEARLY * steady);
  const waiting = times.slice(0, last).reduce((sum, time) => sum + time, 0);
  const { generateMs, compileMs, bytes: codeBytes } = await model.specialized;
  return {
    loadMs: loaded - start,
    generateMs,
    compileMs,
    codeBytes,
    firstCallMs: times[0]!,
    secondCallMs: times[1]!,
    steadyUs: 1000 * steady,
    callsUntilSteady: last,
    untilSteadyMs: loaded - start + waiting,
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function tableOf(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0]!) as (keyof Row)[];
  const cell = (value: string | number): string =>
    typeof value === "string" || Number.isInteger(value) ? String(value) : value.toFixed(2);
  const lines = [columns, ...rows.map(row => columns.map(column => cell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...lines.map(line => line[i]!.length)));
  return lines
    .map(line => line.map((text, i) => (i ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))))
    .map(line => line.join("  "))
    .join("\n");
}
