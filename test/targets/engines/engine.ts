/** @file What an engine is to the test: something to find, and to run the staged folder with. */

import { spawn, spawnSync } from "node:child_process";
import { withoutLocalCommands } from "../../../scripts/bootstrap/dependencies.mjs";
import type { Observation } from "./program.ts";

export interface Engine {
  readonly name: string;
  /** How it loads core modules; `exports` is without `tritc/runtime`. */
  readonly ways: readonly Way[];
  /** Whether it runs commands. */
  readonly hasWasi: boolean;
  /** What `load` throws where there is no module; absent without `tritc/runtime`. */
  readonly absentFile?: string;
  /** Looks for the engine, and installs it where the test may. */
  find(): Found | Missing;
}

export type Way = "address" | "bytes" | "module" | "message" | "exports" | CodeWay;

/** Of modules whose code is written as they are loaded: before it is there, and after. */
export const CODE_WAYS = ["code to come", "code"] as const;
type CodeWay = (typeof CODE_WAYS)[number];

export interface Found {
  readonly version: string;
  /** Runs everything below `root`, which `stage` has laid out. */
  observe(root: string): Promise<Partial<Observation>>;
  /** What a JavaScript program there prints, or its page posts, as JSON; `program` without its suffix. */
  report?(root: string, program: string): Promise<unknown>;
}

export interface Missing {
  /** What to do about it. */
  readonly help: string;
  /** Whether a continuous integration run could have installed it. */
  readonly installable: boolean;
}

/** Whether engines are installed from registries, and must all be there. */
export const IS_CI = (process.env.CI ?? "") !== "";

/** Longer than any engine needs on a busy machine. */
const LIMIT_MS = 60_000;

/** The environment without this checkout's own commands, its Node above all. */
export const SYSTEM = withoutLocalCommands(process.env);

export interface Invocation {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: Uint8Array;
}

/** Standard output of a command that must succeed. */
export async function outputOf(invocation: Invocation): Promise<Buffer> {
  const { command, args = [], cwd, env = SYSTEM, stdin = new Uint8Array() } = invocation;
  const child = spawn(command, args, { cwd, env, timeout: LIMIT_MS, killSignal: "SIGKILL" });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.on("error", () => {}).end(stdin);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code === 0) return Buffer.concat(out);
  const line = [command, ...args].join(" ");
  throw new Error(`${line}: exit code ${code}\n${Buffer.concat(err)}${Buffer.concat(out)}`);
}

/** The first line that `command` prints, if it is there and succeeds. */
export function firstLine(command: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { env: SYSTEM, encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0]!.trim() : undefined;
}

export async function jsonOf(invocation: Invocation): Promise<unknown> {
  return JSON.parse((await outputOf(invocation)).toString());
}
