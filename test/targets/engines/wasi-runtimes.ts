/** @file Engines that are no JavaScript engines: wasmtime and wazero, each as compiler and interpreter. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SimdTier } from "../../../core/abi.ts";
import { type Engine, type Found, jsonOf, outputOf, SYSTEM } from "./engine.ts";
import { installed, SOURCES } from "./install.ts";
import type { CommandOutput, Observation, StagedCase } from "./program.ts";
import { PROGRAMS } from "./stage.ts";

/** It knows no relaxed instructions. */
const WAZERO_TIERS: readonly SimdTier[] = ["scalar", "simd128"];
const PROGRAM = fileURLToPath(new URL("in-wasmtime.py", import.meta.url));

/** Core modules through their exports, and commands. */
function wasmtime(name: string, ...target: string[]): Engine {
  return {
    name,
    ways: ["exports"],
    hasWasi: true,
    find: () => {
      const folder = installed("wasmtime");
      if (typeof folder !== "string") return folder;
      const env = { ...SYSTEM, PYTHONPATH: folder };
      return {
        version: SOURCES.wasmtime.version,
        observe: async root => {
          const args = [PROGRAM, join(root, PROGRAMS), ...target];
          return (await jsonOf({ command: "python3", args, env })) as Partial<Observation>;
        },
      };
    },
  };
}

/** Commands alone: it is a program that runs nothing else. */
function wazero(name: string, ...flags: string[]): Engine {
  return {
    name,
    ways: [],
    hasWasi: true,
    find: () => {
      const folder = installed("wazero");
      if (typeof folder !== "string") return folder;
      const command = join(folder, "wazero");
      return { version: SOURCES.wazero.version, observe: commandsBy(command, ["run", ...flags]) };
    },
  };
}

function commandsBy(command: string, args: readonly string[]): Found["observe"] {
  return async root => {
    const cwd = join(root, PROGRAMS);
    const commands: Observation["commands"] = {};
    const staged = JSON.parse(readFileSync(join(cwd, "cases.json"), "utf8")) as StagedCase[];
    const lacking = staged.filter(({ simd }) => !WAZERO_TIERS.includes(simd));
    for (const entry of staged) {
      const { name, file, inputs, isCommand } = entry;
      if (!isCommand || lacking.includes(entry)) continue;
      for (const [i, input] of inputs.entries()) {
        const decoded = Object.values(input).map(data => Buffer.from(data, "base64"));
        const stdin = Buffer.concat(decoded);
        const run = async (...more: string[]): Promise<string> =>
          (await outputOf({ command, args: [...args, file, ...more], cwd, stdin })).toString(
            "base64",
          );
        commands[`${name}, input ${i}`] = {
          json: await run(),
          npy: await run("--npy"),
        } satisfies CommandOutput;
      }
    }
    return { commands, lacking: lacking.map(({ name }) => name) };
  };
}

export const WASI_RUNTIMES: readonly Engine[] = [
  wasmtime("wasmtime"),
  wasmtime("wasmtime, interpreter", "pulley64"),
  wazero("wazero"),
  wazero("wazero, interpreter", "-interpreter"),
];
