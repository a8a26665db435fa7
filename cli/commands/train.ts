/** @file `tritc train`: a configuration becomes a trained, quantised ONNX model. */

import { basename, extname, join } from "node:path";
import type { Command } from "commander";
import { loadConfig, type TrainingResult, train } from "../../trainer/index.ts";
import { EXIT } from "../exit.ts";
import { checkFolder } from "../files.ts";
import { addJson, type JsonFlag } from "../options.ts";
import type { Session } from "../session.ts";
import { printJson, type Terminal } from "../terminal.ts";
import { trainingView } from "../training-progress.ts";

const DEFAULT_FOLDER = "runs";
const EXAMPLES = `
CONFIG is a JSON file, or a module (.ts, .mjs) that exports config. The folder receives
checkpoint.bin after every epoch, float.onnx, and at the end model.onnx and log.json.
Ctrl-C stops after the present step and keeps a checkpoint (exit code 130); --resume goes on to the
same final bits.

Examples:
  tritc train examples/lenet5-mnist.train.json --out runs/lenet5
  tritc train examples/lenet5-mnist.train.json --out runs/lenet5 --resume`;

interface TrainFlags extends JsonFlag {
  readonly out?: string;
  readonly resume?: true;
}

export function addTrain(program: Command, { terminal, exitWith }: Session): void {
  const command = program
    .command("train")
    .description("train a network as a configuration says, and write it as ONNX")
    .argument("<config>", "the configuration")
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
      checkFolder(out);
      const view = trainingView(terminal);
      const interruption = listenForInterruption(terminal);
      try {
        const result = await train(config, {
          out,
          resume: flags.resume === true,
          onProgress: view.show,
          signal: interruption.signal,
        });
        view.close();
        if (result.status === "interrupted") exitWith(EXIT.interrupted);
        if (flags.json) printJson(terminal, result);
        else terminal.out(textOf(result));
      } finally {
        view.close();
        interruption.stop();
      }
    });
}

/** The first Ctrl-C asks the trainer to stop, the second ends the process. */
function listenForInterruption(terminal: Terminal): {
  readonly signal: AbortSignal;
  readonly stop: () => void;
} {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    terminal.err("stopping after this step; once more to stop at once\n");
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const stop = (): void => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
  return { signal: controller.signal, stop };
}

function textOf({ status, files }: TrainingResult): string {
  if (status === "interrupted") return `interrupted; --resume goes on from ${files.checkpoint}\n`;
  return `wrote ${Object.values(files).join(", ")}\n`;
}
