/**
 * @file Writes down where f32 values are held in 8 bits, with calibrated ranges.
 *
 *     %2 = conv %0, %1               %2 = conv %0, %1
 *     %3 = conv %2, %w               %3 = quantize %2
 *                                    %4 = dequantize %3
 *                                    %5 = conv %4, %w
 *
 * Every reader of the value reads the quantised one; an output of the model
 * that is the value itself stays exact. Real 0 is an integer in every range,
 * so that padding is exact. A format of fewer than 8 bits bounds the integers:
 *
 *     %3 = clamp %2 {min=0 max=15·scale}
 *     %4 = quantize %3
 */

import type { ActivationChoice } from "../../core/abi.ts";
import type { Interval } from "../../core/interval.ts";
import type { Quantization } from "../../core/requantize.ts";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { addClamp } from "./add-clamp.ts";
import type { Ranges } from "./calibrate.ts";
import type { Pass } from "./pass.ts";
import { quantizationPoints } from "./quantization-points.ts";
import { valueKeys } from "./value-keys.ts";

/** Steps between the least and the greatest of 8 bits. */
const STEPS = 255;
const LOWEST = -128;
/** The largest unsigned 7-bit and 4-bit values. */
const HIGHEST_U7 = 127;
const HIGHEST_U4 = 15;

/** @throws compile/needs-calibration with every value that has no range */
export function insertQuantization(ranges: Ranges, activations: ActivationChoice = "int8"): Pass {
  return {
    name: "insert-quantization",
    summary: "write down where values are held in 8 bits, with calibrated ranges",
    accuracy: "rounds",
    run(graph) {
      const points = rangesAt(graph, ranges, activations);
      return points.size === 0 ? graph : inserted(graph, points);
    },
  };
}

/** A quantisation, and the real values that it cuts off where its format has fewer than 8 bits. */
interface Point extends Quantization {
  readonly clamp?: Interval;
}

/** The quantisation that covers `min`…`max` and holds 0 exactly; `u7` and `u4` where nothing is negative. */
export function quantizationFor(
  [min, max]: readonly [number, number],
  activations: ActivationChoice = "int8",
): Point {
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)];
  if (activations === "u4" && low === 0) {
    const scale = Math.fround(high / HIGHEST_U4) || 1;
    return { scale, zeroPoint: 0, clamp: { min: 0, max: Math.fround(HIGHEST_U4 * scale) } };
  }
  if (activations !== "int8" && low === 0) {
    return { scale: Math.fround(high / HIGHEST_U7) || 1, zeroPoint: 0 };
  }
  const scale = Math.fround((high - low) / STEPS) || 1;
  return { scale, zeroPoint: LOWEST + Math.min(Math.round(-low / scale), STEPS) };
}

/** The format in which the value of `node` is held; only results of a ReLU take 4 bits. */
function formatOf(node: Node, activations: ActivationChoice): ActivationChoice {
  if (activations !== "u4") return activations;
  const isLayer = node.kind === "conv" || node.kind === "gemm";
  const clamp = isLayer ? node.attrs.clamp : node.kind === "clamp" ? node.attrs : undefined;
  return clamp !== undefined && clamp.min >= 0 ? "u4" : "u7";
}

/** How many values the integers of `node` can have. */
export function levelsOf(node: Node, activations: ActivationChoice): number {
  return formatOf(node, activations) === "u4" ? HIGHEST_U4 + 1 : STEPS + 1;
}

function rangesAt(
  graph: Graph,
  ranges: Ranges,
  activations: ActivationChoice,
): ReadonlyMap<NodeId, Point> {
  const keys = valueKeys(graph);
  const ids = quantizationPoints(graph);
  const missing = ids.filter(id => ranges[keys[id]!] === undefined);
  if (missing.length > 0) {
    throw new ModelError(
      problem("compile/needs-calibration", `${missing.length} values have no calibrated range`, {
        at: graph.name,
        notes: [`values: ${missing.map(id => keys[id]).join(", ")}`],
        help: "calibrate the same model with the same options on samples of its data",
      }),
    );
  }
  return new Map(
    ids.map(id => {
      const format = formatOf(graph.nodes[id]!, activations);
      return [id, quantizationFor(ranges[keys[id]!]!, format)];
    }),
  );
}

function inserted(graph: Graph, points: ReadonlyMap<NodeId, Point>): Graph {
  const b = graphBuilder();
  const exact: NodeId[] = [];
  const rounded: NodeId[] = [];
  for (const node of graph.nodes) {
    const id = b.copy({ ...node, inputs: node.inputs.map(input => rounded[input]!) } as Node);
    const point = points.get(node.id);
    exact.push(id);
    rounded.push(point === undefined ? id : throughInt8(id, point));
  }
  const outputs = graph.outputs.map(({ name, id }) => ({ name, id: exact[id]! }));
  return b.finish(graph.name, outputs, graph.metadata);

  function throughInt8(id: NodeId, { scale, zeroPoint, clamp }: Point): NodeId {
    const { name } = b.node(id);
    const attrs = { dtype: "i8" as const, scales: [scale], zeroPoints: [zeroPoint] };
    const bounded = clamp === undefined ? id : addClamp(b, id, clamp);
    return b.add("dequantize", [b.add("quantize", [bounded], attrs, name)], {}, name);
  }
}
