/** @file `tritc verify`: compares a module with the oracle on the graph it was made from, bit for bit. */

import type { Command } from "commander";
import { rebuild, type Sample, type Verdict, verifyModule } from "../../compiler/index.ts";
import type { Manifest } from "../../core/abi.ts";
import { type Diagnostic, problem } from "../../model/diagnostics/diagnostic.ts";
import { placedIn } from "../../model/diagnostics/placed-in.ts";
import { openData } from "../../trainer/data/open.ts";
import { calibrationSamples } from "../calibration.ts";
import { EXIT } from "../exit.ts";
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
import { onlyInput } from "../predictor.ts";
import { randomSamples } from "../random-samples.ts";
import type { Session } from "../session.ts";
import { printDiagnostics, printJson } from "../terminal.ts";
import { parseWasmFile } from "../wasm-file.ts";

const DEFAULT_SAMPLES = 200;
const IN_MODULE = /^run\/not-tritc$/;
const EXAMPLES = `
The module records how it was made, so the quantised graph is built again from the model and
evaluated by the reference evaluator. Without --data the samples are random, the same every time.
Exit code 1 if an element differs.

Examples:
  tritc verify model.onnx model.wasm
  tritc verify model.onnx model.wasm --data mnist --samples 1000 --json`;

interface VerifyFlags extends DataFlags, JsonFlag {
  readonly samples: number;
  readonly data?: string;
}

export function addVerify(program: Command, { terminal, exitWith }: Session): void {
  const command = program
    .command("verify")
    .description("compare a module with the reference evaluator, bit for bit")
    .argument("<model.onnx>", "the model that the module was compiled from")
    .argument("<module.wasm>", "the module")
    .option("--samples <n>", "how many", positiveInteger, DEFAULT_SAMPLES)
    .option("--data <DATA>", "samples to compare on: KIND:PATH");
  addJson(addDataOptions(command, "test"))
    .addHelpText("after", `${DATA_HELP}\n${EXAMPLES}`)
    .action(async (modelPath: string, modulePath: string, flags: VerifyFlags) => {
      const model = readInput(modelPath);
      const wasm = readInput(modulePath);
      const { manifest } = parseWasmFile(wasm, modulePath);
      const inModule = <R>(action: () => R): R => placedIn(modulePath, action, IN_MODULE);
      const graph = inModule(() => placedIn(modelPath, () => rebuild(model, manifest)));
      const samples = await samplesFor(manifest, modulePath, flags);
      const verdict = inModule(() => verifyModule(graph, wasm, manifest, samples));
      if (!verdict.identical) exitWith(EXIT.model);
      if (flags.json) return printJson(terminal, verdict);
      if (verdict.identical) return terminal.out(`identical on ${verdict.samples} samples\n`);
      return printDiagnostics(terminal, [differenceOf(verdict, modulePath)]);
    });
}

async function samplesFor(
  { inputs, preprocess }: Manifest,
  path: string,
  flags: VerifyFlags,
): Promise<Iterable<Sample>> {
  if (flags.data === undefined) return randomSamples(inputs, flags.samples);
  const dataset = await openData(flags.data, openOptions(flags));
  const normalization = { preprocess, ...normalizationOf(flags) };
  return calibrationSamples(dataset, flags.samples, onlyInput(inputs, path), normalization);
}

function differenceOf({ firstDifference }: Verdict, path: string): Diagnostic {
  const { sample, output, element, expected, got } = firstDifference!;
  return problem("verify/different", `sample ${sample} differs from the reference evaluator`, {
    at: `${path}: output "${output}", element ${element}`,
    notes: [`expected ${expected}, got ${got}`],
    help: "this is a fault of tritc: please report it with the model",
  });
}
