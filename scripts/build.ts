/**
 * @file Builds the package's dist/: it mirrors the source folders, with JavaScript
 * and types for TypeScript, and what else lies there for run time as it is.
 */

import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../tsconfig.build.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = join(ROOT, "dist");

rmSync(OUTPUT, { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { cwd: ROOT, stdio: "inherit" });
for (const path of config.include.flatMap(assetsBelow)) {
  cpSync(join(ROOT, path), join(OUTPUT, path), { recursive: true });
}

/** Files in `folder` that are neither sources nor documents. */
function assetsBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !/\.(ts|md|proto)$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name).slice(ROOT.length));
}
