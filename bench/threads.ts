/**
 * @file `node bench/threads.ts`: what a second thread gains, in interleaved rounds.
 *
 *     node bench/threads.ts [--only NET,…] [--variant NAME] [--threads N,…] [--json]
 *
 * Every network is compiled for one thread and for each number of threads, and
 * all take turns. Threads need processors that do nothing else: the script
 * prints how many there are, and how busy they were before. WebAssembly is
 * compiled by the optimising compiler at once: while it works beside, it takes
 * the second processor.
 */

import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { load } from "../runtime/index.ts";
import { load as loadWithThreads } from "../runtime/threads/index.ts";
import { buildNet, type Net } from "./nets.ts";
import { type Candidate, type Timing, timeInterleaved } from "./timing.ts";
import { compileVariant, VARIANTS, type Variant } from "./variants.ts";

const ROUNDS = { rounds: 25, roundMs: 40 };

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "resnet8,mobilenet-0.25,resnet18" },
    variant: { type: "string", default: "code-70" },
    threads: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});

interface Row {
  readonly net: string;
  readonly variant: string;
  readonly threads: number;
  readonly oneThreadUs: number;
  readonly us: number;
  /** Above 1: threads are faster. */
  readonly speedUp: number;
  /** What the planner's costs say. */
  readonly predicted: number;
}

const variant = VARIANTS.find(({ name }) => name === values.variant);
if (variant === undefined) {
  console.error(`error: --variant is one of ${VARIANTS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
setFlagsFromString("--no-liftoff");
const machine = { processors: availableParallelism(), load: loadavg()[0] };
const rows: Row[] = [];
for (const name of values.only.split(",")) rows.push(...(await measure(buildNet(name), variant)));
if (values.json) console.log(JSON.stringify({ machine, rows }, null, 2));
else
  console.log(
    [`processors ${machine.processors}, load ${machine.load}`, ...rows.map(lineOf)].join("\n"),
  );

async function measure(net: Net, chosen: Variant): Promise<Row[]> {
  const counts = values.threads.split(",").map(Number);
  const alone = await load(compileVariant(net, chosen).wasm);
  const feed = { [alone.manifest.inputs[0]!.name]: net.input.data.slice() };
  const candidates: Candidate[] = [{ name: "1", run: () => alone.run(feed) }];
  const predictions: number[] = [];
  const models = [];
  for (const threads of counts) {
    const { wasm, plan } = compileVariant(net, withThreads(chosen, threads));
    const model = await loadWithThreads(wasm);
    models.push(model);
    candidates.push({ name: String(threads), run: () => model.run(feed) });
    predictions.push(plan.threads!.serialNs / plan.threads!.predictedNs);
  }
  const [one, ...others] = (await timeInterleaved(candidates, ROUNDS)) as [Timing, ...Timing[]];
  for (const model of models) await model.close();
  return others.map((timing, i) => ({
    net: net.name,
    variant: chosen.name,
    threads: counts[i]!,
    oneThreadUs: one.medianUs,
    us: timing.medianUs,
    speedUp: one.medianUs / timing.medianUs,
    predicted: predictions[i]!,
  }));
}

function withThreads(chosen: Variant, threads: number): Variant {
  return { ...chosen, options: { ...chosen.options, threads } };
}

function lineOf({ net, threads, oneThreadUs, us, speedUp, predicted }: Row): string {
  const times = `${oneThreadUs.toFixed(1)} µs on one thread, ${us.toFixed(1)} µs on ${threads}`;
  return `${net}: ${times}: ${speedUp.toFixed(2)}x (predicted ${predicted.toFixed(2)}x)`;
}
