/**
 * @file Measures, before the first update of a stage, the ranges that it holds
 * or starts to learn from: percentiles of what some batches give.
 *
 * Weights are those of the stage, activations are not rounded yet.
 */

import { Histogram } from "../../core/histogram.ts";
import type { Tensor } from "../../core/tensor.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import type { Engine } from "../engine/engine.ts";
import { rangeNames } from "../quantize/range.ts";
import { activationsGraph, roundedSteps } from "../step/activations-graph.ts";
import { LABELS, type TrainingGraphRequest } from "../step/training-graph.ts";
import type { Augmentation } from "./augment.ts";
import { augmentedBatch } from "./batch.ts";
import type { Samples } from "./samples.ts";
import { inputNames, type StateTensors, scalarTensor } from "./state.ts";
import { scalarFeeds } from "./step-inputs.ts";

interface RangeRequest extends TrainingGraphRequest {
  readonly engine: Engine;
  readonly samples: Samples;
  readonly augmentation: Augmentation;
  readonly seed: number;
  readonly stage: number;
}

/** Writes ranges into `tensors`, unless those of the stage follow the extremes of batches. */
export async function measureRanges(
  request: RangeRequest,
  tensors: StateTensors,
  batches: readonly Uint32Array[],
): Promise<void> {
  const { activations, ranges } = request.plan;
  if (activations === undefined || ranges === undefined || ranges.kind === "extremes") return;
  const steps = roundedSteps(request.network);
  const histograms = new Map(steps.map(step => [step.name, new Histogram()]));
  const graph = activationsGraph(request);
  const wanted = inputNames(graph);
  const session = await request.engine.open(writeOnnx(graph, { extensions: ["com.microsoft"] }));
  try {
    for (const indices of batches) {
      const feeds = { ...Object.fromEntries(tensors), ...batchFeeds(request, indices) };
      const own = Object.entries(feeds).filter(([name]) => wanted.has(name));
      const results = await session.run(Object.fromEntries(own));
      for (const [name, histogram] of histograms) {
        histogram.add(results[name]!.data as Float32Array);
      }
    }
  } finally {
    await session.release();
  }
  for (const step of steps) {
    const { min, max } = histograms.get(step.name)!.percentiles(ranges.share);
    const names = rangeNames(step);
    tensors.set(names.min, scalarTensor(min));
    tensors.set(names.max, scalarTensor(max));
  }
}

function batchFeeds(request: RangeRequest, indices: Uint32Array): Record<string, Tensor> {
  const { samples, augmentation, seed, stage, network } = request;
  const stream = [seed, "augment", stage, "ranges"];
  const { images, labels } = augmentedBatch(samples, indices, augmentation, stream);
  const scalars = { rate: 0, weightRate: 0, statisticsRate: 0, balanceRate: 0 };
  return {
    [network.input.name]: images,
    [LABELS]: labels,
    ...scalarFeeds(request, { ...scalars, progress: 0, update: 1 }),
  };
}
