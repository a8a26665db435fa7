/** @file The list of targets: one record each. */

import type { CompileTarget } from "../compiler/index.ts";
import type { TargetName } from "../core/abi.ts";

export interface Target extends CompileTarget {
  /** One line for help texts. */
  readonly summary: string;
}

/** Browsers and workers, through `tritc/runtime`. */
const web: Target = {
  name: "web",
  summary: "a core module without imports, for browsers",
  shell: false,
  simd: "simd128",
};

/** Node, Deno and Bun, through `tritc/runtime`. */
const node: Target = {
  name: "node",
  summary: "a core module without imports, for Node and other servers",
  shell: false,
  simd: "simd128",
};

/** WASI runtimes; docs/wasi.md. */
const wasi: Target = {
  name: "wasi",
  summary: "a command: a tensor on stdin, JSON or .npy on stdout",
  shell: true,
  simd: "simd128",
};

export const TARGETS: Readonly<Record<TargetName, Target>> = { web, node, wasi };
