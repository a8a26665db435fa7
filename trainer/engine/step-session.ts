/** @file Loads a training step in the form that the engine is fastest at. */

import type { Graph } from "../../model/ir/graph.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { inBlocks } from "./blocked/index.ts";
import type { Engine, Session } from "./engine.ts";
import { CPU } from "./runtime-session.ts";

export interface StepSession {
  readonly graph: Graph;
  readonly session: Session;
}

/** Opens the graph that `make` gives for an engine with blocks of so many channels. */
export async function openStep(
  engine: Engine,
  make: (block: number | undefined) => Graph,
): Promise<StepSession> {
  const graph = make(await engine.blockSize());
  return { graph, session: await engine.open(await stepModel(engine, graph)) };
}

/** The bytes of `graph` for `engine`; in ONNX's own operators but for the processor. */
export async function stepModel(engine: Engine, graph: Graph): Promise<Uint8Array> {
  if (engine.provider !== CPU) return writeOnnx(graph);
  const block = await engine.blockSize();
  const override = block === undefined ? {} : { override: inBlocks(block) };
  return writeOnnx(graph, { extensions: ["com.microsoft"], ...override });
}
