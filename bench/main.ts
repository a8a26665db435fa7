/**
 * @file `npm run bench`: our modules beside ONNX Runtime, in one process, in
 * interleaved rounds. Prints ratios first; `--json` prints rows.
 *
 * Weights are random and seeded. Rivals run the same topology with dense
 * weights; `code-70` is weights as code, 70 % of them zero.
 */

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Compilation, type CompileOptions, compile } from "../compiler/index.ts";
import type { WeightChoice } from "../core/abi.ts";
import { sparsityOf } from "../core/ternary.ts";
import type { Graph } from "../model/ir/graph.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { load } from "../runtime/index.ts";
import { TARGETS } from "../targets/index.ts";
import { loadKernelLibrary } from "../targets/kernel-files.ts";
import { int8Rival } from "./int8-rival.ts";
import { buildNet, NET_NAMES, type Net, ternaryNet } from "./nets.ts";
import { openRivals } from "./rivals.ts";
import { type Candidate, type Timing, timeInterleaved } from "./timing.ts";

interface Row {
  readonly net: string;
  /** Name of our variant. */
  readonly ours: string;
  /** Share of zero weights in ternary layers, 0 to 1. */
  readonly zeros: number;
  readonly trained: false;
  readonly rival: string;
  readonly ourUs: number;
  readonly rivalUs: number;
  /** rivalUs / ourUs: above 1, we are faster. */
  readonly ratio: number;
  readonly moduleBytes: number;
  readonly memoryBytes: number;
}

/** How a network is compiled; with `zeros`, after its weights became ternary ones. */
interface Variant {
  readonly name: string;
  readonly weights: WeightChoice;
  readonly zeros?: number;
  readonly options?: Partial<CompileOptions>;
}

/** 7-bit activations: the sums of most layers then fit 16 bits. */
const SPEED = { optimize: "speed", activations: "u7" } as const;
const VARIANTS: readonly Variant[] = [
  { name: "f32", weights: "f32" },
  { name: "int8", weights: "int8" },
  // Ternary weights stay what they are; depthwise filters become int8.
  { name: "ternary", weights: "int8", zeros: 0.5 },
  ...[0.33, 0.5, 0.7, 0.9].map(zeros => ({
    name: `code-${100 * zeros}`,
    weights: "int8" as const,
    zeros,
    options: SPEED,
  })),
];
const kernels = loadKernelLibrary();

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const names = NET_NAMES.filter(name => values.only === undefined || name === values.only);
if (names.length === 0) {
  console.error(`error: --only takes one of ${NET_NAMES.join(", ")}`);
  process.exit(2);
}

const rows: Row[] = [];
for (const name of names) rows.push(...(await benchNet(buildNet(name))));
const report = { machine: cpus()[0]?.model ?? "unknown", node: process.version, rows };
console.log(values.json ? JSON.stringify(report, null, 2) : tableOf(report.rows));

async function benchNet(net: Net): Promise<Row[]> {
  const modules = VARIANTS.map(variant => compileNet(net, variant));
  const ours = await Promise.all(
    modules.map(({ wasm }, i) => candidateOf(VARIANTS[i]!.name, wasm, net)),
  );
  const rivals = await openRivals(
    { f32: writeOnnx(net.graph), int8: int8Rival(net.graph, net.samples) },
    net.input,
  );
  const rounds = values.quick ? { rounds: 5, roundMs: 20 } : { rounds: 25, roundMs: 40 };
  const timings = await timeInterleaved([...ours, ...rivals], rounds);
  const [ourTimes, rivalTimes] = [timings.slice(0, ours.length), timings.slice(ours.length)];
  if (!values.json) console.log(timingLines(net.name, timings));
  return VARIANTS.flatMap(({ name }, i) =>
    rivalTimes.map(rival => ({
      net: net.name,
      ours: name,
      zeros: weightZeros(modules[i]!.graph),
      trained: false as const,
      rival: rival.name,
      ourUs: ourTimes[i]!.medianUs,
      rivalUs: rival.medianUs,
      ratio: rival.medianUs / ourTimes[i]!.medianUs,
      moduleBytes: modules[i]!.wasm.length,
      memoryBytes: modules[i]!.manifest.memory.peakMemoryBytes,
    })),
  );
}

function compileNet(net: Net, { weights, zeros, options }: Variant): Compilation {
  const { graph } = zeros === undefined ? net : ternaryNet(net, zeros);
  const samples = weights === "f32" ? {} : { samples: net.samples };
  return compile(graph, { target: TARGETS.node, kernels, weights, ...samples, ...options });
}

async function candidateOf(name: string, wasm: Uint8Array, net: Net): Promise<Candidate> {
  const model = await load(wasm as Uint8Array<ArrayBuffer>);
  const input = { [Object.keys(net.samples[0]!)[0]!]: Float32Array.from(net.input.data) };
  return { name: `tritc-${name}`, run: () => model.run(input) };
}

function weightZeros({ nodes }: Graph): number {
  const trits = nodes.flatMap(node =>
    node.kind === "const" && node.attrs.tensor.dtype === "i2" ? [...node.attrs.tensor.data] : [],
  );
  return sparsityOf(trits);
}

function timingLines(net: string, timings: readonly Timing[]): string {
  const lines = timings.map(({ name, medianUs, lowUs, highUs }) => {
    const spread = `(${lowUs.toFixed(1)} … ${highUs.toFixed(1)})`;
    return `  ${name.padEnd(16)} ${medianUs.toFixed(1).padStart(9)} µs ${spread}`;
  });
  return [`${net}: median per inference, first and third quartile`, ...lines, ""].join("\n");
}

/** Ratios: a line per network and weights, a column per rival. */
function tableOf(all: readonly Row[]): string {
  const rivals = [...new Set(all.map(row => row.rival))];
  const head = ["net", "tritc", "bytes", ...rivals.map(rival => `vs ${rival}`)];
  const keys = [...new Set(all.map(row => `${row.net} ${row.ours}`))];
  const body = keys.map(key => {
    const group = all.filter(row => `${row.net} ${row.ours}` === key);
    const ratios = rivals.map(rival => `${group.find(r => r.rival === rival)!.ratio.toFixed(2)}x`);
    return [...key.split(" "), String(group[0]!.moduleBytes), ...ratios];
  });
  const widths = head.map((_, i) => Math.max(...[head, ...body].map(line => line[i]!.length)));
  const format = (line: readonly string[]): string =>
    line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  return [
    "How many times faster than the rival (above 1: tritc is)",
    format(head),
    ...body.map(format),
  ].join("\n");
}
