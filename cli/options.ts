/** @file Options that several commands share, and what their values must be. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { OpenOptions } from "../trainer/data/kinds.ts";
import type { Normalization } from "../trainer/data/model-input.ts";

/** Every command's result as one JSON document. */
export interface JsonFlag {
  readonly json?: true;
}

/** Options that say how samples are read. */
export interface DataFlags {
  readonly split?: "train" | "test";
  readonly limit?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly classes?: readonly string[];
  readonly resize?: { readonly height: number; readonly width: number };
  readonly labels?: string;
}

export const DATA_HELP = `
DATA is KIND:PATH, where KIND is mnist, fashion-mnist, cifar10, npz, npy, images or kws-bin,
or "characters", the embedded set. Relative paths are looked up in the working directory,
then in the folder TRITC_DATA; mnist, fashion-mnist, cifar10 and kws-bin need no path there.`;

export function addJson(command: Command): Command {
  return command.option("--json", "print the result as JSON");
}

/** Adds the options of `DataFlags`; `split` is the split that is read by default. */
export function addDataOptions(command: Command, split: "train" | "test"): Command {
  return command
    .addOption(
      new Option("--split <name>", "part of the data").choices(["train", "test"]).default(split),
    )
    .option("--limit <n>", "use the first N samples only", positiveInteger)
    .option(
      "--mean <list>",
      "subtract from pixels of 0…255: one number or one per channel",
      numbers,
    )
    .option("--std <list>", "then divide: (pixel − mean) / std", divisors)
    .option("--classes <list>", "keep these classes only, by name", words)
    .option("--resize <HxW>", "images: scale every picture to this size", size)
    .option("--labels <file>", "npy: the file of labels");
}

export function openOptions(flags: DataFlags): OpenOptions {
  const { split, limit, classes, resize, labels } = flags;
  return { split, limit, classes, resize, labels };
}

export function normalizationOf(flags: DataFlags): Normalization {
  return { mean: flags.mean, std: flags.std };
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a positive integer.");
}

export function numbers(text: string): number[] {
  const values = text.split(",").map(word => (word.trim() === "" ? Number.NaN : Number(word)));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError("It must be numbers separated by commas.");
}

export function divisors(text: string): number[] {
  const values = numbers(text);
  if (values.every(value => value !== 0)) return values;
  throw new InvalidArgumentError("It must be numbers other than 0.");
}

export function words(text: string): string[] {
  return text.split(",").map(word => word.trim());
}

export function size(text: string): { height: number; width: number } {
  const [, height, width] = /^([1-9]\d*)x([1-9]\d*)$/.exec(text) ?? [];
  if (height !== undefined && width !== undefined) return { height: +height, width: +width };
  throw new InvalidArgumentError("It must be HEIGHTxWIDTH, such as 28x28.");
}
