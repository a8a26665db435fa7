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
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { formatOf, type HeldValue, quantizationFor } from "./activation-format.ts";
import { addClamp } from "./add-clamp.ts";
import type { Ranges } from "./calibrate.ts";
import type { Pass } from "./pass.ts";
import { quantizationPoints } from "./quantization-points.ts";
import { valueKeys } from "./value-keys.ts";

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

function rangesAt(
  graph: Graph,
  ranges: Ranges,
  activations: ActivationChoice,
): ReadonlyMap<NodeId, HeldValue> {
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

function inserted(graph: Graph, points: ReadonlyMap<NodeId, HeldValue>): Graph {
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

  function throughInt8(id: NodeId, { scale, zeroPoint, clamp }: HeldValue): NodeId {
    const { name } = b.node(id);
    const attrs = { dtype: "i8" as const, scales: [scale], zeroPoints: [zeroPoint] };
    const bounded = clamp === undefined ? id : addClamp(b, id, clamp);
    return b.add("dequantize", [b.add("quantize", [bounded], attrs, name)], {}, name);
  }
}
