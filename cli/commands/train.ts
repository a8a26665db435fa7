/** @file `tritc train`: a configuration becomes a trained, quantised ONNX model. */

import { basename, extname, join } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../../trainer/index.ts";
import { addJson, type JsonFlag } from "../options.ts";
import type { Session } from "../session.ts";
import { runTraining } from "../training-run.ts";

const DEFAULT_FOLDER = "runs";
const EXAMPLES = `
CONFIG is a JSON file, or a module (.ts, .mjs) that exports config: which data, which model, and the
stages of training. docs/training.md lists its keys, examples/ has some to start from.

The folder receives checkpoint.bin after every epoch, float.onnx, and at the end model.onnx, log.json
and report.html.
Ctrl-C stops after the present step and keeps a checkpoint (exit code 130); --resume goes on to the
same final bits.

Examples:
  tritc train examples/lenet5-mnist.train.json --out runs/lenet5
  tritc train examples/lenet5-mnist.train.json --out runs/lenet5 --resume`;

interface TrainFlags extends JsonFlag {
  readonly out?: string;
  readonly resume?: true;
}

export function addTrain(program: Command, session: Session): void {
  const command = program
    .command("train")
    .description("train a network as a configuration says, and write it as ONNX")
    .argument("<config>", "the configuration: a .json, .ts or .mjs file")
    .option(
      "--out <folder>",
      `where all results go (default: ${DEFAULT_FOLDER}/, then CONFIG's file name)`,
    )
    .option("--resume", "go on from the folder's checkpoint");
  addJson(command)
    .addHelpText("after", EXAMPLES)
    .action(async (path: string, flags: TrainFlags) => {
      const config = await loadConfig(path);
      const out = flags.out ?? join(DEFAULT_FOLDER, basename(path, extname(path)));
      const { resume = false, json = false } = flags;
      await runTraining(config, { out, resume, json }, session);
    });
}
