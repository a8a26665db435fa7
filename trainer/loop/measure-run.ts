/** @file Accuracy of a run's network as it stands, on samples that it does not train with. */

import type { Engine } from "../engine/engine.ts";
import type { Evidence } from "../report/training-log.ts";
import type { StagePlan } from "../step/plan.ts";
import {
  classify,
  confusionOf,
  EVALUATION_BATCH,
  type Evaluation,
  evaluateTop1,
  evaluationOf,
} from "./evaluate.ts";
import { measuringGraph } from "./outputs.ts";
import type { PreparedRun } from "./prepare.ts";
import type { StateTensors } from "./state.ts";

/** On the samples held back; `undefined` if there are none. */
export async function validate(
  engine: Engine,
  run: PreparedRun,
  tensors: StateTensors,
  plan: StagePlan,
): Promise<Evaluation | undefined> {
  if (run.validation.count === 0) return undefined;
  const graph = measuringGraph(run, tensors, plan, EVALUATION_BATCH);
  return evaluateTop1(engine, graph, run.validation);
}

/** On the test samples, with which class was taken for which. */
export async function measure(
  engine: Engine,
  run: PreparedRun,
  tensors: StateTensors,
  plan: StagePlan,
): Promise<{ readonly evaluation: Evaluation; readonly confusion: Evidence["confusion"] }> {
  const { test, labels } = run;
  const graph = measuringGraph(run, tensors, plan, EVALUATION_BATCH);
  const found = await classify(engine, graph, test);
  return {
    evaluation: evaluationOf(found, test),
    confusion: confusionOf(found, test, labels.length),
  };
}
