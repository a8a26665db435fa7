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
  const override = block === undefined ? {} : { override: inBlocks(block) };
  const model = writeOnnx(graph, { extensions: ["com.microsoft"], ...override });
  return { graph, session: await engine.open(model) };
}
