/**
 * @file The list of lowerings: what the planner can compute, and how.
 *
 * `supports` is derived from the same list, so that what `legalize` lets
 * through is what the planner takes.
 */

import type { Graph, Node, OpKind } from "../../../model/ir/graph.ts";
import { type Halo, NO_HALO, type View } from "../view.ts";
import { averagePool } from "./average-pool.ts";
import { add, div, max, min, mul, sub } from "./binary.ts";
import { clamp } from "./clamp.ts";
import { concat } from "./concat.ts";
import { conv } from "./conv.ts";
import { dequantize } from "./dequantize.ts";
import { exp } from "./exp.ts";
import { expand } from "./expand.ts";
import { gemm } from "./gemm.ts";
import { hardSwish } from "./hard-swish.ts";
import { lookup } from "./lookup.ts";
import { type Lowering, NO_PLANES, type PlanesUse } from "./lowering.ts";
import { maxPool } from "./max-pool.ts";
import { pad } from "./pad.ts";
import { rejectsPlaneMaxPool } from "./plane-max-pool.ts";
import { rejectsMethods } from "./plane-methods.ts";
import { qadd } from "./qadd.ts";
import { qaveragePool, rejectsPlanePool } from "./qaverage-pool.ts";
import { qconv } from "./qconv.ts";
import { qgemm } from "./qgemm.ts";
import { quantize } from "./quantize.ts";
import { reshape } from "./reshape.ts";
import { sigmoid } from "./sigmoid.ts";
import { slice } from "./slice.ts";
import { softmax } from "./softmax.ts";
import { tanh } from "./tanh.ts";
import { transpose } from "./transpose.ts";

const list = [
  conv,
  gemm,
  qconv,
  qgemm,
  maxPool,
  averagePool,
  qaveragePool,
  add,
  sub,
  mul,
  div,
  min,
  max,
  qadd,
  clamp,
  sigmoid,
  tanh,
  exp,
  hardSwish,
  softmax,
  lookup,
  quantize,
  dequantize,
  reshape,
  transpose,
  concat,
  slice,
  pad,
  expand,
] as const;

const LOWERINGS: ReadonlyMap<OpKind, Lowering<OpKind>> = new Map(
  list.map(lowering => [lowering.kind, lowering as unknown as Lowering<OpKind>]),
);

/** The kinds that become kernel calls. */
export const LOWERED_KINDS: readonly OpKind[] = [...LOWERINGS.keys()];

/** How nodes of `kind` become calls; leaves become none. */
export function loweringOf(kind: OpKind): Lowering<OpKind> | undefined {
  return LOWERINGS.get(kind);
}

/** Why no kernel computes `node`, as a clause; `undefined` if it can be planned. */
export function supports(node: Node, graph: Pick<Graph, "nodes">): string | undefined {
  if (node.kind === "input" || node.kind === "const") return undefined;
  const lowering = LOWERINGS.get(node.kind);
  if (lowering === undefined) return `there is no kernel for ${node.kind}`;
  return lowering.rejects(
    node,
    node.inputs.map(id => graph.nodes[id]!),
    graph,
  );
}

/** Whether `node`, in either layout, can read and write channel planes. */
export function runsOnPlanes(node: Node, graph: Pick<Graph, "nodes">): boolean {
  const operands = node.inputs.map(id => graph.nodes[id]!);
  switch (node.kind) {
    case "qconv":
      return rejectsMethods(node, operands, graph) === undefined;
    case "max-pool":
      return rejectsPlaneMaxPool(node, operands, graph) === undefined;
    case "qaverage-pool":
      return rejectsPlanePool(node, operands) === undefined;
    default:
      return false;
  }
}

export function planesUseOf(node: Node): PlanesUse {
  return LOWERINGS.get(node.kind)?.planes?.(node) ?? NO_PLANES;
}

export function haloOf(node: Node): Halo {
  return LOWERINGS.get(node.kind)?.halo?.(node) ?? NO_HALO;
}

/** Places within `result`, that of `node`, where its operands may be computed. */
export function operandViewsOf(
  node: Node,
  operands: readonly Node[],
  result: View,
): readonly (View | undefined)[] {
  return LOWERINGS.get(node.kind)?.operandViews?.(node, operands, result) ?? [];
}
