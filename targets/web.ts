/** @file Browsers and workers: a core module for `tritc/runtime`. */

import type { Target } from "./target.ts";

export const web: Target = {
  name: "web",
  summary: "a core module without imports, for browsers",
  shell: false,
  simd: "simd128",
};
