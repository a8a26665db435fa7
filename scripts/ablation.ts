/**
 * @file Runs an ablation: every arm of a study with every seed, from one float
 * network. What is in the log already is not run again; Ctrl-C loses at most
 * the running epoch.
 *
 *     node scripts/ablation.ts STUDY.json [--log models/ablation.json] [--scratch runs/ablation]
 */

import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { runStudy } from "./ablation/run-study.ts";
import { type Study, studySchema } from "./ablation/study.ts";
import { MODELS } from "./results/entry.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    log: { type: "string", default: join(MODELS, "ablation.json") },
    scratch: { type: "string", default: join(ROOT, "runs", "ablation") },
  },
});
const [path] = positionals;
if (path === undefined) throw new Error("give the file of a study");

const command = `node scripts/ablation.ts ${relative(ROOT, resolve(path))}`;
await runStudy(readStudy(path), { ...values, command, say: line => console.log(line) });

/** A study's model file is found beside it. */
function readStudy(file: string): Study {
  const result = studySchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!result.success) throw new Error(`${file}:\n${z.prettifyError(result.error)}`);
  const { training } = result.data;
  const model = training.model as { readonly onnx?: string } | undefined;
  if (model?.onnx === undefined) return result.data;
  const onnx = resolve(dirname(file), model.onnx);
  return { ...result.data, training: { ...training, model: { ...model, onnx } } };
}
