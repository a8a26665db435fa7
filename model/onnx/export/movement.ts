/** @file Ops that move data. */

import { tensorOf } from "../../../core/tensor.ts";
import type { Exporter } from "./elementwise.ts";

export const exportReshape: Exporter<"reshape"> = (node, e) => {
  const operands = [e.value(node.inputs[0]!), e.integers(node.attrs.shape, "shape")];
  const hasZero = node.attrs.shape.includes(0);
  return e.emit("Reshape", operands, hasZero ? { allowzero: { int: 1 } } : {});
};

export const exportExpand: Exporter<"expand"> = (node, e) =>
  e.emit("Expand", [e.value(node.inputs[0]!), e.integers(node.attrs.shape, "shape")]);

/** Stands for "before the first element" where a step is negative. */
const BEFORE_START = -(2 ** 31);

/** Only dimensions that are cut are listed. */
export const exportSlice: Exporter<"slice"> = (node, e) => {
  const { starts, sizes, steps } = node.attrs;
  const { shape } = e.typeOf(node.inputs[0]!);
  const axes = shape.flatMap((dim, axis) =>
    sizes[axis] === dim && steps[axis] === 1 ? [] : [axis],
  );
  const ends = axes.map(axis => {
    const end = starts[axis]! + steps[axis]! * sizes[axis]!;
    return end < 0 ? BEFORE_START : end;
  });
  const operands = [
    e.value(node.inputs[0]!),
    e.integers(
      axes.map(axis => starts[axis]!),
      "starts",
    ),
    e.integers(ends, "ends"),
    e.integers(axes, "axes"),
  ];
  const cutSteps = axes.map(axis => steps[axis]!);
  if (cutSteps.some(step => step !== 1)) operands.push(e.integers(cutSteps, "steps"));
  return e.emit("Slice", operands);
};

export const exportPad: Exporter<"pad"> = (node, e) => {
  const { mode, before, after, value } = node.attrs;
  const operands = [e.value(node.inputs[0]!), e.integers([...before, ...after], "pads")];
  if (mode !== "constant") return e.emit("Pad", operands, { mode: { string: mode } });
  if (value !== 0) operands.push(e.constant(tensorOf(node.type.dtype, [], [value]), "value"));
  return e.emit("Pad", operands);
};
