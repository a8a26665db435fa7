/** @file The list of targets. */

import type { TargetName } from "../core/abi.ts";
import { node } from "./node.ts";
import type { Target } from "./target.ts";
import { wasi } from "./wasi.ts";
import { web } from "./web.ts";

export type { Target } from "./target.ts";

export const TARGETS: Readonly<Record<TargetName, Target>> = { web, node, wasi };

export function isTargetName(word: string): word is TargetName {
  return Object.hasOwn(TARGETS, word);
}
