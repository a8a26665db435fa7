/** @file Keeps assembly/build as the sources in assembly/ make it. */

import { spawnSync } from "node:child_process";
import { pinnedNode } from "./dependencies.mjs";

const BUILDER = "scripts/build-kernels.ts";

/**
 * Builds the kernels; instant if they are up to date, which the builder knows.
 *
 * @param {string} root
 */
export function ensureKernels(root) {
  const { status, signal } = spawnSync(pinnedNode(root), [BUILDER], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`${BUILDER} failed (${signal ?? `exit code ${status}`})`);
}
