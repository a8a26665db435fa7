/**
 * @file Writes docs/results.md and its charts from the JSON files under
 * models/; with --check, measures every published model again instead and says
 * which figures no longer hold.
 *
 *     node scripts/results.ts [--check [NAME…]]
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { staleFigures } from "./results/check.ts";
import { readIndex } from "./results/entry.ts";
import { render } from "./results/render.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean", default: false } },
});

if (values.check) await check(positionals);
else await write();

async function write(): Promise<void> {
  for (const { path, text } of await render()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
    console.log(`wrote ${path}`);
  }
}

async function check(names: readonly string[]): Promise<void> {
  for (const entry of readIndex()) {
    const name = basename(entry.file, ".onnx");
    if (names.length > 0 && !names.includes(name)) continue;
    const stale = await staleFigures(entry);
    console.log(`${stale.length === 0 ? "ok     " : "DIFFERS"} ${name}`);
    for (const line of stale) console.log(`        ${line}`);
    if (stale.length > 0) process.exitCode = 1;
  }
}
