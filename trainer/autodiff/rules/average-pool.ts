/** @file y = mean of each window: dy, divided by the count, goes back to every element of it. */

import { elementCount } from "../../../core/shape.ts";
import { InternalError } from "../../../model/diagnostics/diagnostic.ts";
import type { OpAttributes } from "../../../model/ir/attributes.ts";
import type { NodeId } from "../../../model/ir/graph.ts";
import { type Arithmetic, scalar } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";
import { unreached } from "../windows.ts";

type Attributes = OpAttributes["average-pool"];
type Size = readonly [number, number];

export const averagePool: GradientRule<"average-pool"> = {
  kind: "average-pool",
  gradient: ({ node, dy, ops }) => {
    const { attrs } = node;
    if (attrs.layout !== "nchw") throw new InternalError("differentiate: average-pool in nhwc");
    const shape = ops.shapeOf(node.inputs[0]!);
    const size = shape.slice(2) as unknown as Size;
    const outputs = ops.shapeOf(node.id).slice(2) as unknown as Size;
    const share = divided(ops, dy, attrs, size, outputs);
    const whole = elementCount(outputs) === 1 && attrs.kernel.join() === size.join();
    return [whole ? ops.expand(share, shape) : scattered(ops, share, attrs, shape[1]!, size)];
  },
};

function divided(
  ops: Arithmetic,
  dy: NodeId,
  attrs: Attributes,
  size: Size,
  outputs: Size,
): NodeId {
  const area = attrs.kernel[0] * attrs.kernel[1];
  const uniform = attrs.countIncludePad || attrs.pads.every(pad => pad === 0);
  if (uniform) return ops.mul(dy, scalar(1 / area));
  const counts: number[] = [];
  for (let row = 0; row < outputs[0]; row++) {
    for (let column = 0; column < outputs[1]; column++) {
      counts.push(inside(attrs, 0, row, size) * inside(attrs, 1, column, size));
    }
  }
  return ops.div(dy, ops.constant([1, 1, ...outputs], counts));
}

/** How many taps along `axis` of the window at `index` lie within the input. */
function inside(attrs: Attributes, axis: 0 | 1, index: number, size: Size): number {
  let count = 0;
  for (let tap = 0; tap < attrs.kernel[axis]; tap++) {
    const at = index * attrs.strides[axis] - attrs.pads[axis] + tap * attrs.dilations[axis];
    if (at >= 0 && at < size[axis]) count++;
  }
  return count;
}

function scattered(
  ops: Arithmetic,
  share: NodeId,
  { kernel, strides, pads, dilations }: Attributes,
  channels: number,
  size: Size,
): NodeId {
  const window = { kernel, strides, pads, dilations };
  return ops.op("conv-transpose", [share, ops.filled([channels, 1, ...kernel], 1)], {
    ...window,
    group: channels,
    layout: "nchw",
    outputPadding: unreached(size, window),
  });
}
