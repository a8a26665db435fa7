/** @file Loads the step of a stage, for one worker or for several. */

import type { Graph } from "../../model/ir/graph.ts";
import type { Engine, Session } from "../engine/engine.ts";
import { openStep, type StepSession, stepModel } from "../engine/step-session.ts";
import {
  CORRECT,
  GRADIENT,
  LABELS,
  type TrainingGraphRequest,
  trainingGraph,
} from "../step/training-graph.ts";
import { parallelSession } from "./parallel-session.ts";
import { partition } from "./partition.ts";

export interface StepRequest extends TrainingGraphRequest {
  readonly engine: Engine;
  /** Parts of a batch that are computed side by side; 1 if absent. */
  readonly workers?: number;
}

/** The step's graph, and a session that takes whole batches. */
export async function openTrainingStep(request: StepRequest): Promise<StepSession> {
  const { engine, workers = 1 } = request;
  if (workers === 1) return openStep(engine, block => trainingGraph({ ...request, block }));
  const graph = trainingGraph({
    ...request,
    block: await engine.blockSize(),
    batch: request.batch / workers,
    gradients: true,
  });
  const samples = new Set([request.network.input.name, LABELS]);
  const parts = partition(graph, name => name.startsWith(GRADIENT), samples);
  const session = parallelSession({
    shard: { graph: parts.shard, sessions: await openShards(engine, parts.shard, workers) },
    update: {
      graph: parts.update,
      session: await engine.open(await stepModel(engine, parts.update)),
    },
    samples,
    counts: new Set([CORRECT]),
  });
  return { graph, session };
}

/** One session in this thread, the others in threads of their own. */
async function openShards(engine: Engine, shard: Graph, workers: number): Promise<Session[]> {
  const model = await stepModel(engine, shard);
  const others = Array.from({ length: workers - 1 }, () => engine.openBeside(model));
  return Promise.all([engine.open(model), ...others]);
}
