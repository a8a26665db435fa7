/** @file Loads a training step in the form that the engine is fastest at. */

import type { Graph } from "../../model/ir/graph.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { inBlocks } from "./blocked/index.ts";
import type { Engine, Session } from "./engine.ts";

export interface StepSession {
  readonly graph: Graph;
  readonly session: Session;
}

/** Opens the graph that `make` gives for an engine with blocks of so many channels. */
export async function openStep(
  engine: Engine,
  make: (block: number | undefined) => Graph,
): Promise<StepSession> {
  const block = await engine.blockSize();
  const graph = make(block);
  return { graph, session: await engine.open(stepModel(graph, block)) };
}

/** The bytes of `graph`, for an engine with such blocks. */
export function stepModel(graph: Graph, block: number | undefined): Uint8Array {
  const override = block === undefined ? {} : { override: inBlocks(block) };
  return writeOnnx(graph, { extensions: ["com.microsoft"], ...override });
}
