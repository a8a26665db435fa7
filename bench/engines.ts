/**
 * @file How long modules take in every engine that this machine has.
 *
 *     node bench/engines.ts [--net resnet8] [--zeros 0.7] [--json]
 *
 * The same weights as library kernels, as lists, as code, and as the planner
 * chooses for V8 from version 12 on and for that of Node 20. Each engine runs
 * all of them in one process, in interleaved rounds. What is missing is said:
 * `node test/targets/engines/install.ts` fetches engines.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BROWSERS } from "../test/targets/engines/browsers.ts";
import { type Found, jsonOf, type Missing, SYSTEM } from "../test/targets/engines/engine.ts";
import { installed, SOURCES } from "../test/targets/engines/install.ts";
import { PROCESSES } from "../test/targets/engines/processes.ts";
import { PROGRAMS, transpile } from "../test/targets/engines/stage.ts";
import type { StagedModule, Timings } from "./engines/time-modules.ts";
import { buildNet, NET_NAMES } from "./nets.ts";
import { compileVariant, type Variant } from "./variants.ts";

const PROGRAM = "time-modules";
const HERE = fileURLToPath(new URL("engines/", import.meta.url));

const { values } = parseArgs({
  options: {
    net: { type: "string", default: "resnet8" },
    zeros: { type: "string", default: "0.7" },
    json: { type: "boolean", default: false },
  },
});
if (!NET_NAMES.includes(values.net)) {
  console.error(`error: --net is one of ${NET_NAMES.join(", ")}`);
  process.exit(2);
}
const zeros = Number(values.zeros);
if (!(zeros >= 0 && zeros < 1)) {
  console.error("error: --zeros takes a share of zero weights, at least 0 and less than 1");
  process.exit(2);
}

const WAYS: Readonly<Record<string, Variant["options"]>> = {
  kernels: { optimize: "speed", method: "kernels" },
  lists: { optimize: "speed", method: "lists" },
  code: { optimize: "speed", method: "code" },
  "code, relaxed": { optimize: "speed", method: "code", simd: "relaxed" },
  "speed, v8-13": { optimize: "speed", engine: "v8-13" },
  "speed, v8-11": { optimize: "speed", engine: "v8-11" },
};

interface Row {
  readonly engine: string;
  readonly version: string;
  readonly us: Timings;
}

/** An engine that times the staged modules. */
interface Timer {
  readonly name: string;
  find(): { readonly version: string; time(root: string): Promise<Timings> } | Missing;
}

const TIMERS: readonly Timer[] = [
  ...[...PROCESSES, ...BROWSERS].map(
    ({ name, find }): Timer => ({
      name,
      find: () => timerOf(find()),
    }),
  ),
  { name: "wasmtime", find: findWasmtime },
];

const root = mkdtempSync(join(tmpdir(), "tritc-engines-"));
try {
  stageModules();
  const rows: Row[] = [];
  for (const { name, find } of TIMERS) {
    const found = find();
    if ("help" in found) {
      console.error(`skipped: no ${name}: ${found.help}`);
      continue;
    }
    const row = { engine: name, version: found.version, us: await found.time(root) };
    rows.push(row);
    if (!values.json) console.log(lineOf(row));
  }
  if (values.json) console.log(JSON.stringify({ net: values.net, zeros, rows }, null, 2));
} finally {
  rmSync(root, { recursive: true });
}

function timerOf(found: Found | Missing): ReturnType<Timer["find"]> {
  if ("help" in found) return found;
  const { version, report } = found;
  return { version, time: async folder => (await report!(folder, PROGRAM)) as Timings };
}

function findWasmtime(): ReturnType<Timer["find"]> {
  const folder = installed("wasmtime");
  if (typeof folder !== "string") return folder;
  return {
    version: SOURCES.wasmtime.version,
    time: async () => {
      const files = Object.keys(WAYS).map((_, i) => fileOf(i));
      const args = [join(HERE, `${PROGRAM}.py`), ...files];
      const env = { ...SYSTEM, PYTHONPATH: folder };
      const us = (await jsonOf({ command: "python3", args, env })) as Timings;
      return Object.fromEntries(Object.keys(WAYS).map((way, i) => [way, us[fileOf(i)]!]));
    },
  };
}

function fileOf(index: number): string {
  return join(root, PROGRAMS, `module-${index}.wasm`);
}

function stageModules(): void {
  mkdirSync(join(root, PROGRAMS), { recursive: true });
  const put = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(root, PROGRAMS, name), content);
  const net = buildNet(values.net);
  const modules = Object.entries(WAYS).map(([name, options], i): StagedModule => {
    const variant: Variant = {
      name,
      weights: "int8",
      zeros,
      options: { activations: "u7", ...options },
    };
    const { wasm } = compileVariant(net, variant);
    writeFileSync(fileOf(i), wasm);
    return { name, wasm: Buffer.from(wasm).toString("base64") };
  });
  writeFileSync(join(root, "package.json"), '{ "type": "module" }\n');
  put("modules.js", `export const modules = ${JSON.stringify(modules)};\n`);
  put(`${PROGRAM}.js`, transpile(`bench/engines/${PROGRAM}.ts`));
  put(
    `${PROGRAM}.html`,
    `<!doctype html>\n<meta charset="utf-8">\n<script type="module" src="${PROGRAM}.js"></script>\n`,
  );
}

function lineOf({ engine, version, us }: Row): string {
  const times = Object.keys(WAYS).map(way => {
    const time = us[way];
    return time === undefined ? `${way}: none` : `${way}: ${time.toFixed(0)} µs`;
  });
  return `${engine} ${version}: ${times.join(", ")}`;
}
