/** @file Reductions. `axes` is an attribute at first, an operand since opset 13 or 18. */

import type { NodeId } from "../../ir/graph.ts";
import type { Importer, ImportNode } from "./context.ts";

type Reduction = "reduce-sum" | "reduce-mean" | "reduce-max" | "reduce-min" | "reduce-prod";

interface Reduced {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export function importReduce(kind: Reduction): Importer {
  return n => {
    const x = n.input(0);
    const attrs = reducedAxes(n, x);
    return attrs === undefined ? x : n.add(kind, [x], attrs);
  };
}

/** Σ f(x), then `after` of it; with no axes to reduce, `after(f(x))`. */
function importSum(
  before: (n: ImportNode, x: NodeId) => NodeId,
  after: (n: ImportNode, sum: NodeId) => NodeId = (_, sum) => sum,
): Importer {
  return n => {
    const x = n.input(0);
    const attrs = reducedAxes(n, x);
    const mapped = before(n, x);
    return after(n, attrs === undefined ? mapped : n.add("reduce-sum", [mapped], attrs));
  };
}

const square = (n: ImportNode, x: NodeId): NodeId => n.add("mul", [x, x], {});
const root = (n: ImportNode, x: NodeId): NodeId => n.add("sqrt", [x], {});
const log = (n: ImportNode, x: NodeId): NodeId => n.add("log", [x], {});

export const importReduceL1 = importSum((n, x) => n.add("abs", [x], {}));
export const importReduceL2 = importSum(square, root);
export const importReduceSumSquare = importSum(square);
export const importReduceLogSum = importSum((_, x) => x, log);

/** m + log Σ exp(x − m), with m the largest x: does not overflow. */
export const importReduceLogSumExp: Importer = n => {
  const x = n.input(0);
  const attrs = reducedAxes(n, x);
  if (attrs === undefined) return x;
  const largest = n.add("reduce-max", [x], { ...attrs, keepDims: true });
  const powers = n.add("exp", [n.add("sub", [x, largest], {})], {});
  const sum = log(n, n.add("reduce-sum", [powers], attrs));
  return n.add("add", [n.reshape(largest, n.shapeOf(sum)), sum], {});
};

/** `undefined` if nothing is to be reduced. */
function reducedAxes(n: ImportNode, x: NodeId): Reduced | undefined {
  const rank = n.shapeOf(x).length;
  const keepDims = n.attributes.int("keepdims", 1) !== 0;
  const given = n.integers("axes", 1) ?? [];
  const noop = n.attributes.int("noop_with_empty_axes", 0) !== 0;
  if (given.length > 0) {
    const axes = new Set(given.map(axis => n.axis(axis, rank)));
    return { axes: [...axes].sort((a, b) => a - b), keepDims };
  }
  return noop ? undefined : { axes: Array.from({ length: rank }, (_, axis) => axis), keepDims };
}

export const importArgMax: Importer = n => {
  const x = n.input(0);
  if (n.attributes.int("select_last_index", 0) !== 0) {
    n.unsupported('"select_last_index" is set', "take the first of equal elements");
  }
  return n.add("arg-max", [x], {
    axis: n.axis(n.attributes.int("axis", 0), n.shapeOf(x).length),
    keepDims: n.attributes.int("keepdims", 1) !== 0,
  });
};
