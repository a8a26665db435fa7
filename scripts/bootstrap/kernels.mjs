/** @file Keeps assembly/build as the sources in assembly/ make it. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pinnedNode } from "./dependencies.mjs";

const BUILDER = "scripts/build-kernels.ts";

/**
 * Runs scripts/build-kernels.ts unless the built kernels stem from these very sources.
 *
 * @param {string} root
 * @param {(line: string) => void} say
 */
export function ensureKernels(root, say) {
  const stamp = join(root, "assembly", "build", ".sources");
  const digest = digestOfSources(root);
  if (readOrEmpty(stamp) === digest) return;

  say("building the kernels");
  const outcome = spawnSync(pinnedNode(root), [BUILDER], { cwd: root, encoding: "utf8" });
  if (outcome.status !== 0) {
    throw new Error(`${BUILDER} failed\n\n${outcome.stdout}${outcome.stderr}`);
  }
  writeFileSync(stamp, digest);
}

/**
 * Hash over the paths and contents of all that the kernels are built from: the
 * builder, its options, the compiler's version, and assembly/ without its output.
 *
 * @param {string} root
 */
export function digestOfSources(root) {
  const hash = createHash("sha256");
  const compiler = "node_modules/assemblyscript/package.json";
  for (const path of [BUILDER, "asconfig.json", compiler, ...filesBelow(root, "assembly")]) {
    hash
      .update(`${path}\0`)
      .update(readOrEmpty(join(root, path)))
      .update("\0");
  }
  return hash.digest("hex");
}

/**
 * Also names folders, whose content reads as empty.
 *
 * @param {string} root
 * @param {string} folder
 */
function filesBelow(root, folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map(path => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter(path => !path.startsWith("assembly/build"))
    .sort();
}

/** @param {string} file */
function readOrEmpty(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
