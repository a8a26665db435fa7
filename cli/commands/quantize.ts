/** @file `tritc quantize`: a float ONNX model and data become a quantised ONNX model. */

import { mkdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import { ACTIVATION_CHOICES } from "../../core/abi.ts";
import { loadConfig, METHOD_KINDS, parseConfig, type TrainingEvent } from "../../trainer/index.ts";
import { quantizes } from "../../trainer/methods/index.ts";
import { checkFolder, readInput, writeOutputs } from "../files.ts";
import { readModel } from "../onnx-model.ts";
import { addJson, DATA_HELP, type JsonFlag, positiveInteger, words } from "../options.ts";
import {
  anyNumber,
  positiveNumber,
  type QuantizeFlags,
  quantizeConfig,
  shareOf,
  wholeNumber,
} from "../quantize-config.ts";
import type { Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { runTraining } from "../training-run.ts";

const DEFAULT_FOLDER = "runs";
const CONFIG_FILE = "quantize.train.json";
const METHODS = METHOD_KINDS.map(kind => kind.name).filter(quantizes);

const EXAMPLES = `
Trains the model's weights as ternary ones, from where they are. Batch normalisations that were
folded into the weights are put back for it. --mean and --std say how pixels become the model's
input, as for tritc eval; without them the model takes pixels as they are, 0…255. The folder
receives ${CONFIG_FILE}, which tritc train runs again, and what tritc train writes.

--zeros asks --method ternary for a share of zeros; docs/training.md says what the other methods are.
--activations u7 holds what follows a ReLU in 0…127, u4 in 0…15.

Examples:
  tritc quantize resnet8.onnx --data cifar10 --shift 4 --flip --zeros 0.5 --out runs/resnet8
  tritc quantize net.onnx --data images:photos --method twn --activations u7 --epochs 5`;

interface Flags extends QuantizeFlags, JsonFlag {
  readonly out?: string;
  readonly resume?: true;
}

export function addQuantize(program: Command, session: Session): void {
  const command = program
    .command("quantize")
    .description("train a float ONNX model to ternary weights, and write it as ONNX")
    .argument("<model>", "a float ONNX model that classifies")
    .requiredOption("--data <DATA>", "the samples, with labels: KIND:PATH")
    .addOption(methodOption("--method", "ternary", "weights between the first and the last layer"))
    .option("--zeros <share>", "method ternary: share of zero weights, 0 or more, below 1", shareOf)
    .addOption(methodOption("--first", "int8", "weights of the first layer"))
    .addOption(methodOption("--last", "int8", "weights of the last layer"))
    .addOption(
      new Option("--activations <format>", "integers of activations")
        .choices([...ACTIVATION_CHOICES])
        .default("int8"),
    )
    .option("--epochs <n>", "how often every sample is seen", positiveInteger, 10)
    .option("--rate <r>", "the largest learning rate, of Adam", positiveNumber, 0.001)
    .option("--batch-size <n>", "samples per update", positiveInteger, 64)
    .option("--shift <pixels>", "move training images by up to this", wholeNumber, 0)
    .option("--flip", "mirror half of the training images left to right")
    .option("--mean <n>", "subtract from pixels of 0…255, an integer", anyNumber)
    .option("--std <x>", "then divide: (pixel − mean) / std", positiveNumber)
    .option("--classes <list>", "use these classes only, by name", words)
    .option("--limit <n>", "use the first N training samples only", positiveInteger)
    .option("--seed <n>", "of all random numbers", wholeNumber, 1)
    .option("--threads <n>", "that ONNX Runtime may use", positiveInteger, 2)
    .option(
      "--out <folder>",
      `where all results go (default: ${DEFAULT_FOLDER}/, then MODEL's name)`,
    )
    .option("--resume", "go on from the folder's checkpoint");
  addJson(command)
    .addHelpText("after", `${DATA_HELP}\n${EXAMPLES}`)
    .action((model: string, flags: Flags) => quantize(model, flags, session));
}

async function quantize(model: string, flags: Flags, session: Session): Promise<void> {
  const name = basename(model, ".onnx");
  const out = flags.out ?? join(DEFAULT_FOLDER, name);
  const json = flags.json === true;
  const written = quantizeConfig(relative(resolve(out), resolve(model)), name, flags);
  // What cannot work is said before a folder is made.
  parseConfig(written, "options");
  readModel(readInput(model), model);
  checkFolder(out);
  mkdirSync(out, { recursive: true });
  const path = join(out, CONFIG_FILE);
  writeOutputs([{ path, bytes: `${JSON.stringify(written, null, 2)}\n` }]);
  const watch = json ? () => {} : doubtAbout(session.terminal);
  await runTraining(
    await loadConfig(path),
    { out, resume: flags.resume === true, json, watch },
    session,
  );
}

/** Says so if the float model does not know the data: then its input is not what it expects. */
function doubtAbout(terminal: Terminal): (event: TrainingEvent) => void {
  return event => {
    if (event.kind !== "result" || event.name !== "float" || event.top1 >= 2 / event.classes)
      return;
    terminal.err(
      "the float model does hardly better than chance: does it take pixels otherwise? " +
        "See --mean and --std\n",
    );
  };
}

function methodOption(flag: string, byDefault: string, what: string): Option {
  return new Option(`${flag} <method>`, what).choices(METHODS).default(byDefault);
}
