/** @file Runs what is missing of an ablation, and adds each arm to the log as soon as it is done. */

import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainingConfig } from "../../trainer/index.ts";
import { readJsonFile } from "../results/entry.ts";
import { type Ablation, ablationSchema } from "../results/studies.ts";
import { floatOnHeldBack, runArm } from "./run-arm.ts";
import { type PlannedArm, plannedArms, type Study } from "./study.ts";

export interface StudyOptions {
  /** The JSON file of all ablations. */
  readonly log: string;
  /** Where arms keep checkpoints until they are done. */
  readonly scratch: string;
  /** How a reader runs it. */
  readonly command: string;
  readonly say?: (line: string) => void;
}

/** @throws if nothing is held back to measure on, or the baseline is none of the arms */
export async function runStudy(study: Study, options: StudyOptions): Promise<void> {
  const { say = () => {} } = options;
  const arms = plannedArms(study);
  check(study, arms);
  await describe(study, arms[0]!, options);
  for (const planned of arms) {
    const { arm, seed, config } = planned;
    const digest = digestOf(config);
    const has = readLog(options.log).arms.some(
      row => isOf(row, study.name, planned) && row.digest === digest,
    );
    if (has) continue;
    const folder = join(options.scratch, study.name, `${digest.slice(0, 16)}`);
    say(`${study.name}: ${arm}, seed ${seed}`);
    const result = { study: study.name, ...(await runArm(planned, folder)), digest };
    const log = readLog(options.log);
    const others = log.arms.filter(row => !isOf(row, study.name, planned));
    writeLog(options.log, { ...log, arms: [...others, result] });
    rmSync(folder, { recursive: true });
    say(
      `  top-1 ${(100 * result.top1).toFixed(2)} % at ${(100 * result.zeros).toFixed(1)} % zeros`,
    );
  }
}

function check({ name, baseline }: Study, arms: readonly PlannedArm[]): void {
  if (!arms.some(({ arm }) => arm === baseline)) {
    const names = [...new Set(arms.map(({ arm }) => arm))].join(", ");
    throw new Error(`${name}: the baseline "${baseline}" is none of the arms: ${names}`);
  }
  const { validation, validationSeed } = arms[0]!.config.data;
  if (validation === 0) throw new Error(`${name}: training.data.validation must hold samples back`);
  if (validationSeed === undefined) {
    throw new Error(`${name}: training.data.validationSeed must name one choice for all seeds`);
  }
}

/** Writes what the study is, and the float accuracy that its arms start from. */
async function describe(study: Study, first: PlannedArm, options: StudyOptions): Promise<void> {
  const { title, baseline, name } = study;
  const { top1: floatTop1, samples } = await floatOnHeldBack(first.config);
  const log = readLog(options.log);
  const own = { title, baseline, command: options.command, floatTop1, samples };
  writeLog(options.log, { ...log, studies: { ...log.studies, [name]: own } });
}

function isOf(
  row: Ablation["arms"][number],
  study: string,
  { arm, seed }: Pick<PlannedArm, "arm" | "seed">,
): boolean {
  return row.study === study && row.arm === arm && row.seed === seed;
}

/** Of everything that decides an arm's result: its configuration, and the network that it starts from. */
function digestOf(config: TrainingConfig): string {
  const { model } = config;
  const base = "onnx" in model ? readFileSync(model.onnx) : "";
  // The same network in another place is the same.
  const written = { ...config, model: "onnx" in model ? { ...model, onnx: "" } : model };
  return createHash("sha256").update(JSON.stringify(written)).update(base).digest("hex");
}

function readLog(path: string): Ablation {
  return readJsonFile(path, ablationSchema) ?? { studies: {}, arms: [] };
}

/** Writes the log whole or not at all. */
function writeLog(path: string, log: Ablation): void {
  const temporary = `${path}.partial`;
  writeFileSync(temporary, `${JSON.stringify(log, null, 2)}\n`);
  renameSync(temporary, path);
}
