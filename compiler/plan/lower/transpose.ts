/**
 * @file Lowers `transpose`: a copy through a view whose dimensions are
 * permuted; nothing if its readers take the operand through such a view.
 */

import { permuteView } from "../view.ts";
import type { Lowering } from "./lowering.ts";
import { rejectsElements } from "./rows.ts";

export const transpose: Lowering<"transpose"> = {
  kind: "transpose",
  rejects: rejectsElements,
  planes: () => ({ operands: ["any"], result: false }),

  lower({ attrs }, step) {
    const { permutation } = attrs;
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    step.copyOperand(0, permuteView(step.result, inverse));
  },
};
