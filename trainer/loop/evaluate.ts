/** @file Accuracy of a graph from samples to logits. */

import type { Graph } from "../../model/ir/graph.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import type { Engine } from "../engine/engine.ts";
import { plainBatch } from "./batch.ts";
import type { Samples } from "./samples.ts";

export interface Evaluation {
  readonly samples: number;
  /** Share of samples whose own class has the largest logit (the first, if several), 0 to 1. */
  readonly top1: number;
}

/** Samples per run of an evaluating graph. */
export const EVALUATION_BATCH = 250;

/** Runs `graph`, made for `EVALUATION_BATCH` samples, on all of `samples`. */
export async function evaluateTop1(
  engine: Engine,
  graph: Graph,
  samples: Samples,
): Promise<Evaluation> {
  return evaluationOf(await classify(engine, graph, samples), samples);
}

/** The class with the largest logit (the first, if several) of every sample. */
export async function classify(
  engine: Engine,
  graph: Graph,
  samples: Samples,
): Promise<Int32Array> {
  const found = new Int32Array(samples.count);
  await forEachLogits(engine, graph, samples, (logits, sample) => {
    found[sample] = argMax(logits);
  });
  return found;
}

export function evaluationOf(found: Int32Array, { count, labels }: Samples): Evaluation {
  const correct = found.reduce((sum, best, sample) => sum + (best === labels[sample] ? 1 : 0), 0);
  return { samples: count, top1: count === 0 ? 0 : correct / count };
}

/** How many samples of class [row] were taken for class [column]. */
export function confusionOf(found: Int32Array, { labels }: Samples, classes: number): number[][] {
  const rows = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  found.forEach((best, sample) => {
    rows[labels[sample]!]![best]!++;
  });
  return rows;
}

/** The logits of every sample, in order. */
export async function forEachLogits(
  engine: Engine,
  graph: Graph,
  samples: Samples,
  visit: (logits: Float32Array, sample: number) => void,
): Promise<void> {
  const session = await engine.open(writeOnnx(graph, { extensions: ["com.microsoft"] }));
  const name = inputName(graph);
  try {
    for (let from = 0; from < samples.count; from += EVALUATION_BATCH) {
      const count = Math.min(EVALUATION_BATCH, samples.count - from);
      const indices = Array.from({ length: count }, (_, i) => from + i);
      const results = await session.run({ [name]: plainBatch(samples, indices, EVALUATION_BATCH) });
      const logits = results.logits!;
      const classes = logits.shape[1]!;
      for (let i = 0; i < count; i++) {
        visit((logits.data as Float32Array).subarray(i * classes, (i + 1) * classes), from + i);
      }
    }
  } finally {
    await session.release();
  }
}

export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function inputName(graph: Graph): string {
  const node = graph.nodes[graph.inputs[0]!]!;
  return node.kind === "input" ? node.attrs.name : "";
}
