/**
 * @file How cost grows with a layer: 3×3 convolutions of 16 to 512 channels,
 * as weights as code, by library kernels and as the planner chooses, beside
 * ONNX Runtime in the same rounds.
 *
 *     node bench/layers.ts [--zeros 0.7] [--quick] [--json]
 *
 * A layer's time is half the difference between a chain of three and a single
 * one: the call and the conversion of input and output are in neither.
 */

import { parseArgs } from "node:util";
import type { CompileOptions } from "../compiler/index.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { load } from "../runtime/index.ts";
import type { ModelKind } from "../trainer/models/model.ts";
import { NetworkBuilder } from "../trainer/models/network-builder.ts";
import { int8Rival } from "./int8-rival.ts";
import type { LayerTime } from "./layer-time.ts";
import { type Net, netOf, ternaryNet } from "./nets.ts";
import { openRival, RIVALS } from "./rivals.ts";
import { type Candidate, timeInterleaved } from "./timing.ts";
import { compileVariant } from "./variants.ts";

/** Channels, and the side of the square image, of layers as networks have them. */
const SHAPES = [
  [16, 32],
  [32, 32],
  [64, 28],
  [128, 28],
  [256, 14],
  [512, 7],
] as const;
const [SHORT, LONG] = [1, 3] as const;

const OBJECTIVES = ["size", "balanced", "speed"] as const;
type Objective = (typeof OBJECTIVES)[number];

const { values } = parseArgs({
  options: {
    zeros: { type: "string", default: "0.7" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const zeros = Number(values.zeros);
if (!(zeros >= 0 && zeros < 1)) {
  console.error("error: --zeros takes a share of zero weights, at least 0 and less than 1");
  process.exit(2);
}

const rows: LayerTime[] = [];
for (const [channels, side] of SHAPES) {
  const row = await measureLayer(channels, side);
  rows.push(row);
  if (!values.json) console.log(lineOf(row));
}
if (values.json) console.log(JSON.stringify({ node: process.version, rows }, null, 2));

async function measureLayer(channels: number, side: number): Promise<LayerTime> {
  const candidates: Candidate[] = [];
  for (const length of [SHORT, LONG]) {
    candidates.push(...(await contenders(chain(channels, side, length))));
  }
  const rounds = values.quick ? { rounds: 5, roundMs: 10 } : { rounds: 15, roundMs: 30 };
  const timings = await timeInterleaved(candidates, rounds);
  const half = timings.length / 2;
  const us = timings.slice(0, half).map(({ name, medianUs }, i) => {
    const long = timings[half + i]!.medianUs;
    return [name, Math.max(0, long - medianUs) / (LONG - SHORT)] as const;
  });
  const mmac = (channels * channels * 9 * side * side) / 1e6;
  return { channels, side, mmac, zeros, us: Object.fromEntries(us) };
}

function chain(channels: number, side: number, length: number): Net {
  const kind: ModelKind = {
    name: "chain",
    summary: "equal 3×3 convolutions",
    build: ({ input, seed }) => {
      const net = new NetworkBuilder(seed);
      let x = net.input(input);
      for (let i = 0; i < length; i++) {
        x = net.conv(`conv${i}`, x, channels, { kernel: [3, 3], pads: 1 });
      }
      return net.finish("chain", x);
    },
  };
  return netOf({ name: "chain", kind, image: [channels, side, side], classes: 0 });
}

async function contenders(net: Net): Promise<Candidate[]> {
  const ours: Candidate[] = [];
  for (const objective of OBJECTIVES) ours.push(await openOurs(net, objective));
  const models = { f32: writeOnnx(net.graph), int8: int8Rival(net.graph, net.samples) };
  const rivals: Candidate[] = [];
  for (const rival of RIVALS.filter(({ runtime }) => runtime !== "tfjs")) {
    const model = { graph: net.graph, bytes: models[rival.weights], input: net.input };
    rivals.push(await openRival(rival, model));
  }
  return [...ours, ...rivals];
}

async function openOurs(net: Net, optimize: Objective): Promise<Candidate> {
  const options: Partial<CompileOptions> = { optimize, activations: "u7" };
  const { wasm } = compileVariant(ternaryNet(net, zeros), {
    name: optimize,
    weights: "auto",
    options,
  });
  const model = await load(wasm as Uint8Array<ArrayBuffer>);
  const feed = { [Object.keys(net.samples[0]!)[0]!]: net.input.data.slice() };
  return { name: `tritc-${optimize}`, run: () => model.run(feed) };
}

function lineOf({ channels, side, mmac, us }: LayerTime): string {
  const rates = Object.entries(us).map(
    ([name, time]) => `${name} ${((1000 * mmac) / time).toFixed(0)}`,
  );
  return `${channels} channels, ${side}×${side}: GMAC/s  ${rates.join("  ")}`;
}
