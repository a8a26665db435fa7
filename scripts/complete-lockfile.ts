/**
 * @file Completes package-lock.json after npm has written it. Run it after every `npm install`.
 *
 * Two things npm leaves to us. A registry mirror may lack packages for other
 * platforms; npm then drops their entries, and `npm ci` fails everywhere. Their
 * versions are pinned by the package that wants them, and their platform is in
 * their name. And onnxruntime-node's install script fetches CUDA libraries that
 * nothing here uses: without `hasInstallScript`, no npm runs it.
 */

import { readFileSync, writeFileSync } from "node:fs";

interface LockEntry {
  version?: string;
  resolved?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  hasInstallScript?: boolean;
  optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
  packages: Record<string, LockEntry>;
}

/** Packages whose install scripts are never run. */
export const SCRIPTLESS = ["node_modules/onnxruntime-node"];

const OPERATING_SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS: Readonly<Record<string, string>> = {
  aarch64: "arm64",
  arm: "arm",
  arm64: "arm64",
  armv7: "arm",
  ia32: "ia32",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  x64: "x64",
};

/** What is wrong with `lock`, one line per problem; empty if nothing is. */
export function lockfileProblems(lock: Lockfile): string[] {
  const problems = missingPackages(lock).map(({ name }) => `${name} has no entry`);
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (entry.resolved !== undefined) problems.push(`${path} names a registry`);
    if (SCRIPTLESS.includes(path) && entry.hasInstallScript) problems.push(`${path} runs a script`);
  }
  return problems;
}

/** `lock` with every optional package present and no install script that must not run. */
export function completeLockfile(lock: Lockfile): Lockfile {
  const packages = structuredClone(lock.packages);
  for (const path of SCRIPTLESS) delete packages[path]?.hasInstallScript;
  for (const { name, version, dev } of missingPackages(lock)) {
    const entry = { version, ...(dev ? { dev } : {}), optional: true, ...platformOf(name) };
    packages[`node_modules/${name}`] = entry;
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

function missingPackages(lock: Lockfile): { name: string; version: string; dev: boolean }[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isInstalledBelow(lock, path, name))
      .map(([name, version]) => ({ name, version, dev: entry.dev === true })),
  );
}

/** Whether Node's resolution from `path` finds an entry for `name`. */
function isInstalledBelow(lock: Lockfile, path: string, name: string): boolean {
  if (`${path}/node_modules/${name}` in lock.packages) return true;
  if (path === "") return `node_modules/${name}` in lock.packages;
  const cut = path.lastIndexOf("/node_modules/");
  return isInstalledBelow(lock, cut < 0 ? "" : path.slice(0, cut), name);
}

/** `…-linux-arm-musleabihf` is made for linux, arm and musl. */
function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> {
  const words = name.split(/[/-]/);
  const os = words.find(word => OPERATING_SYSTEMS.includes(word));
  const cpu = words.map(word => PROCESSORS[word]).find(found => found !== undefined);
  if (os === undefined || cpu === undefined) {
    throw new Error(`${name}: the registry lacks it and its name states no platform`);
  }
  if (words.some(word => word.startsWith("musl"))) return { os: [os], cpu: [cpu], libc: ["musl"] };
  if (words.some(word => word.startsWith("gnu"))) return { os: [os], cpu: [cpu], libc: ["glibc"] };
  return { os: [os], cpu: [cpu] };
}

if (import.meta.main) {
  const file = new URL("../package-lock.json", import.meta.url);
  const lock = JSON.parse(readFileSync(file, "utf8")) as Lockfile;
  writeFileSync(file, `${JSON.stringify(completeLockfile(lock), undefined, 2)}\n`);
}
