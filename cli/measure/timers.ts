/** @file Where calls are timed: in another program that runs JavaScript. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SIMD_TIERS, type SimdTier } from "../../core/abi.ts";
import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { loadKernelLibrary } from "../../targets/kernel-files.ts";
import { type CallTimes, type TimeOptions, timeCalls } from "./time-calls.ts";

export interface Timer {
  /** The instruction sets that the engine takes. */
  tiers(): Promise<readonly SimdTier[]>;
  time(wasm: Uint8Array, calls: number, options: TimeOptions): Promise<CallTimes>;
}

/** The Node that runs this, with what is slow at first left out: calls are measured at their best. */
export const optimizingNode: Timer = otherProgram(`${process.execPath} --no-liftoff`);

/** `command`, such as a path to node, bun or deno, runs a module whose path follows it. */
export function otherProgram(command: string): Timer {
  return {
    tiers: async () => {
      const libraries = SIMD_TIERS.map(libraryOf);
      const valid = run(command, "bytes => WebAssembly.validate(bytes)", libraries);
      return SIMD_TIERS.filter((_, i) => valid[i] === true);
    },
    time: async (wasm, calls, options) => {
      const body = `bytes => (${timeCalls.toString()})(bytes, ${calls}, ${JSON.stringify(options)})`;
      return run(command, body, [wasm])[0] as CallTimes;
    },
  };
}

function libraryOf(tier: SimdTier): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(loadKernelLibrary().modules[tier]);
}

/** What the function `text` returns for each of `inputs`, in the other program. */
function run(command: string, text: string, inputs: readonly Uint8Array[]): unknown[] {
  const folder = mkdtempSync(join(tmpdir(), "tritc-measure-"));
  try {
    const file = join(folder, "measure.mjs");
    writeFileSync(file, programFor(text, inputs));
    const [program, ...args] = command.split(" ");
    const { status, stdout, stderr, error } = spawnSync(program!, [...args, file], LIMITS);
    if (status === 0) return JSON.parse(stdout.trim().split("\n").at(-1)!) as unknown[];
    throw notRun(command, error?.message ?? stderr.trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const LIMITS = { encoding: "utf8", timeout: 60_000, maxBuffer: 1 << 26 } as const;

function programFor(text: string, inputs: readonly Uint8Array[]): string {
  const encoded = inputs.map(bytes => Buffer.from(bytes).toString("base64"));
  return `const inputs = ${JSON.stringify(encoded)}.map(text =>
  Uint8Array.from(atob(text), char => char.charCodeAt(0)));
console.log(JSON.stringify(inputs.map(${text})));
`;
}

function notRun(command: string, reason: string): UsageError {
  return new UsageError(
    problem("usage/bad-option", "this program did not measure", {
      at: command,
      notes: [reason],
      help: "--with takes a program that runs a JavaScript module: node, bun, deno run",
    }),
  );
}
