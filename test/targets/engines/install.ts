/**
 * @file Engines from package registries, each in a folder of its own outside the checkout.
 *
 *     node test/targets/engines/install.ts      installs them all
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { firstLine, IS_CI, type Missing, SYSTEM } from "./engine.ts";

interface Source {
  readonly version: string;
  /** Succeeds where there is what it takes to install; absent if that comes with a CI run. */
  readonly probe?: readonly [string, ...string[]];
  /** The command that fills `folder`. */
  command(folder: string): readonly string[];
}

const BUN = process.arch === "arm64" ? "@oven/bun-linux-aarch64" : "@oven/bun-linux-x64-baseline";
const DENO = process.arch === "arm64" ? "@deno/linux-arm64-glibc" : "@deno/linux-x64-glibc";
const WASMTIME_VERSION = "50.0.1";
const WAZERO_VERSION = "1.12.0";
const WAZERO = "github.com/tetratelabs/wazero/cmd/wazero";

export const SOURCES = {
  bun: fromNpm(BUN, "1.4.4"),
  deno: fromNpm(DENO, "2.9.6"),
  wasmtime: {
    version: WASMTIME_VERSION,
    command: folder => {
      const pip = ["python3", "-m", "pip", "install", "--quiet", "--no-compile"];
      return [...pip, "--target", folder, `wasmtime==${WASMTIME_VERSION}`];
    },
  },
  wazero: {
    version: WAZERO_VERSION,
    probe: ["go", "version"],
    command: folder => ["env", `GOBIN=${folder}`, "go", "install", `${WAZERO}@v${WAZERO_VERSION}`],
  },
} satisfies Record<string, Source>;

export type SourceName = keyof typeof SOURCES;

/** Where the programs of the two packages lie in their folders. */
export const BUN_PROGRAM = join("node_modules", BUN, "bin", "bun");
export const DENO_PROGRAM = join("node_modules", DENO, "deno");

function fromNpm(name: string, version: string): Source {
  const npm = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"];
  return { version, command: folder => [...npm, folder, `${name}@${version}`] };
}

function folderOf(name: SourceName): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return join(cache, "tritc", `${name}-${SOURCES[name].version}`);
}

/** The folder of an engine; a continuous integration run fills it first. */
export function installed(name: SourceName): string | Missing {
  const folder = folderOf(name);
  const fault = existsSync(folder) || !IS_CI ? undefined : install(name);
  if (existsSync(folder)) return folder;
  const help = "run node_modules/.bin/node test/targets/engines/install.ts";
  const { probe }: Source = SOURCES[name];
  return {
    help: fault ?? help,
    installable: probe === undefined || firstLine(...probe) !== undefined,
  };
}

/** Says what went wrong. */
function install(name: SourceName): string | undefined {
  const target = folderOf(name);
  mkdirSync(resolve(target, ".."), { recursive: true });
  const folder = mkdtempSync(`${target}-`);
  const [command, ...args] = SOURCES[name].command(folder);
  const { status, error, stdout, stderr } = spawnSync(command!, args, {
    env: SYSTEM,
    encoding: "utf8",
  });
  if (status === 0 && !existsSync(target)) renameSync(folder, target);
  else rmSync(folder, { recursive: true });
  return status === 0 ? undefined : `${name}: ${error?.message ?? `${stderr}${stdout}`.trim()}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(SOURCES) as SourceName[]) {
    const fault = existsSync(folderOf(name)) ? undefined : install(name);
    console.log(fault ?? `${name} ${SOURCES[name].version} is in ${folderOf(name)}`);
    if (fault !== undefined) process.exitCode = 1;
  }
}
