/**
 * @file A strided window into x: dy goes back to its places, zeros elsewhere.
 *
 * A step of s > 1 is undone by a new axis of length s, of which dy fills the
 * first place. A negative step is undone by reversing dy first.
 */

import type { NodeId } from "../../../model/ir/graph.ts";
import type { Arithmetic } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";

export const slice: GradientRule<"slice"> = {
  kind: "slice",
  gradient: ({ node, dy, ops }) => {
    const shape = ops.shapeOf(node.inputs[0]!);
    const { starts, sizes, steps } = node.attrs;
    const forward = reverseAxes(
      ops,
      dy,
      steps.map(step => step < 0),
    );
    const spaced = spaceOut(ops, forward, steps.map(Math.abs));
    const first = starts.map((start, i) =>
      steps[i]! < 0 ? start + (sizes[i]! - 1) * steps[i]! : start,
    );
    const after = ops.shapeOf(spaced).map((dim, i) => shape[i]! - first[i]! - dim);
    return [ops.pad(spaced, first, after)];
  },
};

function reverseAxes(ops: Arithmetic, x: NodeId, reversed: readonly boolean[]): NodeId {
  if (!reversed.includes(true)) return x;
  const sizes = ops.shapeOf(x);
  const starts = sizes.map((dim, i) => (reversed[i] ? dim - 1 : 0));
  return ops.slice(
    x,
    starts,
    sizes,
    reversed.map(r => (r ? -1 : 1)),
  );
}

/** Puts `steps[i] − 1` zeros between neighbours along axis i. */
function spaceOut(ops: Arithmetic, x: NodeId, steps: readonly number[]): NodeId {
  if (steps.every(step => step === 1)) return x;
  const shape = ops.shapeOf(x);
  const none = steps.flatMap(() => [0, 0]);
  const split = ops.reshape(
    x,
    shape.flatMap(dim => [dim, 1]),
  );
  const padded = ops.pad(
    split,
    none,
    steps.flatMap(step => [0, step - 1]),
  );
  const joined = ops.reshape(
    padded,
    shape.map((dim, i) => dim * steps[i]!),
  );
  const sizes = shape.map((dim, i) => Math.max(0, (dim - 1) * steps[i]! + 1));
  return ops.slice(
    joined,
    sizes.map(() => 0),
    sizes,
  );
}
