/** @file Node, Deno and Bun: a core module for `tritc/runtime`. */

import type { Target } from "./target.ts";

export const node: Target = {
  name: "node",
  summary: "a core module without imports, for Node and other servers",
  shell: false,
  simd: "simd128",
};
