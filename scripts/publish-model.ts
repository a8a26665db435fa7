/**
 * @file Publishes a finished training run: the network, its card, its
 * configuration and its line in models/index.json, with figures measured on the
 * compiled module.
 *
 *     node scripts/publish-model.ts RUNDIR --name resnet8-50 --group resnet8 --title "…"
 *
 * --net NAME     the network of `npm run bench` that is timed with these weights
 * --base RUNDIR  the run whose float network this one started from
 * --from TEXT    the float network that it started from, where no run of ours made it
 * --float RUNDIR a float run of the same budget, whose accuracy is to stand beside this one
 * --also RUNDIR  the same with another seed; may be repeated
 */

import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { GROUPS, type Group, MODELS, type ModelEntry, type SeedResult } from "./results/entry.ts";
import { type Measured, measureModel } from "./results/measure.ts";
import {
  dataKindOf,
  epochsOf,
  methodText,
  openRun,
  publishedConfig,
  type RunFolder,
} from "./results/run-folder.ts";
import { writeEntry } from "./results/write-entry.ts";

const LARGEST_FILE = 300_000;
const NAME = /^[a-z0-9][a-z0-9.-]*$/;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: "string" },
    group: { type: "string" },
    title: { type: "string" },
    net: { type: "string" },
    base: { type: "string" },
    float: { type: "string" },
    from: { type: "string" },
    also: { type: "string", multiple: true, default: [] },
    models: { type: "string", default: MODELS },
  },
});
const [folder, ...rest] = positionals;
const { name, group, title, models } = values;
demand(folder !== undefined && rest.length === 0, "give one folder of a finished run");
demand(
  name !== undefined && NAME.test(name),
  "--name takes small letters, digits, dots and dashes",
);
demand(
  group !== undefined && group in GROUPS,
  `--group is one of ${Object.keys(GROUPS).join(", ")}`,
);
demand(title !== undefined, "--title is missing: one line for the table");

const run = openRun(folder!);
const startsFromFile = "onnx" in run.log.config.model;
demand(
  !startsFromFile || values.base !== undefined || values.from !== undefined,
  "it started from an ONNX file: name the run that made it with --base, or say what it is with --from",
);
const base = values.base === undefined ? undefined : openRun(values.base);
const size = statSync(run.model).size;
demand(
  size <= LARGEST_FILE,
  `${run.model} has ${size} bytes; at most ${LARGEST_FILE} are published`,
);

const measured = await measuredAsLogged(run);
const others: SeedResult[] = [];
for (const path of values.also) others.push(await seedResultOf(openRun(path)));
publish(measured, others);
console.log(`published ${name}: ${(100 * measured.top1).toFixed(2)} % of ${measured.samples}`);

/** @throws if the module's accuracy is not, to the sample, the one that the trainer computed */
async function measuredAsLogged(of: RunFolder): Promise<Measured> {
  const { source: data, classes } = of.log.config.data;
  const found = await measureModel(of.model, { data, ...(classes && { classes }) });
  const logged = of.log.results.quantized?.top1;
  demand(found.top1 === logged, `${of.path}: the module has ${found.top1}, the log ${logged}`);
  return found;
}

async function seedResultOf(of: RunFolder): Promise<SeedResult> {
  const { top1 } = await measuredAsLogged(of);
  return seedResult(of, top1);
}

function seedResult({ log }: RunFolder, top1: number): SeedResult {
  const floatTop1 = log.results.float?.top1;
  return { seed: log.config.seed, top1, ...(floatTop1 !== undefined && { floatTop1 }) };
}

function publish(found: Measured, otherSeeds: readonly SeedResult[]): void {
  const file = `${name}.onnx`;
  const floatRun = values.float === undefined ? (base ?? run) : openRun(values.float);
  const floatTop1 = floatRun.log.results.float?.top1;
  const configs = writeConfigs();
  const { classes } = run.log.config.data;
  const entry: ModelEntry = {
    file,
    group: group as Group,
    title: title!,
    ...(values.net !== undefined && { net: values.net }),
    data: dataKindOf(run),
    ...(classes && { classes }),
    ...found,
    ...(values.from !== undefined && { from: values.from }),
    method: methodText(run.log.config),
    activations: run.log.config.activations,
    epochs: epochsOf(run),
    floatEpochs: base === undefined ? 0 : epochsOf(base),
    ...(floatTop1 !== undefined && { floatTop1 }),
    seeds: [seedResult(run, found.top1), ...otherSeeds],
    commands: configs.map(config => `tritc train models/${config} --out runs/${stem(config)}`),
  };
  copyFileSync(run.model, join(models, file));
  writeEntry(entry, models);
}

/** Writes the configurations in the order in which they are run; returns their files. */
function writeConfigs(): string[] {
  mkdirSync(models, { recursive: true });
  const files = base === undefined ? [] : [`${name}.float.train.json`];
  const own = `${name}.train.json`;
  if (base !== undefined) write(files[0]!, { ...publishedConfig(base), name: `${name}-float` });
  write(own, { ...publishedConfig(run, place), name });
  return [...files, own];
}

/** Files of the base run are where its command writes them. */
function place(path: string): string {
  if (base === undefined || !sameFile(path, base)) return basename(path);
  return `../runs/${name}.float/${basename(path)}`;
}

function sameFile(path: string, { path: place }: RunFolder): boolean {
  const own = join(place, basename(path));
  try {
    return readFileSync(path).equals(readFileSync(own));
  } catch {
    return false;
  }
}

function write(file: string, config: unknown): void {
  writeFileSync(join(models, file), `${JSON.stringify(config, null, 2)}\n`);
}

function stem(config: string): string {
  return basename(config, ".train.json");
}

function demand(condition: boolean, message: string): void {
  if (condition) return;
  console.error(message);
  process.exit(2);
}
