/** @file Times one network: every variant of ours and every rival in the same interleaved rounds. */

import type { Compilation } from "../compiler/index.ts";
import { sparsityOf } from "../core/ternary.ts";
import type { Graph } from "../model/ir/graph.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { load } from "../runtime/specialize/index.ts";
import { int8Rival } from "./int8-rival.ts";
import type { Net } from "./nets.ts";
import { openRival, RIVALS } from "./rivals.ts";
import { type Candidate, type RoundOptions, type Timing, timeInterleaved } from "./timing.ts";
import { trainedNet } from "./trained.ts";
import { compileVariant, type Variant } from "./variants.ts";

export interface Row {
  readonly net: string;
  /** Name of our variant. */
  readonly ours: string;
  /** Share of zero weights in ternary layers, 0 to 1. */
  readonly zeros: number;
  /** Whether the ternary weights were trained; random ones otherwise. */
  readonly trained: boolean;
  readonly rival: string;
  readonly ourUs: number;
  readonly rivalUs: number;
  /** rivalUs / ourUs: above 1, we are faster. */
  readonly ratio: number;
  readonly moduleBytes: number;
  /** Linear memory of the module: weights, activations, everything. */
  readonly memoryBytes: number;
}

export interface NetReport {
  readonly rows: readonly Row[];
  readonly timings: readonly Timing[];
}

interface Contender {
  readonly variant: Variant;
  readonly trained: boolean;
  readonly compilation: Compilation;
  readonly candidate: Candidate;
}

export async function measureNet(
  net: Net,
  variants: readonly Variant[],
  rounds: RoundOptions,
): Promise<NetReport> {
  const ours: Contender[] = [];
  for (const variant of variants) ours.push(await contender(net, variant));
  const dense = net.rival ?? net;
  const models = { f32: writeOnnx(dense.graph), int8: int8Rival(dense.graph, dense.samples) };
  const rivals: Candidate[] = [];
  for (const rival of RIVALS) {
    const bytes = models[rival.weights];
    rivals.push(await openRival(rival, { graph: dense.graph, bytes, input: dense.input }));
  }
  const candidates = [...ours.map(({ candidate }) => candidate), ...rivals];
  const timings = await timeInterleaved(candidates, rounds);
  const rows = ours.flatMap((contender, i) =>
    timings.slice(ours.length).map(rival => rowOf(net.name, contender, timings[i]!, rival)),
  );
  return { rows, timings };
}

async function contender(net: Net, variant: Variant): Promise<Contender> {
  const trained = trainedNet(net, variant);
  const compilation = compileVariant(net, variant, trained);
  const specialize = variant.options?.specializeAtLoad === true ? "before" : "off";
  const model = await load(compilation.wasm, { specialize });
  const { samples, input } = trained ?? net;
  const name = Object.keys(samples[0]!)[0]!;
  const feed = { [name]: input.data.slice() };
  const candidate = { name: `tritc-${variant.name}`, run: () => model.run(feed) };
  return { variant, trained: trained !== undefined, compilation, candidate };
}

function rowOf(net: string, ours: Contender, ourTime: Timing, rival: Timing): Row {
  const { variant, trained, compilation } = ours;
  return {
    net,
    ours: variant.name,
    zeros: weightZeros(compilation.graph),
    trained,
    rival: rival.name,
    ourUs: ourTime.medianUs,
    rivalUs: rival.medianUs,
    ratio: rival.medianUs / ourTime.medianUs,
    moduleBytes: compilation.wasm.length,
    memoryBytes: compilation.manifest.memory.peakMemoryBytes,
  };
}

function weightZeros({ nodes }: Graph): number {
  let [zeros, count] = [0, 0];
  for (const node of nodes) {
    if (node.kind !== "const" || node.attrs.tensor.dtype !== "i2") continue;
    const { data } = node.attrs.tensor;
    zeros += sparsityOf(data) * data.length;
    count += data.length;
  }
  return count === 0 ? 0 : zeros / count;
}
