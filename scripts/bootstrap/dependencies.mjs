/** @file Keeps node_modules as package-lock.json wants it. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { env, platform } from "node:process";
import { alone } from "./lock.mjs";

/**
 * @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockEntry
 * @typedef {{ packages: Record<string, LockEntry> }} Lockfile
 */

/** @param {string} root */
export function pinnedNode(root) {
  return join(root, "node_modules", "node", "bin", platform === "win32" ? "node.exe" : "node");
}

/**
 * Runs `npm ci` unless what is installed is what the lock file says; one at a time.
 *
 * @param {string} root
 * @param {(line: string) => void} say
 */
export function ensureDependencies(root, say) {
  const wanted = readLockfile(join(root, "package-lock.json"));
  if (wanted === undefined) throw new Error("package-lock.json is missing or damaged");
  const isReady = () =>
    existsSync(pinnedNode(root)) && isInstalled(wanted, installedPackages(root));
  if (isReady()) return;
  const wait = () => say("waiting for another process that installs packages");
  alone(join(root, ".cache", "install.lock"), wait, () => {
    if (!isReady()) install(root, say);
  });
}

/**
 * @param {string} root
 * @param {(line: string) => void} say
 */
function install(root, say) {
  say("installing the packages that package-lock.json names (once; about a minute)");
  const outcome = spawnSync("npm", ["ci", "--include=dev", "--loglevel=error"], {
    cwd: root,
    encoding: "utf8",
    shell: platform === "win32",
    env: { ...withoutLocalCommands(env), ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
  if (outcome.error !== undefined)
    throw new Error(`npm cannot be started: ${outcome.error.message}`);
  if (outcome.status !== 0 || !existsSync(pinnedNode(root))) {
    throw new Error(`npm ci failed\n\n${outcome.stdout}${outcome.stderr}`);
  }
}

/**
 * Whether every package that is not optional is there in the wanted version.
 *
 * @param {Lockfile} wanted
 * @param {Lockfile | undefined} installed
 */
export function isInstalled(wanted, installed) {
  if (installed === undefined) return false;
  return Object.entries(wanted.packages).every(
    ([path, { version, optional }]) =>
      path === "" || optional || installed.packages[path]?.version === version,
  );
}

/** npm's own record of what it has put there. @param {string} root */
function installedPackages(root) {
  return readLockfile(join(root, "node_modules", ".package-lock.json"));
}

/**
 * @param {string} file
 * @returns {Lockfile | undefined}
 */
function readLockfile(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * `npm ci` deletes node_modules, so neither npm nor its Node may be found there.
 *
 * @param {NodeJS.ProcessEnv} variables
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutLocalCommands(variables) {
  const folders = (variables.PATH ?? "").split(delimiter);
  const kept = folders.filter(folder => !/node_modules[/\\]\.bin[/\\]?$/.test(folder));
  return { ...variables, PATH: kept.join(delimiter) };
}
