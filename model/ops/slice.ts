/** @file Evenly spaced elements along each dimension. */

import { stridesOf } from "../../core/shape.ts";
import { stridedOffsets } from "./broadcast.ts";
import { demand, keptMeaning, operandTypes } from "./checks.ts";
import { take } from "./movement.ts";
import type { Op } from "./op.ts";

export const slice: Op<"slice"> = {
  kind: "slice",
  summary: "evenly spaced elements along each dimension",

  infer(inputs, { starts, sizes, steps }) {
    const [x] = operandTypes("slice", inputs, 1);
    const { shape } = x!;
    demand(
      [starts, sizes, steps].every(list => list.length === shape.length),
      "slice",
      `expected a start, size and step per dimension of [${shape}], got [${starts}], [${sizes}], [${steps}]`,
    );
    for (const [axis, dim] of shape.entries()) {
      const [start, size, step] = [starts[axis]!, sizes[axis]!, steps[axis]!];
      demand(
        [start, size, step].every(Number.isSafeInteger) && size >= 0 && step !== 0,
        "slice",
        `expected integers, sizes of at least 0 and steps other than 0, got [${starts}], [${sizes}], [${steps}]`,
      );
      const last = start + (size - 1) * step;
      demand(
        size === 0 || (start >= 0 && start < dim && last >= 0 && last < dim),
        "slice",
        `elements ${start} to ${last} along axis ${axis} lie outside [${shape}]`,
      );
    }
    return { ...keptMeaning("slice", "x", x!), shape: sizes };
  },

  evaluate({ inputs, attrs, type }) {
    const x = inputs[0]!;
    const strides = stridesOf(x.shape);
    const first = attrs.starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
    const spread = strides.map((stride, axis) => stride * attrs.steps[axis]!);
    return take(x, type.shape, stridedOffsets(type.shape, spread, first));
  },
};
