/** @file The options that say how a model becomes a module. */

import { type Command, Option } from "commander";
import {
  ACTIVATION_CHOICES,
  DEFAULT_ENGINE,
  ENGINES,
  OPTIMIZE_CHOICES,
  SIMD_TIERS,
} from "../core/abi.ts";
import { TARGETS } from "../targets/index.ts";
import { addDataOptions, positiveInteger } from "./options.ts";

const DEFAULT_CALIBRATE_SAMPLES = 128;

/** Adds the options of `CompileRequest`; `aim` stands where `--optimize` is not given. */
export function addCompileOptions(command: Command, aim?: "size"): Command {
  const optimize = new Option("--optimize <aim>", "what to prefer where there is a choice");
  command
    .addOption(
      new Option("--target <name>", "where the module will run")
        .choices(Object.keys(TARGETS))
        .default("web"),
    )
    .addOption(new Option("--simd <tier>", "instruction set").choices(SIMD_TIERS))
    .addOption(
      new Option("--weights <form>", "form of the weights")
        .choices(["auto", "ternary", "int8", "f32"])
        .default("auto"),
    )
    .addOption(optimize.choices(OPTIMIZE_CHOICES).default(aim))
    .option("--max-bytes <n>", "the most that the module may take", positiveInteger)
    .option(
      "--specialize-at-load",
      "with --optimize balanced or speed: tritc/runtime/specialize writes the code of layers",
    )
    .option(
      "--threads [n]",
      "share a run between threads: 2, or n (measure: it may be slower)",
      positiveInteger,
    )
    .addOption(
      new Option(
        "--activations <format>",
        "with --calibrate, integers of activations: u7 is 0…127 after a ReLU, u4 0…15",
      )
        .choices(ACTIVATION_CHOICES)
        .default("int8"),
    )
    .addOption(
      new Option("--engine <family>", "the engine whose costs decide; the module runs in all")
        .choices(ENGINES)
        .default(DEFAULT_ENGINE),
    )
    .option("--costs <file>", "decide by these costs, made by calibrate-costs")
    .option("--calibrate <DATA>", "samples to measure 8-bit activations on: KIND:PATH")
    .option(
      "--calibrate-samples <n>",
      "how many of them",
      positiveInteger,
      DEFAULT_CALIBRATE_SAMPLES,
    )
    .option("--batch <n>", "size of the batch, where the model leaves it open", positiveInteger);
  return addDataOptions(command, "train");
}
