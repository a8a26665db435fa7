/** @file `tritc prune`: an ONNX model loses its small weights, and what they added is recovered. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import type { LayerRole } from "../../trainer/prune/layers.ts";
import { RECOVERIES, type RecoveryName } from "../../trainer/prune/prune.ts";
import { PRUNE_SCOPES } from "../../trainer/prune/select.ts";
import { checkWritable, isSameFile, readInput, writeOutputs } from "../files.ts";
import { readModel } from "../onnx-model.ts";
import {
  addDataOptions,
  addJson,
  DATA_HELP,
  type JsonFlag,
  positiveInteger,
  words,
} from "../options.ts";
import { type PruneRequest, pruneModel } from "../prune-model.ts";
import { pruneText } from "../prune-report.ts";
import type { Session } from "../session.ts";
import { printDiagnostics, printJson } from "../terminal.ts";

const DEFAULT_SAMPLES = 1000;
const OPTIONAL_ROLES: readonly LayerRole[] = ["first", "last", "depthwise"];

const EXAMPLES = `
Nothing is trained. The smallest weights go, counted in shares of their filter's norm, in each layer
(--scope layer), over all layers (global) or in each filter. What stands in their places:
  zero  zeros
  mean  per filter the mean of what went; compiled modules add it through one sum that all
        filters of a layer share. In the file these places hold one value, to the bit.
  bias  zeros, and the average of what went, measured on --data, is added to the bias
--recover mean,bias does both. --reestimate then gives every pruned layer's results the mean and
spread that they had, as estimating batch normalisations anew does. With labels, the accuracy of
every recovery is measured on the test split; --samples says how many samples each time.

The first, the last and depthwise layers stay dense unless --also names them. The result is a float
model: tritc compile --weights int8 --calibrate DATA keeps its zeros and means exact.

Examples:
  tritc prune net.onnx --sparsity 0.5 --out pruned.onnx
  tritc prune net.onnx --sparsity 0.5 --scope global --recover mean,bias --data cifar10 --out p.onnx
  tritc prune net.onnx --sparsity 0.3 --recover zero --reestimate --data images:photos --out p.onnx`;

interface PruneFlags extends Omit<PruneRequest, "roles">, JsonFlag {
  readonly out: string;
  readonly batch?: number;
  readonly also: readonly LayerRole[];
}

export function addPrune(program: Command, { terminal }: Session): void {
  const command = program
    .command("prune")
    .description("prune a float ONNX model without training, and recover what it loses")
    .argument("<model>", "a float ONNX model")
    .requiredOption(
      "--sparsity <share>",
      "share of the weights that go: 0 or more, below 1",
      sparsity,
    )
    .addOption(
      new Option("--scope <scope>", "where the share is counted")
        .choices([...PRUNE_SCOPES])
        .default("layer"),
    )
    .addOption(
      new Option("--recover <kinds>", `what takes their places: ${RECOVERIES.join(", ")}`)
        .argParser(recoveries)
        .default(["mean"], "mean"),
    )
    .option("--reestimate", "restore mean and spread of each pruned layer's results")
    .option("--data <DATA>", "samples to measure on: KIND:PATH")
    .option("--samples <n>", "how many of them", positiveInteger, DEFAULT_SAMPLES)
    .addOption(
      new Option("--also <roles>", `prune too: ${OPTIONAL_ROLES.join(", ")}`)
        .argParser(optionalRoles)
        .default([], "none"),
    )
    .option("--batch <n>", "size of the batch, where the model leaves it open", positiveInteger)
    .requiredOption("--out <model.onnx>", "where to write the pruned model");
  addJson(addDataOptions(command, "train"))
    .addHelpText("after", `${DATA_HELP}\n${EXAMPLES}`)
    .action(async (path: string, flags: PruneFlags) => {
      checkWritable([flags.out]);
      demandOther(path, flags.out);
      demandData(flags);
      const graph = readModel(readInput(path), path, flags.batch);
      const request = { ...flags, roles: ["body", ...flags.also] as const };
      const result = await pruneModel(graph, path, request, terminal);
      writeOutputs([{ path: flags.out, bytes: writeOnnx(result.graph) }]);
      const { graph: _, warnings, ...report } = result;
      if (flags.json) {
        return printJson(terminal, { files: [flags.out], ...report, diagnostics: warnings });
      }
      printDiagnostics(terminal, warnings);
      return terminal.out(`wrote ${flags.out}\n\n${pruneText(report)}`);
    });
}

function sparsity(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("It must be a number of at least 0, and below 1.");
}

function recoveries(text: string): RecoveryName[] {
  const names = words(text).map(word => {
    const name = RECOVERIES.find(known => known === word);
    if (name !== undefined) return name;
    throw new InvalidArgumentError(`Recoveries are ${RECOVERIES.join(", ")}.`);
  });
  if (!names.includes("zero") || !names.includes("mean")) return names;
  throw new InvalidArgumentError("zero and mean are for the same places: choose one.");
}

function optionalRoles(text: string): LayerRole[] {
  return words(text).map(word => {
    const role = OPTIONAL_ROLES.find(known => known === word);
    if (role !== undefined) return role;
    throw new InvalidArgumentError(`Roles are ${OPTIONAL_ROLES.join(", ")}.`);
  });
}

/** @throws usage/bad-option where the result would replace the model */
function demandOther(model: string, out: string): void {
  if (!isSameFile(model, out)) return;
  throw new UsageError(
    problem("usage/bad-option", "the pruned model would replace the model", {
      at: out,
      help: "give it another name or folder with --out",
    }),
  );
}

/** @throws usage/bad-option where a recovery measures and there is nothing to measure on */
function demandData({ data, recover, reestimate }: PruneFlags): void {
  if (data !== undefined || (!recover.includes("bias") && reestimate !== true)) return;
  const what = recover.includes("bias") ? "--recover bias" : "--reestimate";
  throw new UsageError(
    problem("usage/bad-option", `${what} is measured on samples, and there are none`, {
      help: "name some with --data KIND:PATH; labels are not needed",
    }),
  );
}
