/**
 * @file Writes docs/benchmarks.md and its charts from measured figures.
 *
 *     npm run bench -- --json > bench.json
 *     node bench/layers.ts --json > layers.json
 *     node bench/compile-time.ts --json > compile.json
 *     node bench/publish.ts bench.json layers.json compile.json
 *
 * Any may be docs/benchmarks.json, which keeps its part as it was.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { OPTIMIZE_CHOICES } from "../core/abi.ts";
import { layerChart, ratioChart } from "./charts.ts";
import type { CompileTime } from "./compile-time.ts";
import type { LayerReport, LayerTime } from "./layer-time.ts";
import type { Row } from "./measure-net.ts";

interface BenchReport {
  readonly machine: string;
  readonly node: string;
  readonly rows: readonly Row[];
  readonly memory: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly layers?: LayerReport;
  readonly compileTimes?: readonly CompileTime[];
}

const DOCS = fileURLToPath(new URL("../docs/", import.meta.url));

const { positionals } = parseArgs({ allowPositionals: true });
const [benchPath, layersPath, compilePath] = positionals;
if (benchPath === undefined) {
  console.error("usage: node bench/publish.ts BENCH.json [LAYERS.json [COMPILE.json]]");
  process.exit(2);
}
const report = JSON.parse(readFileSync(benchPath, "utf8")) as BenchReport;
const layers = layersPath === undefined ? report.layers : readLayers(layersPath);
const compileTimes =
  compilePath === undefined
    ? report.compileTimes
    : (JSON.parse(readFileSync(compilePath, "utf8")) as BenchReport).compileTimes;
const parts = { ...(layers && { layers }), ...(compileTimes && { compileTimes }) };

mkdirSync(`${DOCS}images`, { recursive: true });
write("images/bench.svg", await ratioChart(report.rows));
if (layers !== undefined) write("images/layers.svg", await layerChart(layers.rows));
write("benchmarks.json", `${JSON.stringify({ ...report, ...parts }, null, 2)}\n`);
write("benchmarks.md", page({ ...report, ...parts }));

function readLayers(path: string): LayerReport {
  const read = JSON.parse(readFileSync(path, "utf8")) as LayerReport | { layers: LayerReport };
  return "layers" in read ? read.layers : read;
}

function write(path: string, text: string): void {
  writeFileSync(`${DOCS}${path}`, text);
  console.log(`wrote docs/${path}`);
}

function page({ machine, node, rows, memory, layers, compileTimes }: BenchReport): string {
  return [
    "# Benchmarks",
    "",
    "<!-- Written by bench/publish.ts from benchmarks.json; changes made here are lost. -->",
    "",
    `One thread each, on ${machine}, Node ${node}; every contender in every round, medians. A ratio above 1: tritc is that many times faster. \`npm run bench\` measures it again.`,
    "",
    "Rivals run the same topology with dense weights (`resnet8-1.5` is 1.5 times as wide as what they run there); `ort-node` is native, all others are",
    "WebAssembly. *size* and *code* are our `--optimize size` and `speed`; the number is the percentage of zero weights. Weights are random, or trained where it says so (then images are bytes, the first layer has 4 bits and the last 8):",
    "what ternary networks reach is in [results.md](results.md). The call through JavaScript counts for everybody.",
    "",
    "![How many times faster tritc is than each rival](images/bench.svg)",
    "",
    ...ratioLines(rows),
    "",
    "## Memory",
    "",
    "kB. Ours is the module's linear memory, all of it; theirs is by how much a process grows at its peak when it loads the runtime and runs the network.",
    "",
    ...memoryTable(memory),
    "",
    ...(layers === undefined ? [] : layerSection(layers)),
    ...(compileTimes === undefined ? [] : compileSection(compileTimes)),
  ].join("\n");
}

function layerSection({ machine, processors, load, node, rows }: LayerReport): string[] {
  return [
    "## As layers grow",
    "",
    `3×3 convolutions at ${percent(rows[0]!.zeros)} zeros, in GMAC/s of the dense layer: half of what a chain of three takes longer than a single one, so that calls and conversions do not count. \`node bench/layers.ts\` measures it.`,
    "",
    `On ${machine}, Node ${node}, while ${load.toFixed(1)} threads wanted its ${processors} processors; so this is processor time, medians of rounds that hold every contender. Ours is as V8 compiles it in the end, 7-bit activations; weights are random.`,
    ...(load > processors
      ? [
          "Ratios within a row hold better than the rates, or than one row against another: caches and cores were shared.",
        ]
      : []),
    "",
    "![Speed of 3×3 convolutions by their number of channels](images/layers.svg)",
    "",
    ...layerTable(rows),
    "",
    "*speed*, *balanced* and *size* are what the planner takes under each aim: *code* is weights as code, *lists* and *kernels* are the library's kernels, over lists of weights and over packed ones. Code falls off where a layer has many weights for few pixels: straight-line code would be fetched from memory, each instruction for few uses, and lists of bytes that it reads instead gain only a part of it back. The planner leaves code only where another method of ours is predicted to be faster.",
    "",
  ];
}

function compileSection(times: readonly CompileTime[]): string[] {
  const body = times.map(({ net, variant, seconds, moduleBytes }) => [
    net,
    variant,
    seconds.toFixed(1),
    kilo(moduleBytes),
  ]);
  return [
    "## Compile time",
    "",
    "Seconds of processor time to compile under `--optimize speed`, calibration on eight images included, which is half of it for large images. `node bench/compile-time.ts` measures it.",
    "",
    ...markdown(["net", "ours", "s", "kB"], body),
    "",
  ];
}

function ratioLines(rows: readonly Row[]): string[] {
  const rivals = [...new Set(rows.map(row => row.rival))];
  const keyOf = (row: Row): string => `${row.net} ${row.ours}`;
  const body = [...new Set(rows.map(keyOf))].map(key => {
    const group = rows.filter(row => keyOf(row) === key);
    const { net, ours, zeros, trained, ourUs, moduleBytes } = group[0]!;
    const ratios = rivals.map(
      name => `${group.find(row => row.rival === name)!.ratio.toFixed(2)}×`,
    );
    const weights = trained ? "trained" : "random";
    return [net, ours, percent(zeros), weights, kilo(moduleBytes), ourUs.toFixed(1), ...ratios];
  });
  return markdown(
    ["net", "ours", "zeros", "weights", "kB", "µs", ...rivals.map(rival => `vs ${rival}`)],
    body,
  );
}

function memoryTable(memory: BenchReport["memory"]): string[] {
  const names = [...new Set(Object.values(memory).flatMap(of => Object.keys(of)))];
  const body = Object.entries(memory).map(([net, of]) => [
    net,
    ...names.map(name => (of[name] === undefined ? "" : kilo(of[name]))),
  ]);
  return markdown(["net", ...names], body);
}

function layerTable(rows: readonly LayerTime[]): string[] {
  const names = [...new Set(rows.flatMap(({ us }) => Object.keys(us)))];
  const rate = ({ mmac, us }: LayerTime, name: string): string =>
    (us[name] ?? 0) > 0 ? ((1000 * mmac) / us[name]!).toFixed(0) : "";
  const aims = OPTIMIZE_CHOICES.toReversed();
  const body = rows.map(row => [
    `${row.channels} at ${row.side}×${row.side}`,
    ...names.map(name => rate(row, name)),
    ...aims.map(aim => row.chosen[aim].replace("tritc-", "")),
  ]);
  return markdown(["channels", ...names, ...aims], body);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function kilo(bytes: number): string {
  return (bytes / 1000).toFixed(0);
}

function markdown(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...body.map(line)];
}
