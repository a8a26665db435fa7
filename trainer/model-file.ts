/** @file Reads the ONNX files that a configuration names. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ModelError, problem } from "../model/diagnostics/diagnostic.ts";
import { placedIn } from "../model/diagnostics/placed-in.ts";
import type { Graph } from "../model/ir/graph.ts";
import { readOnnx } from "../model/onnx/index.ts";

export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly graph: Graph;
}

/** `what` it is, as messages call it. @throws file/unreadable, onnx/*, graph/* */
export async function readModelFile(path: string, what: "model" | "teacher"): Promise<ModelFile> {
  const bytes = await readFile(path).catch(error => {
    throw new ModelError(
      problem("file/unreadable", `the ${what} cannot be read`, {
        at: path,
        notes: [(error as Error).message],
        help: "check the path, which is relative to the configuration's folder",
      }),
    );
  });
  const graph = placedIn(path, () => readOnnx(bytes, { name: basename(path, ".onnx") }));
  return { bytes, graph };
}
