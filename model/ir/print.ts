/** @file The text form of a graph. */

import type { Graph, TensorQuantization, ValueType } from "./graph.ts";

/** `f32[1,64]`, or `i8[1,8]{0.5, -128}`, or `i8[4,9]{axis=0, scales=[…], zeroPoints=[…]}`. */
export function printType({ dtype, shape, quantization }: ValueType): string {
  const meaning = quantization === undefined ? "" : printQuantization(quantization);
  return `${dtype}[${shape.join(",")}]${meaning}`;
}

function printQuantization({ scales, zeroPoints, axis }: TensorQuantization): string {
  if (axis === undefined && scales.length === 1) return `{${scales[0]}, ${zeroPoints[0]}}`;
  return `{axis=${axis}, scales=[${scales.join(", ")}], zeroPoints=[${zeroPoints.join(", ")}]}`;
}
/** The names and types of all nodes, one a line. */
export function printGraph(graph: Graph): string {
  return graph.nodes.map(node => `%${node.id} = ${node.kind} : ${printType(node.type)}`).join("\n");
}
