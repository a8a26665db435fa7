/** @file JavaScript engines without a window: Node, Deno and Bun. */

import { join } from "node:path";
import { CODE_WAYS, type Engine, type Found, firstLine, jsonOf } from "./engine.ts";
import { BUN_PROGRAM, DENO_PROGRAM, installed, SOURCES } from "./install.ts";
import type { Observation } from "./program.ts";
import { PROGRAMS } from "./stage.ts";

/** Like any file that is not there. */
const COMMON = {
  ways: ["address", "bytes", "module", ...CODE_WAYS],
  absentFile: "ENOENT",
} as const;

function runs(command: string, version: string, args: readonly string[], wasi: boolean): Found {
  const report = (root: string, program: string): Promise<unknown> =>
    jsonOf({ command, args: [...args, `${program}.js`], cwd: join(root, PROGRAMS) });
  return {
    version,
    report,
    observe: async root => {
      const run = async (program: string) => (await report(root, program)) as Observation;
      const seen = await run("in-process");
      return wasi ? { ...seen, commands: (await run("in-wasi")).commands } : seen;
    },
  };
}

/** The Node that runs this test; `flags` choose among V8's two compilers. */
function pinnedNode(name: string, ...flags: string[]): Engine {
  const args = ["--no-warnings", ...flags];
  const find = () => runs(process.execPath, process.version, args, true);
  return { ...COMMON, name, hasWasi: true, find };
}

const systemNode: Engine = {
  ...COMMON,
  name: "the system's Node",
  hasWasi: true,
  find: () => {
    const version = firstLine("node", "--version");
    if (version === undefined) return { help: "put node into PATH", installable: false };
    return runs("node", version, ["--no-warnings"], true);
  },
};

const deno: Engine = {
  ...COMMON,
  name: "Deno",
  hasWasi: true,
  find: () => {
    const folder = installed("deno");
    if (typeof folder !== "string") return folder;
    const args = ["run", "--quiet", "--no-config", "--allow-all"];
    return runs(join(folder, DENO_PROGRAM), SOURCES.deno.version, args, true);
  },
};

/** Its `node:wasi` has no `getImportObject`. */
const bun: Engine = {
  ...COMMON,
  name: "Bun",
  hasWasi: false,
  find: () => {
    const folder = installed("bun");
    if (typeof folder !== "string") return folder;
    return runs(join(folder, BUN_PROGRAM), SOURCES.bun.version, [], false);
  },
};

export const PROCESSES: readonly Engine[] = [
  pinnedNode("Node"),
  pinnedNode("Node, baseline compiler only", "--liftoff-only"),
  pinnedNode("Node, optimising compiler only", "--no-liftoff"),
  systemNode,
  deno,
  bun,
];
