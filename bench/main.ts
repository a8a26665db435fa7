/**
 * @file `npm run bench`: our modules beside ONNX Runtime and TensorFlow.js, in
 * one process, in interleaved rounds.
 *
 *     npm run bench -- [--quick] [--only NET,…] [--variants NAME,…] [--json]
 *
 * Prints times, memory and ratios; with `--json` one object with all rows.
 * Rivals run the same topology with dense weights, one thread each; `code-70`
 * is weights as code, 70 % of them zero.
 */

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureNet, type Row } from "./measure-net.ts";
import { measureMemory } from "./memory.ts";
import { buildNet, NET_NAMES } from "./nets.ts";
import { memoryLines, ratioTable, timingLines } from "./report.ts";
import { VARIANTS } from "./variants.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    variants: { type: "string" },
  },
});

const names = chosen("--only", values.only, NET_NAMES);
const variantNames = chosen(
  "--variants",
  values.variants,
  VARIANTS.map(({ name }) => name),
);
const variants = VARIANTS.filter(({ name }) => variantNames.includes(name));
const rounds = values.quick ? { rounds: 5, roundMs: 20 } : { rounds: 25, roundMs: 40 };

const rows: Row[] = [];
const memory: Record<string, Readonly<Record<string, number>>> = {};
for (const name of names) {
  const report = await measureNet(buildNet(name), variants, rounds);
  rows.push(...report.rows);
  memory[name] = { ...ourMemory(report.rows), ...(values.quick ? {} : measureMemory(name)) };
  if (!values.json) {
    console.log(timingLines(name, report.timings));
    console.log(memoryLines(name, memory[name]));
  }
}
const machine = cpus()[0]?.model ?? "unknown";
const report = { machine, node: process.version, rows, memory };
console.log(values.json ? JSON.stringify(report, null, 2) : ratioTable(rows));

function ourMemory(measured: readonly Row[]): Record<string, number> {
  return Object.fromEntries(measured.map(row => [`tritc-${row.ours}`, row.memoryBytes]));
}

/** Those of `known` that a comma-separated option names, in their own order; all without it. */
function chosen(
  option: string,
  value: string | undefined,
  known: readonly string[],
): readonly string[] {
  const wanted = value?.split(",") ?? known;
  if (wanted.every(name => known.includes(name))) {
    return known.filter(name => wanted.includes(name));
  }
  console.error(`error: ${option} takes some of ${known.join(", ")}, separated by commas`);
  process.exit(2);
}
