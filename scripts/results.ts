/**
 * @file Writes docs/results.md and its charts from the JSON files under
 * models/; with --check, measures every published model again instead and says
 * which figures no longer hold.
 *
 *     node scripts/results.ts [--check [NAME…] | --update [NAME…]]
 *
 * --update takes over the sizes of the modules that the compiler now makes.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { staleFigures, withNewSize } from "./results/check.ts";
import { type ModelEntry, readIndex } from "./results/entry.ts";
import { render } from "./results/render.ts";
import { writeEntry } from "./results/write-entry.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: "boolean", default: false },
    update: { type: "boolean", default: false },
  },
});

if (values.check) await check(positionals);
else {
  if (values.update) await update(positionals);
  await write();
}

async function write(): Promise<void> {
  for (const { path, text } of await render()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
    console.log(`wrote ${path}`);
  }
}

async function check(names: readonly string[]): Promise<void> {
  for (const entry of chosen(names)) {
    const stale = await staleFigures(entry);
    console.log(`${stale.length === 0 ? "ok     " : "DIFFERS"} ${entry.file}`);
    for (const line of stale) console.log(`        ${line}`);
    if (stale.length > 0) process.exitCode = 1;
  }
}

async function update(names: readonly string[]): Promise<void> {
  for (const entry of chosen(names)) {
    const updated = await withNewSize(entry);
    writeEntry(updated);
    console.log(`${entry.file}: ${entry.bytes.module} → ${updated.bytes.module} bytes`);
  }
}

/** The models called `names`; all if there are none. */
function chosen(names: readonly string[]): ModelEntry[] {
  return readIndex().filter(
    ({ file }) => names.length === 0 || names.includes(basename(file, ".onnx")),
  );
}
