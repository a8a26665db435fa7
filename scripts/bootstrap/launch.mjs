/** @file Starts a program of this checkout and stands in for it: arguments, exit code, signals. */

import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ensureDependencies, pinnedNode } from "./dependencies.mjs";
import { ensureKernels } from "./kernels.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OLDEST_NODE = 20;
/** Signals this close together are one: npm repeats to its child what the terminal sent already. */
const REPEAT_MS = 500;

/**
 * Prepares the checkout, runs `program` in the caller's directory, and exits as it exits.
 *
 * @param {string} program a TypeScript file below the root, or an installed command
 * @param {readonly string[]} args
 */
export async function bootstrap(program, args) {
  prepare();
  const file = fileOf(program);
  const commands = join(ROOT, "node_modules", ".bin");
  const child = spawn(pinnedNode(ROOT), [file, ...args], {
    stdio: "inherit",
    env: { ...process.env, PATH: `${commands}${delimiter}${process.env.PATH ?? ""}` },
  });
  const release = relaySignals(child);
  child.on("error", error => fail(`${program} cannot be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    release();
    if (signal === null) process.exit(code ?? 1);
    process.kill(process.pid, signal);
  });
}

function prepare() {
  if (Number.parseInt(process.version.slice(1), 10) < OLDEST_NODE) {
    fail(`Node ${OLDEST_NODE} or newer is needed; this is ${process.version}`);
  }
  try {
    ensureDependencies(ROOT, say);
    ensureKernels(ROOT);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} program */
function fileOf(program) {
  const own = join(ROOT, program);
  return existsSync(own) ? own : commandFile(program);
}

/** The script behind an installed command: its package declares it. @param {string} command */
function commandFile(command) {
  const name = command === "biome" ? "@biomejs/biome" : command;
  const manifest = join(ROOT, "node_modules", name, "package.json");
  if (!existsSync(manifest)) fail(`there is no program ${command}`);
  const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
  return join(dirname(manifest), typeof bin === "string" ? bin : bin[command]);
}

/**
 * Lets each signal reach the child once.
 *
 * A terminal sends Ctrl-C to the child too, as one of its group: relaying it
 * would double it. Without a terminal, a signal comes to this process alone.
 *
 * @param {import("node:child_process").ChildProcess} child
 */
function relaySignals(child) {
  const fromTerminal = hasTerminal();
  let last = Number.NEGATIVE_INFINITY;
  /** @param {NodeJS.Signals} signal */
  const relay = signal => {
    const now = performance.now();
    if (now - last < REPEAT_MS || (signal === "SIGINT" && fromTerminal)) return;
    last = now;
    child.kill(signal);
  };
  /** @type {readonly NodeJS.Signals[]} */
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, relay);
  return () => {
    for (const signal of signals) process.off(signal, relay);
  };
}

function hasTerminal() {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`tritc: ${line} ...\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  process.stderr.write(`tritc: ${message}\n`);
  return process.exit(3);
}
