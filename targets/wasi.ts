/** @file WASI runtimes: a core module that is a preview-1 command as well (docs/wasi.md). */

import type { Target } from "./target.ts";

export const wasi: Target = {
  name: "wasi",
  summary: "a command: a tensor on stdin, JSON or .npy on stdout",
  shell: true,
  simd: "simd128",
};
