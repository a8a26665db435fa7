/** @file Operands side by side along an axis. */

import { elementCount } from "../../core/shape.ts";
import { zeros } from "../../core/tensor.ts";
import type { ValueType } from "../ir/graph.ts";
import { printType } from "../ir/print.ts";
import { demand, demandAxis, keptMeaning, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

export const concat: Op<"concat"> = {
  kind: "concat",
  summary: "operands side by side along an axis",

  infer(inputs, { axis }) {
    const types = operandTypes("concat", inputs, 1, Infinity);
    const first = types[0]!;
    demandAxis("concat", axis, first.shape.length);
    for (const type of types) demandFits(first, type, axis);
    const length = types.reduce((sum, type) => sum + type.shape[axis]!, 0);
    const meaning = keptMeaning("concat", "operands", first);
    return { ...meaning, shape: first.shape.with(axis, length) };
  },

  evaluate({ inputs, attrs, type }) {
    const result = zeros(type.dtype, type.shape);
    const outer = elementCount(type.shape.slice(0, attrs.axis));
    const runLength = result.data.length / Math.max(outer, 1);
    let start = 0;
    for (const { data } of inputs) {
      const length = data.length / Math.max(outer, 1);
      for (let i = 0; i < outer; i++) {
        const run = data.subarray(i * length, (i + 1) * length) as Float32Array;
        (result.data as Float32Array).set(run, i * runLength + start);
      }
      start += length;
    }
    return result;
  },
};

function demandFits(first: ValueType, type: ValueType, axis: number): void {
  const expected = first.shape.with(axis, type.shape[axis] ?? 0);
  const meaning = ({ dtype, quantization }: ValueType): string =>
    printType({ dtype, shape: [], ...(quantization === undefined ? {} : { quantization }) });
  demand(
    meaning(first) === meaning(type) && `${expected}` === `${type.shape}`,
    "concat",
    `expected operands that agree but for axis ${axis}, got ${printType(first)} and ${printType(type)}`,
  );
}
