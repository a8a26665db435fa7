/** @file `tritc eval`: the share of samples that a module or an ONNX model classifies right. */

import type { Command } from "commander";
import { openData } from "../../trainer/data/open.ts";
import { accuracyOf, classify, demandLabels } from "../accuracy.ts";
import { readInput } from "../files.ts";
import {
  addDataOptions,
  addJson,
  DATA_HELP,
  type DataFlags,
  type JsonFlag,
  normalizationOf,
  openOptions,
  positiveInteger,
} from "../options.ts";
import { openPredictor } from "../predictor.ts";
import { startProgress } from "../progress.ts";
import type { Session } from "../session.ts";
import { percent } from "../table.ts";
import { printDiagnostics, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  tritc eval digits.wasm --data mnist:data/mnist
  tritc eval model.onnx --data cifar10 --limit 500 --json
  tritc eval model.onnx --data images:photos --mean 123.7,116.3,103.5 --std 58.4,57.1,57.4`;

interface EvalFlags extends DataFlags, JsonFlag {
  readonly data: string;
  readonly batch?: number;
}

export function addEval(program: Command, { terminal }: Session): void {
  const command = program
    .command("eval")
    .description("measure the accuracy of a module or an ONNX model on labelled data")
    .argument("<model>", "a module (.wasm) or an ONNX model")
    .requiredOption("--data <DATA>", "the samples: KIND:PATH")
    .option("--batch <n>", "ONNX: bind a symbolic batch", positiveInteger);
  addJson(addDataOptions(command, "test"))
    .addHelpText("after", `${DATA_HELP}\n${EXAMPLES}`)
    .action(async (path: string, flags: EvalFlags) => {
      const predictor = await openPredictor(readInput(path), path, { batch: flags.batch });
      if (!flags.json) printDiagnostics(terminal, predictor.warnings);
      const dataset = await openData(flags.data, openOptions(flags));
      demandLabels(dataset);
      const progress = startProgress(terminal, "evaluate", dataset.count);
      const found = await classify(predictor, dataset, normalizationOf(flags), progress.tick);
      progress.stop();
      const { samples, top1 } = accuracyOf(found, dataset);
      const { engine } = predictor;
      if (flags.json) return printJson(terminal, { samples, top1, engine });
      return terminal.out(`top-1 ${percent(top1)} of ${samples} samples (${engine})\n`);
    });
}
