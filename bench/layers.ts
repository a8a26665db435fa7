/**
 * @file How cost grows with a layer: 3×3 convolutions of 16 to 512 channels by
 * every method, beside ONNX Runtime, native, in the same rounds, and which
 * method the planner takes.
 *
 *     node bench/layers.ts [--zeros 0.7] [--activations u7] [--channels 128,…] [--quick] [--json]
 *
 * WebAssembly is compiled by the optimising compiler at once: what is timed is
 * what a module runs at after some hundred calls.
 */

import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { ACTIVATION_CHOICES, type ActivationChoice, OPTIMIZE_CHOICES } from "../core/abi.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { load } from "../runtime/index.ts";
import type { ModelKind } from "../trainer/models/model.ts";
import { NetworkBuilder } from "../trainer/models/network-builder.ts";
import { int8Rival } from "./int8-rival.ts";
import { layerModules } from "./layer-modules.ts";
import {
  type Chains,
  type LayerReport,
  type LayerTime,
  LONG,
  SHORT,
  timeLayers,
} from "./layer-time.ts";
import { type Net, netOf, ternaryNet } from "./nets.ts";
import { openRival, RIVALS } from "./rivals.ts";
import type { Candidate } from "./timing.ts";

/** Channels, and the side of the square image, of layers as networks have them. */
const SHAPES = [
  [16, 32],
  [32, 32],
  [64, 28],
  [128, 28],
  [256, 14],
  [512, 7],
] as const;
/** Random data have the same ranges in all of them. */
const SAMPLES = 2;

const { values } = parseArgs({
  options: {
    zeros: { type: "string", default: "0.7" },
    activations: { type: "string", default: "u7" },
    channels: { type: "string", default: "16,32,64,128,256,512" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const zeros = Number(values.zeros);
if (!(zeros >= 0 && zeros < 1)) {
  console.error("error: --zeros takes a share of zero weights, at least 0 and less than 1");
  process.exit(2);
}
const activations = demandActivations(values.activations);
const wanted = values.channels.split(",").map(Number);
const sizes = SHAPES.map(([channels]) => channels);
if (!wanted.every(channels => sizes.some(size => size === channels))) {
  console.error(`error: --channels are among ${sizes.join(", ")}`);
  process.exit(2);
}
setFlagsFromString("--no-liftoff");

const rows: LayerTime[] = [];
for (const [channels, side] of SHAPES.filter(([channels]) => wanted.includes(channels))) {
  const row = await measureLayer(channels, side);
  rows.push(row);
  if (!values.json) console.log(lineOf(row));
}
if (values.json) {
  const [load] = loadavg();
  const report: LayerReport = {
    machine: cpus()[0]?.model ?? "unknown",
    processors: cpus().length,
    load: load!,
    node: process.version,
    rows,
  };
  console.log(JSON.stringify(report, null, 2));
}

function demandActivations(name: string): ActivationChoice {
  const choice = ACTIVATION_CHOICES.find(each => each === name);
  if (choice !== undefined) return choice;
  console.error(`error: --activations is one of ${ACTIVATION_CHOICES.join(", ")}`);
  process.exit(2);
}

async function measureLayer(channels: number, side: number): Promise<LayerTime> {
  const [short, long] = [SHORT, LONG].map(length => chain(channels, side, length)) as [Net, Net];
  const ours = await openOurs(short, long);
  const contenders = [...ours.contenders, ...(await openRivals(short, long))];
  const rounds = values.quick ? { rounds: 5, roundMs: 5 } : { rounds: 15, roundMs: 20 };
  const us = await timeLayers(contenders, rounds);
  const mmac = (channels * channels * 9 * side * side) / 1e6;
  return { channels, side, mmac, zeros, us, chosen: ours.chosen };
}

function chain(channels: number, side: number, length: number): Net {
  const kind: ModelKind = {
    name: "chain",
    summary: "equal 3×3 convolutions",
    build: ({ input, classes, seed }) => {
      const net = new NetworkBuilder(seed);
      let x = net.input(input);
      for (let i = 0; i < length; i++) {
        x = net.conv(`conv${i}`, x, channels, { kernel: [3, 3], pads: 1 });
      }
      // What a layer reads is held in 8 bits, on the way to it as well: all convolutions are alike.
      const pooled = net.flatten(net.globalAveragePool("pool", x));
      return net.finish("chain", net.logits("fc", pooled, classes));
    },
  };
  const net = netOf({ name: "chain", kind, image: [channels, side, side], classes: 2 });
  return { ...net, samples: net.samples.slice(0, SAMPLES) };
}

/** Ways that the planner takes for both chains, and all methods. */
async function openOurs(short: Net, long: Net) {
  const [one, three] = [short, long].map(net =>
    layerModules(ternaryNet(net, zeros), activations),
  ) as [ReturnType<typeof layerModules>, ReturnType<typeof layerModules>];
  const contenders: Chains[] = [];
  for (const [name, { wasm }] of three.modules) {
    // One layer has one method: the one that most layers have.
    const first = one.modules.get(name) ?? one.modules.get(name.split("+")[0]!)!;
    contenders.push({
      name: `tritc-${name}`,
      short: await openModule(first.wasm, short),
      long: await openModule(wasm, long),
    });
  }
  const chosen = Object.fromEntries(
    OPTIMIZE_CHOICES.map(aim => [aim, `tritc-${three.chosen[aim]}`]),
  ) as LayerTime["chosen"];
  return { contenders, chosen };
}

async function openModule(wasm: Uint8Array<ArrayBuffer>, net: Net): Promise<Candidate> {
  const model = await load(wasm);
  const feed = { [Object.keys(net.samples[0]!)[0]!]: net.input.data.slice() };
  return { name: net.name, run: () => model.run(feed) };
}

async function openRivals(short: Net, long: Net): Promise<Chains[]> {
  const native = RIVALS.filter(({ runtime }) => runtime === "onnxruntime-node");
  const chains: Chains[] = [];
  for (const rival of native) {
    const open = async ({ graph, samples, input }: Net): Promise<Candidate> => {
      const bytes = rival.weights === "int8" ? int8Rival(graph, samples) : writeOnnx(graph);
      return openRival(rival, { graph, bytes, input });
    };
    chains.push({ name: rival.name, short: await open(short), long: await open(long) });
  }
  return chains;
}

function lineOf({ channels, side, mmac, us, chosen }: LayerTime): string {
  const rates = Object.entries(us).map(
    ([name, time]) => `${name} ${((1000 * mmac) / time).toFixed(0)}`,
  );
  const aims = OPTIMIZE_CHOICES.map(aim => `${aim}: ${chosen[aim]}`);
  return `${channels} channels, ${side}×${side}: GMAC/s  ${rates.join("  ")}  (${aims.join(", ")})`;
}
