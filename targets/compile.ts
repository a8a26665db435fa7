/**
 * @file Compiling in Node: the entry point `tritc/node`.
 *
 *     const { wasm } = compileFor("web", readFileSync("model.onnx"), { weights: "ternary" });
 *
 * The target goes by its name, and the kernels come from the package's own files.
 */

import { type Compilation, type CompileOptions, compile } from "../compiler/index.ts";
import type { TargetName } from "../core/abi.ts";
import type { Graph } from "../model/ir/graph.ts";
import { TARGETS } from "./index.ts";
import { loadKernelLibrary } from "./kernel-files.ts";

export type { Target } from "./target.ts";
export { loadKernelLibrary, TARGETS };

/** @throws what `compile` throws */
export function compileFor(
  target: TargetName,
  model: Uint8Array | Graph,
  options: Omit<CompileOptions, "target" | "kernels"> = {},
): Compilation {
  return compile(model, { ...options, target: TARGETS[target], kernels: loadKernelLibrary() });
}
