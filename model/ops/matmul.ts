/** @file Matrix product over the last two dimensions; those before them broadcast. */

import { broadcastShapes, elementCount } from "../../core/shape.ts";
import { zeros } from "../../core/tensor.ts";
import type { OpAttributes } from "../ir/attributes.ts";
import type { ValueType } from "../ir/graph.ts";
import { broadcastOffsets } from "./broadcast.ts";
import { demand, demandF32, operandTypes } from "./checks.ts";
import { multiplyF32, transposed } from "./matrix.ts";
import type { Op } from "./op.ts";

export const matmul: Op<"matmul"> = {
  kind: "matmul",
  summary: "matrix product of the last two dimensions, batch dimensions broadcast",

  infer(inputs, attrs) {
    const [a, b] = operandTypes("matmul", inputs, 2);
    demandF32("matmul", "a", a!);
    demandF32("matmul", "b", b!);
    const { batch, rows, columns } = sizesOf(a!, b!, attrs);
    return { dtype: "f32", shape: [...batch, rows, columns] };
  },

  evaluate({ inputs, inputTypes, attrs, type }) {
    const [a, b] = inputs.map(input => input.data as Float32Array);
    const { batch, rows, columns, depth } = sizesOf(inputTypes[0]!, inputTypes[1]!, attrs);
    const result = zeros("f32", type.shape);
    const fromA = broadcastOffsets(inputTypes[0]!.shape.slice(0, -2), batch);
    const fromB = broadcastOffsets(inputTypes[1]!.shape.slice(0, -2), batch);
    for (let i = 0; i < elementCount(batch); i++) {
      const startA = fromA[i]! * rows * depth;
      const startB = fromB[i]! * depth * columns;
      const left = attrs.transposeA
        ? transposed(a!, depth, rows, startA)
        : a!.subarray(startA, startA + rows * depth);
      const right = attrs.transposeB
        ? b!.subarray(startB, startB + depth * columns)
        : transposed(b!, depth, columns, startB);
      result.data.set(multiplyF32(left, right, rows, columns, depth), i * rows * columns);
    }
    return result;
  },
};

function sizesOf(a: ValueType, b: ValueType, attrs: OpAttributes["matmul"]) {
  demand(
    a.shape.length >= 2 && b.shape.length >= 2,
    "matmul",
    `expected operands with at least 2 dimensions, got [${a.shape}] and [${b.shape}]`,
  );
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  demand(
    batch !== undefined,
    "matmul",
    `batches of [${a.shape}] and [${b.shape}] do not broadcast`,
  );
  const [rows, depth] = lastTwo(a, attrs.transposeA);
  const [depthB, columns] = lastTwo(b, attrs.transposeB);
  demand(depth === depthB, "matmul", `a has ${depth} columns, but b has ${depthB} rows`);
  return { batch, rows, columns, depth };
}

function lastTwo({ shape }: ValueType, swap: boolean): [number, number] {
  const [row, column] = shape.slice(-2) as [number, number];
  return swap ? [column, row] : [row, column];
}
