/**
 * @file Measures, on samples, the range that 8 bits must cover at each point.
 *
 * The graph is evaluated by the oracle, values go into a histogram, and the
 * range is the one that minimises the mean squared error of quantising:
 * a few outliers are cut off where finer steps for all others are worth more.
 * Model inputs keep their whole range.
 */

import type { Tensor } from "../../core/tensor.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { evaluateAll } from "../../model/ops/index.ts";
import { Histogram } from "./histogram.ts";
import { quantizationPoints } from "./quantization-points.ts";
import { valueKeys } from "./value-keys.ts";

/** [min, max] of the real values, by key (see `value-keys.ts`). */
export type Ranges = Readonly<Record<string, readonly [number, number]>>;

/** Inputs of the graph by name. */
export type Sample = Readonly<Record<string, Tensor>>;

/**
 * The ranges that `insert-quantization` asks for.
 *
 * **Requires** the graph that the prepare passes leave behind, and at least
 * one sample.
 */
export function calibrate(graph: Graph, samples: Iterable<Sample>): Ranges {
  const points = new Map<NodeId, Histogram>();
  for (const id of quantizationPoints(graph)) points.set(id, new Histogram());
  for (const sample of samples) {
    evaluateAll(graph, sample, (node, value) => {
      points.get(node.id)?.add(value.data as Float32Array);
    });
  }
  const keys = valueKeys(graph);
  const ranges: Record<string, readonly [number, number]> = {};
  for (const [id, histogram] of points) {
    const isInput = graph.nodes[id]!.kind === "input";
    const { min, max } = isInput ? histogram.extremes() : histogram.bestRange();
    ranges[keys[id]!] = [Math.fround(min), Math.fround(max)];
  }
  return ranges;
}
