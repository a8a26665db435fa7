/** @file Slices of x picked along an axis by index; negative indices count from the end. */

import { elementCount } from "../../core/shape.ts";
import {
  demand,
  demandAxis,
  demandDType,
  demandPlain,
  keptMeaning,
  operandTypes,
} from "./checks.ts";
import { take } from "./movement.ts";
import type { Op } from "./op.ts";

export const gather: Op<"gather"> = {
  kind: "gather",
  summary: "slices picked along an axis by index",

  infer(inputs, { axis }) {
    const [x, indices] = operandTypes("gather", inputs, 2);
    demandAxis("gather", axis, x!.shape.length);
    demandDType("gather", "indices", indices!, ["i32", "i64"]);
    demandPlain("gather", "indices", indices!);
    const shape = x!.shape.toSpliced(axis, 1, ...indices!.shape);
    return { ...keptMeaning("gather", "x", x!), shape };
  },

  evaluate({ inputs, attrs, type }) {
    const [x, indices] = inputs;
    const length = x!.shape[attrs.axis]!;
    const inner = elementCount(x!.shape.slice(attrs.axis + 1));
    const count = indices!.data.length;
    const positions = Array.from(indices!.data as ArrayLike<number | bigint>, index =>
      positionOf(Number(index), length),
    );
    const offsets = new Int32Array(elementCount(type.shape));
    for (let i = 0; i < offsets.length; i++) {
      const outer = Math.floor(i / (inner * count));
      const position = positions[Math.floor(i / inner) % count]!;
      offsets[i] = (outer * length + position) * inner + (i % inner);
    }
    return take(x!, type.shape, offsets);
  },
};

function positionOf(index: number, length: number): number {
  const position = index < 0 ? index + length : index;
  const inside = position >= 0 && position < length;
  demand(inside, "gather", `index ${index} lies outside a dimension of ${length}`);
  return position;
}
