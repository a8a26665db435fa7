/**
 * @file The compiler for programs in Node: models from files, kernels from the package.
 *
 *     const { wasm } = compileFile("digits.onnx", { target: "wasi" });
 */

import { readFileSync } from "node:fs";
import { type Compilation, type CompileOptions, compile } from "../compiler/index.ts";
import type { TargetName } from "../core/abi.ts";
import { ModelError, problem } from "../model/diagnostics/diagnostic.ts";
import { TARGETS } from "./index.ts";
import { loadKernelLibrary } from "./kernel-files.ts";

export type { Target } from "./index.ts";
export { loadKernelLibrary, TARGETS };

export interface CompileFileOptions extends Omit<CompileOptions, "target" | "kernels"> {
  /** `web` unless told. */
  readonly target?: TargetName;
}

/** @throws file/unreadable, and what `compile` throws */
export function compileFile(path: string, options: CompileFileOptions = {}): Compilation {
  const { target = "web", ...rest } = options;
  const kernels = loadKernelLibrary();
  return compile(readModel(path), { ...rest, target: TARGETS[target], kernels });
}

function readModel(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ModelError(
      problem("file/unreadable", "the model cannot be read", {
        at: path,
        notes: [error instanceof Error ? error.message : String(error)],
        help: "check the path, and that you may read the file",
      }),
    );
  }
}
