/** @file The integer addition, as `qadd` and the epilogue of `qconv` do it. */

import { type AddRequantization, addRequantized } from "../../core/requantize.ts";
import type { OpKind, ValueType } from "../ir/graph.ts";
import { demand, demandInt8Output, demandShape } from "./checks.ts";
import { demandActivations, demandMultipliers } from "./weights.ts";

type Addition = AddRequantization & { readonly scale: number };

/** An operand and the word for it. */
type Operand = readonly [what: string, type: ValueType];

/** The type of the sum of two operands of one shape. */
export function additionType(
  op: OpKind,
  operands: readonly [Operand, Operand],
  attrs: Addition,
): ValueType {
  const { shape } = operands[0][1];
  for (const [i, [what, type]] of operands.entries()) {
    demandActivations(op, what, type);
    demandShape(op, what, type, shape);
    const zeroPoint = type.quantization!.zeroPoints[0]!;
    const own = attrs.zeroPoints[i]!;
    demand(own === zeroPoint, op, `${what} has zero point ${zeroPoint}, but ${own} is given`);
  }
  const { fractionBits, multipliers, scale, zeroPoint } = attrs;
  demandMultipliers(op, multipliers);
  demand(
    Number.isInteger(fractionBits) && fractionBits >= 1 && fractionBits <= 6,
    op,
    `expected fraction bits in 1…6, got ${fractionBits}`,
  );
  demandInt8Output(op, attrs);
  return { dtype: "i8", shape, quantization: { scales: [scale], zeroPoints: [zeroPoint] } };
}

export function addInt8(a: Int8Array, b: Int8Array, attrs: AddRequantization): Int8Array {
  return Int8Array.from(a, (value, i) => addRequantized(value, b[i]!, attrs));
}
