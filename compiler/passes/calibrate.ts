/**
 * @file Measures, on samples, the range that 8 bits must cover at each point.
 *
 * The graph is evaluated by the oracle, values go into a histogram, and the
 * range is the one that minimises the mean squared error of quantising:
 * a few outliers are cut off where finer steps for all others are worth more.
 * Model inputs keep their whole range.
 */

import type { ActivationChoice } from "../../core/abi.ts";
import { Histogram } from "../../core/histogram.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type Diagnostic, ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { evaluateAll } from "../../model/ops/index.ts";
import { levelsOf } from "./activation-format.ts";
import { bestRange } from "./best-range.ts";
import { quantizationPoints } from "./quantization-points.ts";
import { valueKeys } from "./value-keys.ts";

/** [min, max] of the real values, by key (see `value-keys.ts`). */
export type Ranges = Readonly<Record<string, readonly [number, number]>>;

/** Inputs of the graph by name. */
export type Sample = Readonly<Record<string, Tensor>>;

/**
 * The ranges that `insert-quantization` asks for.
 *
 * **Requires** the graph that the prepare passes leave behind.
 *
 * @throws compile/needs-calibration without samples
 * @throws graph/non-finite for every value that was NaN or infinite
 */
export function calibrate(
  graph: Graph,
  samples: Iterable<Sample>,
  activations: ActivationChoice = "int8",
): Ranges {
  const points = new Map<NodeId, Histogram>();
  for (const id of quantizationPoints(graph)) points.set(id, new Histogram());
  let count = 0;
  for (const sample of samples) {
    count++;
    evaluateAll(graph, sample, (node, value) => {
      points.get(node.id)?.add(value.data as Float32Array);
    });
  }
  if (count === 0) throw new ModelError(withoutSamples(graph));
  return rangesOf(graph, points, activations);
}

function rangesOf(
  graph: Graph,
  points: ReadonlyMap<NodeId, Histogram>,
  activations: ActivationChoice,
): Ranges {
  const keys = valueKeys(graph);
  const ranges: Record<string, readonly [number, number]> = {};
  const problems: Diagnostic[] = [];
  for (const [id, histogram] of points) {
    const key = keys[id]!;
    const node = graph.nodes[id]!;
    if (histogram.nonFiniteCount > 0) problems.push(nonFinite(graph, key, histogram));
    const { min, max } =
      node.kind === "input"
        ? histogram.extremes()
        : bestRange(histogram, levelsOf(node, activations));
    ranges[key] = [Math.fround(min), Math.fround(max)];
  }
  if (problems.length > 0) throw new ModelError(...problems);
  return ranges;
}

function withoutSamples(graph: Graph): Diagnostic {
  return problem("compile/needs-calibration", "there are no samples to calibrate on", {
    at: graph.name,
    help: "give at least one sample; a few dozen that look like the real data are better",
  });
}

function nonFinite(graph: Graph, key: string, { nonFiniteCount }: Histogram): Diagnostic {
  return problem("graph/non-finite", `"${key}" was NaN or infinite ${nonFiniteCount} times`, {
    at: graph.name,
    notes: ["8 bits cannot hold such values, and no range describes them"],
    help: "check the calibration samples, and that they are normalised as in training",
  });
}
