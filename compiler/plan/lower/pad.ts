/**
 * @file Lowers `pad`: the operand is copied into the middle, then each
 * dimension in turn gets its borders: one constant, the edge, or its mirror.
 */

import { bytesOf, tensorOf } from "../../../core/tensor.ts";
import type { Node } from "../../../model/ir/graph.ts";
import { broadcastView, denseView, sliceView, type View } from "../view.ts";
import type { Lowering, Step } from "./lowering.ts";
import { callCopy, rejectsElements } from "./rows.ts";

export const pad: Lowering<"pad"> = {
  kind: "pad",
  rejects: rejectsElements,

  lower(node, step) {
    const { before, after } = node.attrs;
    const size = step.operands[0]!.type.shape;
    let box = before.reduce(
      (view, start, axis) => sliceView(view, axis, start, size[axis]!),
      step.result,
    );
    callCopy(step, step.view(0), box);
    for (const [axis, count] of before.entries()) {
      box = sliceView(box, axis, -count, count + size[axis]! + after[axis]!);
      const last = count + size[axis]! - 1;
      if (count > 0) border(node, step, box, { axis, start: 0, count, inner: count });
      if (after[axis]! > 0) {
        border(node, step, box, { axis, start: last + 1, count: after[axis]!, inner: last });
      }
    }
  },
};

/** `count` indices of `axis` from `start` on; `inner` is the operand's index next to them. */
interface Border {
  readonly axis: number;
  readonly start: number;
  readonly count: number;
  readonly inner: number;
}

function border(node: Node<"pad">, step: Step, box: View, place: Border): void {
  const target = sliceView(box, place.axis, place.start, place.count);
  callCopy(step, sourceOf(node, step, box, place), target);
}

function sourceOf({ attrs, type }: Node<"pad">, step: Step, box: View, place: Border): View {
  const { axis, start, count, inner } = place;
  switch (attrs.mode) {
    case "constant": {
      const value = bytesOf(tensorOf(type.dtype, [], [attrs.value]));
      const { block, offset } = step.constant("tensor", value, "padding");
      const shape = box.shape.with(axis, count);
      return broadcastView(denseView(block, [], box.elementBytes, offset), shape);
    }
    case "edge": {
      const edge = sliceView(box, axis, inner, 1);
      return broadcastView(edge, box.shape.with(axis, count));
    }
    case "reflect":
      return sliceView(box, axis, 2 * inner - start, count, -1);
    default:
      return attrs.mode satisfies never;
  }
}
