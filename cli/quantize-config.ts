/** @file The training configuration that the options of `tritc quantize` stand for. */

import { InvalidArgumentError } from "commander";
import { type Diagnostic, problem, UsageError } from "../model/diagnostics/diagnostic.ts";
import type { TrainingConfigInput } from "../trainer/index.ts";

export interface QuantizeFlags {
  readonly data: string;
  readonly method: string;
  readonly zeros?: number;
  readonly first: string;
  readonly last: string;
  readonly activations: string;
  readonly epochs: number;
  readonly rate: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly threads: number;
  readonly shift: number;
  readonly flip?: true;
  readonly mean?: number;
  readonly std?: number;
  readonly classes?: readonly string[];
  readonly limit?: number;
}

/** Share of the updates over which the rate rises: weights jump when they become integers. */
const WARMUP = 0.1;
/** Share of the updates, at the end, in which the integers rest and the norms settle. */
const FREEZE = 0.1;

/** `model` is the path as the configuration is to hold it. @throws usage/bad-option */
export function quantizeConfig(model: string, name: string, flags: QuantizeFlags): object {
  const problems = [...checkZeros(flags), ...checkMean(flags)];
  if (problems.length > 0) throw new UsageError(...problems);
  const { data: source, classes, limit, seed, threads, batchSize, shift, flip = false } = flags;
  const input = inputOf(flags);
  const config = {
    name,
    data: { source, ...(classes && { classes: [...classes] }), ...(limit && { limit }) },
    model: { onnx: model },
    ...(input && { input }),
    activations: flags.activations as NonNullable<TrainingConfigInput["activations"]>,
    augment: { shift, flip },
    batchSize,
    seed,
    threads,
    stages: [
      {
        method: methodOf(flags),
        first: flags.first,
        last: flags.last,
        epochs: flags.epochs,
        freeze: FREEZE,
        // In few epochs, from weights that are good already, steps of even size lead further.
        optimizer: { kind: "adam", weightDecay: 0 },
        schedule: { kind: "cosine", rate: flags.rate, warmup: WARMUP },
      },
    ],
  } satisfies TrainingConfigInput;
  return config;
}

function methodOf({ method, zeros }: QuantizeFlags): string | { kind: string } {
  if (zeros === undefined) return method;
  return { kind: method, threshold: { kind: "sparsity", zeros } } as { kind: string };
}

/** Pixels are taken as `tritc eval` takes them. */
function inputOf({ mean, std }: QuantizeFlags): TrainingConfigInput["input"] {
  if (mean === undefined && std === undefined) return undefined;
  return { mean: mean ?? 0, scale: 1 / (std ?? 1) };
}

function checkZeros({ method, zeros }: QuantizeFlags): Diagnostic[] {
  if (zeros === undefined || method === "ternary") return [];
  return [
    problem("usage/bad-option", `the method "${method}" chooses the zeros itself`, {
      at: `--zeros ${zeros}`,
      help: "leave --zeros out, or take --method ternary",
    }),
  ];
}

function checkMean({ mean }: QuantizeFlags): Diagnostic[] {
  if (mean === undefined || Number.isInteger(mean)) return [];
  return [
    problem(
      "usage/bad-option",
      "the mean must be an integer: samples are, and zero is one of them",
      {
        at: `--mean ${mean}`,
        help: `--mean ${Math.round(mean)}`,
      },
    ),
  ];
}

export function shareOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("It must be a number from 0 to 1, without 1.");
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a positive number.");
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError("It must be an integer that is not negative.");
}

export function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It must be a number.");
}
