/**
 * @file The kernels of the library, one layer each, beside ONNX Runtime's time for that layer.
 *
 *     node bench/kernels.ts [--only PATTERN] [--rounds N] [--json]
 *
 * `--only` is a regular expression on names of layers. All contenders of a
 * layer take turns; times are those of the fastest round, since on a busy machine
 * the others measure the neighbours. Weights and inputs are random and seeded.
 */

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { SIMD_TIERS, type SimdTier } from "../core/abi.ts";
import {
  buildKernels,
  type KernelRow,
  kernelLibrary,
  readKernelTable,
} from "../scripts/build-kernels.ts";
import { kernelCandidate, type LayerShape, macsOf } from "./kernel-calls.ts";
import { type ChainCandidate, LONG, layerRivals, SHORT } from "./layer-rivals.ts";
import { RIVALS } from "./rivals.ts";
import { type Timing, timeInterleaved } from "./timing.ts";

interface Row {
  readonly layer: string;
  /** A kernel, or a rival. */
  readonly name: string;
  readonly us: number;
  /** Dense-equivalent, in 10⁹ multiplications per second. */
  readonly gmacs: number;
  /** The rival's time over ours, by rival; of kernels only. */
  readonly ratios: Readonly<Record<string, number>>;
}

function layer(
  name: string,
  op: LayerShape["op"],
  size: number,
  kernel: number,
  inputs: number,
  outputs = inputs,
): LayerShape {
  return { name, op, size, kernel, inputs, outputs };
}

const LAYERS: readonly LayerShape[] = [
  layer("first 3x3 3-16 @32", "conv", 32, 3, 3, 16),
  layer("3x3 16-16 @32", "conv", 32, 3, 16),
  layer("3x3 32-32 @16", "conv", 16, 3, 32),
  layer("3x3 64-64 @8", "conv", 8, 3, 64),
  layer("3x3 128-128 @28", "conv", 28, 3, 128),
  layer("1x1 256-256 @14", "conv", 14, 1, 256),
  layer("1x1 64-128 @56", "conv", 56, 1, 64, 128),
  layer("gemv 1024-1024", "conv", 1, 1, 1024),
  layer("depthwise 3x3 64 @25", "depthwise", 25, 3, 64),
  layer("depthwise 3x3 512 @14", "depthwise", 14, 3, 512),
  layer("depthwise 5x5 96 @14", "depthwise", 14, 5, 96),
];

const FAMILIES: Readonly<Record<LayerShape["op"], RegExp>> = {
  conv: /_igemm_(minmax|requant)$/,
  depthwise: /_dwconv_(minmax|requant)$/,
};
const ROUND_MS = 5;
const RIVAL_NAMES = RIVALS.filter(({ runtime }) => runtime !== "tfjs").map(({ name }) => name);

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "40" },
    json: { type: "boolean", default: false },
  },
});
await buildKernels();
const table = readKernelTable();
const libraries = Object.fromEntries(
  SIMD_TIERS.map(tier => [tier, new Uint8Array(readFileSync(kernelLibrary(tier)))]),
) as Record<SimdTier, Uint8Array<ArrayBuffer>>;

const rows: Row[] = [];
for (const shape of LAYERS.filter(({ name }) => new RegExp(values.only).test(name))) {
  const measured = await benchLayer(shape);
  if (!values.json) console.log(textOf(measured));
  rows.push(...measured);
}
if (values.json) {
  const machine = cpus()[0]?.model ?? "unknown";
  console.log(JSON.stringify({ machine, node: process.version, rows }, null, 2));
}

async function benchLayer(shape: LayerShape): Promise<Row[]> {
  const kernels = table.filter(row => suits(row, shape));
  const ours = kernels.map(row => kernelCandidate(row, libraries[row.isa], shape));
  const rivals = await layerRivals(shape);
  const options = { rounds: Number(values.rounds), roundMs: ROUND_MS };
  const timings = await timeInterleaved([...ours, ...rivals], options);
  const rivalUs = new Map(RIVAL_NAMES.map(name => [name, layerUs(rivals, timings, name)]));
  const gmacs = (us: number): number => macsOf(shape) / us / 1000;
  const ourRows = kernels.map(({ name }) => {
    const us = timings.find(timing => timing.name === name)!.leastUs;
    const ratios = Object.fromEntries([...rivalUs].map(([rival, theirs]) => [rival, theirs / us]));
    return { layer: shape.name, name, us, gmacs: gmacs(us), ratios };
  });
  const theirRows = [...rivalUs].map(([name, us]) => ({
    layer: shape.name,
    name,
    us,
    gmacs: gmacs(us),
    ratios: {},
  }));
  return [...ourRows, ...theirRows];
}

function suits({ family, mr }: KernelRow, { op, size }: LayerShape): boolean {
  const isVector = size === 1 && op === "conv";
  return FAMILIES[op].test(family) && (op !== "conv" || isVector === (mr === 1));
}

/** One layer of a rival's chains, in the form that suits it best. */
function layerUs(chains: readonly ChainCandidate[], timings: readonly Timing[], rival: string) {
  const own = chains.filter(chain => chain.rival === rival);
  const usOf = ({ name }: ChainCandidate) => timings.find(t => t.name === name)!.leastUs;
  const long = own.filter(({ length }) => length === LONG);
  return Math.min(
    ...long.map(chain => {
      const short = own.find(({ form, length }) => form === chain.form && length === SHORT)!;
      return (usOf(chain) - usOf(short)) / (LONG - SHORT);
    }),
  );
}

function textOf(layerRows: readonly Row[]): string {
  const lines = layerRows.map(({ name, us, gmacs, ratios }) => {
    const beside = RIVAL_NAMES.map(rival => (ratios[rival] ? `${ratios[rival].toFixed(2)}x` : ""));
    const figures = [us.toFixed(1), gmacs.toFixed(1), ...beside];
    return [name.padEnd(44), ...figures.map(text => text.padStart(13))].join(" ");
  });
  const head = ["µs", "GMAC/s", ...RIVAL_NAMES.map(name => name.replace("ort-", "vs "))];
  const title = layerRows[0]?.layer ?? "";
  return [[title.padEnd(44), ...head.map(text => text.padStart(13))].join(" "), ...lines, ""].join(
    "\n",
  );
}
