/** @file `tritc run`: one input through a module. */

import type { Command } from "commander";
import type { Manifest } from "../../core/abi.ts";
import { type Tensor, toNumbers } from "../../core/tensor.ts";
import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { formatNpy } from "../../trainer/data/npy.ts";
import { checkWritable, readInput, writeOutputs } from "../files.ts";
import { readTensorFile } from "../input-file.ts";
import { openModule } from "../module.ts";
import { addJson, divisors, type JsonFlag, numbers, size } from "../options.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { printJson } from "../terminal.ts";

const TOP = 5;
const EXAMPLES = `
INPUT is a picture (PNG, JPEG, WebP, GIF, TIFF, PGM, PPM), a .npy file, or raw bytes of the
model's type. The order of channels is that of the model.

Examples:
  tritc run digits.wasm digit.png
  tritc run digits.wasm photo.jpg --resize 28x28 --json
  tritc run kws.wasm mfcc.npy --output scores.npy`;

interface RunFlags extends JsonFlag {
  readonly output?: string;
  readonly resize?: { readonly height: number; readonly width: number };
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/** A class and its score. */
interface Ranked {
  readonly index: number;
  readonly label?: string;
  readonly score: number;
}

export function addRun(program: Command, { terminal }: Session): void {
  const command = program
    .command("run")
    .description("run a module on one input")
    .argument("<module.wasm>", "a module made by tritc")
    .argument("<input...>", "a picture, a .npy file, or raw bytes; one file per input of the model")
    .option("-o, --output <file.npy>", "write the first output as .npy")
    .option("--resize <HxW>", "scale the picture to this size", size)
    .option("--mean <list>", "subtract from pixels of 0…255", numbers)
    .option("--std <list>", "then divide: (pixel − mean) / std", divisors);
  addJson(command)
    .addHelpText("after", EXAMPLES)
    .action(async (path: string, files: readonly string[], flags: RunFlags) => {
      if (flags.output !== undefined) checkWritable([flags.output]);
      const module = await openModule(readInput(path), path);
      const { outputs, labels } = module.manifest;
      const results = module.run(await readInputs(files, module.manifest, flags));
      const first = results[outputs[0]!.name]!;
      if (flags.output !== undefined) {
        writeOutputs([{ path: flags.output, bytes: formatNpy(first) }]);
      }
      if (flags.json) printJson(terminal, jsonOf(results, labels));
      else terminal.out(textOf(results, labels));
    });
}

async function readInputs(
  files: readonly string[],
  { inputs, preprocess }: Manifest,
  flags: RunFlags,
): Promise<Record<string, Tensor>> {
  if (files.length !== inputs.length) {
    const names = inputs.map(({ name }) => `"${name}"`).join(", ");
    throw new UsageError(
      problem(
        "usage/bad-option",
        `${counted(files.length, "file")} for ${counted(inputs.length, "input")}`,
        {
          notes: [`the module takes ${names}`],
          help: inputs.length === 1 ? "give one file" : "give one file per input, in this order",
        },
      ),
    );
  }
  const options = { ...flags, ...(preprocess && { preprocess }) };
  const tensors = await Promise.all(
    inputs.map((port, index) => readTensorFile(files[index]!, port, options)),
  );
  return Object.fromEntries(inputs.map(({ name }, index) => [name, tensors[index]!]));
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** As the WASI command prints it: scores of one output, or all outputs. */
function jsonOf(results: Readonly<Record<string, Tensor>>, labels?: readonly string[]): unknown {
  const scores = scoresIn(results);
  if (scores === undefined) {
    const values = Object.entries(results).map(([name, output]) => [name, toNumbers(output)]);
    return { outputs: Object.fromEntries(values) };
  }
  const [best] = rank(scores, labels);
  return {
    top1: best!.index,
    ...(best!.label !== undefined && { label: best!.label }),
    scores,
    top5: rank(scores, labels).slice(0, TOP),
  };
}

function textOf(results: Readonly<Record<string, Tensor>>, labels?: readonly string[]): string {
  const scores = scoresIn(results);
  if (scores === undefined) {
    return Object.entries(results)
      .map(([name, { dtype, shape }]) => `${name}: ${dtype}[${shape.join(",")}]\n`)
      .join("");
  }
  const top = rank(scores, labels).slice(0, TOP);
  const nameOf = ({ index, label }: Ranked): string => label ?? `class ${index}`;
  const rows = top.map(ranked => [nameOf(ranked), ranked.score.toPrecision(6)]);
  return `${nameOf(top[0]!)}\n\n${table(rows)}`;
}

/** The one output, if all its elements lie along one dimension and there is a choice. */
function scoresIn(results: Readonly<Record<string, Tensor>>): number[] | undefined {
  const outputs = Object.values(results);
  const [first] = outputs;
  if (first === undefined || outputs.length > 1 || first.data.length < 2) return undefined;
  return first.shape.includes(first.data.length) ? toNumbers(first) : undefined;
}

/** Best first; of equal scores the first class; NaN last. */
function rank(scores: readonly number[], labels?: readonly string[]): Ranked[] {
  const value = (score: number): number => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score);
  return scores
    .map((score, index) => ({ index, ...(labels && { label: labels[index] ?? "" }), score }))
    .sort((a, b) => value(b.score) - value(a.score) || a.index - b.index);
}
