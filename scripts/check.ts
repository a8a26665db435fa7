/** @file All that can be checked without running tritc: types, form, dead code, architecture. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const CHECKS = [
  ["types", "tsc", "-p", "tsconfig.json"],
  ["types of the package", "tsc", "-p", "tsconfig.build.json", "--noEmit"],
  ["form", "biome", "check", "--error-on-warnings", "."],
  ["dead code and dependencies", "knip"],
  ["architecture", "vitest", "run", "--project", "fast", "test/architecture.test.ts"],
] as const;

/** Runs one check; prints what it says only if it fails. */
function passes([name, command, ...args]: (typeof CHECKS)[number]): boolean {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8" });
  console.log(`${status === 0 ? "ok    " : "FAILED"}  ${name}`);
  if (status !== 0) console.log(`\n${stdout}${stderr}`);
  return status === 0;
}

const results = CHECKS.map(passes);
if (results.includes(false)) process.exitCode = 1;
