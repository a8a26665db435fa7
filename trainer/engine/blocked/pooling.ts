/** @file Pools in blocks, and results repeated over windows that tile the image. */

import type { Node } from "../../../model/ir/graph.ts";
import { windowAttributes } from "../../../model/onnx/export/window.ts";
import type { Blocks } from "./blocks.ts";

export function writePool(node: Node<"max-pool" | "average-pool">, b: Blocks): string | undefined {
  const x = node.inputs[0]!;
  const isMax = node.kind === "max-pool";
  const inside = node.attrs.pads.every(pad => pad === 0);
  if (!b.has(x) || node.attrs.layout !== "nchw" || !(isMax || inside)) return undefined;
  const operator = isMax ? "MaxPool" : "AveragePool";
  return b.plainOf(node.id, b.emit(operator, [b.of(x)], windowAttributes(node.attrs)));
}

/** A transposed convolution by ones, each of which reaches a window of its own. */
export function writeRepetition(node: Node<"conv-transpose">, b: Blocks): string | undefined {
  const [x, w] = node.inputs as readonly [Node["id"], Node["id"]];
  const { kernel, strides, pads, outputPadding, dilations, group } = node.attrs;
  const tiles =
    kernel.join() === strides.join() &&
    [...pads, ...outputPadding].every(pad => pad === 0) &&
    dilations.every(dilation => dilation === 1);
  const weights = b.e.node(w);
  const ones = weights.kind === "const" && weights.attrs.tensor.data.every(x => Number(x) === 1);
  if (!tiles || !ones || group !== b.imageShape(x)[1] || !b.has(x)) return undefined;
  const repeated = b.emit("Upsample", [b.of(x)], { scales: { ints: [1, 1, ...kernel] } });
  return b.plainOf(node.id, repeated);
}
