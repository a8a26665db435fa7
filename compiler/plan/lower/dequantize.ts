/** @file Lowers `dequantize` of 8 bits to f32, one scale for the whole tensor. */

import type { Node } from "../../../model/ir/graph.ts";
import type { Lowering } from "./lowering.ts";
import { callRows, rejectsElements } from "./rows.ts";

const FAMILIES: Readonly<Record<string, string>> = {
  i8: "qs8_f32_vdequantize",
  u8: "u8_f32_vdequantize",
};

export const dequantize: Lowering<"dequantize"> = {
  kind: "dequantize",

  rejects(node, [x]) {
    const meaning = meaningOf(node, x!);
    if (meaning === undefined || meaning.axis !== undefined) {
      return "activations are dequantised with one scale for the whole tensor";
    }
    if (FAMILIES[x!.type.dtype] === undefined) return `no kernel dequantises ${x!.type.dtype}`;
    return rejectsElements(node);
  },

  lower(node, step) {
    const x = step.operands[0]!;
    const { scales, zeroPoints } = meaningOf(node, x)!;
    callRows(step, FAMILIES[x.type.dtype]!, [step.view(0)], [scales[0]!, zeroPoints[0]!]);
  },
};

function meaningOf({ attrs }: Node<"dequantize">, x: Node) {
  return attrs.quantization ?? x.type.quantization;
}
