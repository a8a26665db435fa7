/** @file Calls of kernels that take rows of elements, and of those that copy. */

import type { Node, OpKind } from "../../../model/ir/graph.ts";
import type { Work } from "../../costs/work.ts";
import type { Argument } from "../argument.ts";
import { nestedLoops, type RowLoops, rowLoops } from "../loops.ts";
import type { View } from "../view.ts";
import type { Lowering, Step } from "./lowering.ts";

/**
 * Calls `family` on rows of `sources` and the result: addresses, `rows`, `n`,
 * steps, then `extra`. `cut` divides the elements into rows.
 */
export function callRows(
  step: Step,
  family: string,
  sources: readonly View[],
  extra: readonly Argument[] = [],
  cut: (views: readonly View[]) => RowLoops[] = rowLoops,
): void {
  const kernel = step.kernel(family);
  const target = step.result;
  const views = [...sources, target];
  for (const { rows, count, starts, steps } of cut(views)) {
    const addresses = views.map((view, i) => ({ block: view.block, offset: starts[i]! }));
    step.call(kernel, [...addresses, rows, count, ...steps, ...extra], {
      reads: sources.map((view, i) => rowsRegion(view, starts[i]!, rows, steps[i]!, count)),
      writes: [rowsRegion(target, starts.at(-1)!, rows, steps.at(-1)!, count)],
    });
  }
}

function rowsRegion(view: View, offset: number, rows: number, step: number, count: number) {
  const repeats = rows > 1 && step !== 0 ? [{ count: rows, step }] : [];
  return { block: view.block.name, offset, bytes: count * view.elementBytes, repeats };
}

/** The part of a step that calls a kernel. */
export type Caller = Pick<Step, "kernel" | "call">;

/** Copies `source` to `target`, element by element, whatever their steps. */
export function callCopy(step: Caller, source: View, target: View): void {
  callNested(step, source.elementBytes === 4 ? "x32_copy" : "x8_copy", [source], target);
}

/** How a call of four nested loops is counted: from how often each runs, and the steps of sources and target. */
export type NestedWork = (counts: readonly number[], steps: readonly (readonly number[])[]) => Work;

/** Calls a kernel of four nested loops on views of one shape; counted by what it touches unless told. */
export function callNested(
  step: Caller,
  family: string,
  sources: readonly View[],
  target: View,
  workOf?: NestedWork,
): void {
  const kernel = step.kernel(family);
  const views = [...sources, target].map(view => (family === "x8_copy" ? asBytes(view) : view));
  for (const { counts, starts, steps } of nestedLoops(views)) {
    const addresses = views.map((view, i) => ({ block: view.block, offset: starts[i]! }));
    const regions = views.map((view, i) => ({
      block: view.block.name,
      ...nestedRegion(starts[i]!, counts, steps[i]!, view.elementBytes),
    }));
    step.call(kernel, [...addresses, ...counts, ...steps.flat()], {
      reads: regions.slice(0, -1),
      writes: regions.slice(-1),
      ...(workOf && { work: workOf(counts, steps) }),
    });
  }
}

/** Elements of any size as runs of bytes. */
function asBytes(view: View): View {
  if (view.elementBytes === 1) return view;
  return {
    ...view,
    shape: [...view.shape, view.elementBytes],
    steps: [...view.steps, 1],
    elementBytes: 1,
  };
}

function nestedRegion(
  start: number,
  counts: readonly number[],
  steps: readonly number[],
  elementBytes: number,
) {
  let offset = start;
  let bytes = elementBytes;
  const repeats: { count: number; step: number }[] = [];
  for (let i = counts.length - 1; i >= 0; i--) {
    const [count, step] = [counts[i]!, steps[i]!];
    if (count === 1 || step === 0) continue;
    if (step < 0) offset += step * (count - 1);
    if (Math.abs(step) === bytes) bytes *= count;
    else repeats.unshift({ count, step: Math.abs(step) });
  }
  return { offset, bytes, repeats };
}

/** Why elements of this size cannot be moved. */
export function rejectsElements(node: Node): string | undefined {
  const { shape, dtype } = node.type;
  if (shape.includes(0)) return "tensors without elements take no kernel";
  return ["i4", "u4", "i2", "u2"].includes(dtype)
    ? `${dtype} values only exist as weights`
    : undefined;
}

/** Lowering of an op on one operand, element by element, that may run in place. */
export function unaryRows<K extends OpKind>(
  kind: K,
  familyOf: (node: Node<K>, x: Node) => string | undefined,
  extra: (node: Node<K>, step: Step) => readonly Argument[] = () => [],
): Lowering<K> {
  return {
    kind,
    rejects(node, [x]) {
      if (familyOf(node, x!) !== undefined) return rejectsElements(node as Node);
      return `no kernel takes ${x!.type.dtype} and gives ${(node as Node).type.dtype}`;
    },
    operandViews: (_node, _operands, result) => [result],
    lower(node, step) {
      callRows(step, familyOf(node, step.operands[0]!)!, [step.view(0)], extra(node, step));
    },
  };
}

/** Lowering of an f32 function of one f32. */
export function unaryF32<K extends OpKind>(kind: K, family: string): Lowering<K> {
  return unaryRows(kind, (_node, x) => (x.type.dtype === "f32" ? family : undefined));
}
