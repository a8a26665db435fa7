/** @file Lowers an 8-bit `max-pool` on channel planes to code that is written for its sizes. */

import type { Node } from "../../../model/ir/graph.ts";
import { packMask } from "../../specialize/convolution.ts";
import { generateMaxPool, packPoolParameters } from "../../specialize/max-pool.ts";
import { type Phases, planesAddress, writtenRegions } from "../channel-planes.ts";
import { rangeOf, seesImage } from "../value-range.ts";
import { windowRegions } from "./code-convolution.ts";
import { haloOfPads } from "./convolution.ts";
import type { Nodes, PlanesUse, Step } from "./lowering.ts";

type MaxPool = Node<"max-pool">;

/** Why no code pools over channel planes, as a clause, in either layout. */
export function rejectsPlaneMaxPool(
  node: MaxPool,
  [x]: readonly Node[],
  graph: Nodes,
): string | undefined {
  const { attrs, type } = node;
  if (x!.type.dtype !== "i8") return `no code pools ${x!.type.dtype}`;
  if (type.shape[0] !== 1) return "images come in a batch";
  if (type.shape.includes(0)) return "tensors without elements take no code";
  if (attrs.strides[1] > 2) return "windows are more than two columns apart";
  const isPadded = attrs.pads.some(pad => pad > 0);
  if (isPadded && rangeOf(graph, x!.id).min < zeroPointOf(x!)) return "padding might win";
  if (!seesImage(node)) return "windows might see nothing but padding";
  return undefined;
}

/** What a channel-first pool reads and writes. */
export function planesOfPool({ attrs }: MaxPool): PlanesUse {
  const x = { phases: attrs.strides[1] as Phases, halo: haloOfPads(attrs) };
  return { operands: [x], result: true };
}

export function lowerPoolToCode(node: MaxPool, step: Step): void {
  const [x, y] = [step.planes(0), step.resultPlanes];
  const { kernel, dilations, strides, pads } = node.attrs;
  const pool = {
    ...{ kernel, dilations, strides, padLeft: pads[1] },
    ...{ input: x.planes, output: y.planes, zeroPoint: zeroPointOf(node) },
  };
  const mask = packMask(pool);
  const args = [
    planesAddress(x, -pads[0]),
    planesAddress(y),
    0,
    step.constant("parameters", packPoolParameters(pool), "zero point"),
    mask.length === 0 ? 0 : step.constant("table", mask, "columns"),
    0,
  ];
  const { body, channels, work } = generateMaxPool(pool);
  const reads = windowRegions(node, x);
  step.callCode(body, args, { reads, writes: writtenRegions(y, channels), work: { ...work } });
}

function zeroPointOf({ type }: Node): number {
  return type.quantization?.zeroPoints[0] ?? 0;
}
