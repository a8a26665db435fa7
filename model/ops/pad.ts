/** @file Room around a tensor: constant, or filled from its edge or its mirror image. */

import { allocate, dtypeRange, isFloat } from "../../core/dtype.ts";
import { elementCount, stridesOf } from "../../core/shape.ts";
import { setNumber, tensor } from "../../core/tensor.ts";
import type { OpAttributes } from "../ir/attributes.ts";
import { demand, keptMeaning, operandTypes } from "./checks.ts";
import { take } from "./movement.ts";
import type { Op } from "./op.ts";

/** `value` is an element: of an 8-bit tensor, an integer and not the real that it stands for. */
export const pad: Op<"pad"> = {
  kind: "pad",
  summary: "room around a tensor: constant, edge or reflect",

  infer(inputs, { mode, before, after, value }) {
    const [x] = operandTypes("pad", inputs, 1);
    const { shape, dtype } = x!;
    const amounts = [...before, ...after];
    demand(
      before.length === shape.length &&
        after.length === shape.length &&
        amounts.every(n => Number.isSafeInteger(n) && n >= 0),
      "pad",
      `expected two pads of at least 0 per dimension of [${shape}], got [${before}] and [${after}]`,
    );
    const room = (dim: number): number => (mode === "reflect" ? dim - 1 : dim > 0 ? Infinity : 0);
    demand(
      mode === "constant" || shape.every((dim, i) => Math.max(before[i]!, after[i]!) <= room(dim)),
      "pad",
      `[${shape}] is too small for ${mode} pads [${before}] and [${after}]`,
    );
    const { min, max } = dtypeRange(dtype);
    demand(
      isFloat(dtype) || (Number.isInteger(value) && value >= min && value <= max),
      "pad",
      `expected a value of type ${dtype}, got ${value}`,
    );
    const padded = shape.map((dim, axis) => before[axis]! + dim + after[axis]!);
    return { ...keptMeaning("pad", "x", x!), shape: padded };
  },

  evaluate({ inputs, attrs, type }) {
    const x = inputs[0]!;
    const fill = x.data.length;
    // The fill value stands after the last element, where offset `fill` finds it.
    const data = allocate(x.dtype, fill + 1);
    (data as Float32Array).set(x.data as Float32Array);
    setNumber(data, fill, attrs.value);
    const offsets = offsetsOf(x.shape, type.shape, attrs, fill);
    return take(tensor(x.dtype, [fill + 1], data), type.shape, offsets);
  },
};

function offsetsOf(
  from: readonly number[],
  to: readonly number[],
  { mode, before }: OpAttributes["pad"],
  fill: number,
): Int32Array {
  const strides = stridesOf(from);
  const steps = stridesOf(to);
  const offsets = new Int32Array(elementCount(to));
  for (let i = 0; i < offsets.length; i++) {
    let offset = 0;
    for (let axis = 0; axis < to.length && offset !== fill; axis++) {
      const position = (Math.floor(i / steps[axis]!) % to[axis]!) - before[axis]!;
      const source = inside(position, from[axis]!, mode);
      offset = source === undefined ? fill : offset + source * strides[axis]!;
    }
    offsets[i] = offset;
  }
  return offsets;
}

/** The position that stands in for one outside 0…size − 1; `undefined` for a constant. */
function inside(
  position: number,
  size: number,
  mode: OpAttributes["pad"]["mode"],
): number | undefined {
  if (position >= 0 && position < size) return position;
  if (mode === "constant") return undefined;
  if (mode === "edge") return position < 0 ? 0 : size - 1;
  return position < 0 ? -position : 2 * (size - 1) - position;
}
