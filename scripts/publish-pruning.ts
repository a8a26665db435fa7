/**
 * @file Prunes the float network of a finished run without training, in every
 * way that is asked for, and publishes what each compiled module reaches.
 *
 *     node scripts/publish-pruning.ts RUNDIR --name resnet8-tail --title "ResNet-8, tail energy"
 *         --sparsity 0.5,0.7 --recover zero,mean [--reestimate] [--models FOLDER]
 */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MODELS, readJsonFile } from "./results/entry.ts";
import { measurePruned } from "./results/measure-pruned.ts";
import { dataKindOf, epochsOf, openRun, publishedConfig } from "./results/run-folder.ts";
import { type PrunedRow, pruningSchema } from "./results/studies.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: "string" },
    title: { type: "string" },
    sparsity: { type: "string", default: "0.5" },
    recover: { type: "string", default: "zero,mean" },
    reestimate: { type: "boolean", default: false },
    models: { type: "string", default: MODELS },
  },
});
const [folder] = positionals;
const { name, title, models, reestimate } = values;
if (folder === undefined || name === undefined || title === undefined) {
  throw new Error("give the folder of a finished run, --name and --title");
}

const run = openRun(folder);
const config = `${name}.train.json`;
const file = join(models, "pruning.json");
const scratch = mkdtempSync(join(tmpdir(), "tritc-pruning-"));
writeFileSync(join(models, config), `${JSON.stringify(publishedConfig(run), null, 2)}\n`);
try {
  for (const sparsity of values.sparsity.split(",")) {
    for (const recover of values.recover.split(",")) await publish(sparsity, recover);
  }
} finally {
  rmSync(scratch, { recursive: true });
}

async function publish(sparsity: string, recover: string): Promise<void> {
  const ways = ["--sparsity", sparsity, "--recover", recover];
  if (reestimate) ways.push("--reestimate");
  const { source } = run.log.config.data;
  const found = await measurePruned(join(run.path, "float.onnx"), source, ways, scratch);
  const data = dataKindOf(run);
  const row: PrunedRow = {
    title: title!,
    command: `tritc prune runs/${name}/float.onnx ${ways.join(" ")} --data ${data} --out pruned.onnx`,
    training: `tritc train models/${config} --out runs/${name}`,
    epochs: epochsOf(run),
    seed: run.log.config.seed,
    recovery: reestimate ? `${recover}, moments` : recover,
    ...found,
  };
  const rows = readJsonFile(file, pruningSchema) ?? [];
  const others = rows.filter(other => other.command !== row.command);
  const sorted = [...others, row].toSorted((a, b) => (a.title < b.title ? -1 : 1));
  writeFileSync(`${file}.partial`, `${JSON.stringify(sorted, null, 2)}\n`);
  renameSync(`${file}.partial`, file);
  const [dense, pruned] = [found.floatTop1, found.top1].map(top1 => (100 * top1).toFixed(2));
  console.log(`${sparsity} ${recover}: ${dense} % → ${pruned} %`);
}
