/** @file The graph that tells what the activations of a stage are before they are rounded. */

import type { Graph } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic } from "../autodiff/arithmetic.ts";
import { isComputing, type Network, type Step } from "../network/network.ts";
import { emitTrainingForward } from "./forward.ts";
import { emitInput } from "./input.ts";
import { STATISTICS_RATE, scheduleInput, type TrainingGraphRequest } from "./training-graph.ts";

/** Every value that the stage will round, by name of its step: with the stage's weights. */
export function activationsGraph({
  network,
  parameters,
  input,
  plan,
  batch,
}: TrainingGraphRequest): Graph {
  const ops = new Arithmetic(graphBuilder());
  const { activations: _, ...exact } = plan;
  const { values } = emitTrainingForward(ops, network, parameters, exact, {
    images: emitInput(ops, network, input, batch),
    statisticsRate: ops.builder.input(STATISTICS_RATE, "f32", []),
    schedule: (method, name) => ops.builder.input(scheduleInput(plan, method, name), "f32", []),
  });
  const outputs = roundedSteps(network).map(step => ({
    name: step.name,
    id: values[network.steps.indexOf(step)]!,
  }));
  return ops.builder.finish("activations", outputs);
}

/** The steps whose values a stage rounds: all that compute something but the logits. */
export function roundedSteps({ steps }: Network): Step[] {
  return steps.slice(0, -1).filter(isComputing);
}
