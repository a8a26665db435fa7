/** @file Operators that do nothing at inference, and Cast. */

import type { DType } from "../../../core/dtype.ts";
import { numberAt, tensorOf } from "../../../core/tensor.ts";
import type { NodeId } from "../../ir/graph.ts";
import { dtypeOfElementType, elementTypeName } from "../element-type.ts";
import type { Importer, ImportNode } from "./context.ts";

export const importIdentity: Importer = n => n.input(0);

/** The optional mask is all true: nothing is dropped. */
export const importDropout: Importer = n => {
  const x = n.input(0);
  n.attributes.ignore("ratio", "seed");
  const training = n.optionalConstant(2, "the training mode");
  if (training !== undefined && numberAt(training, 0) !== 0) {
    n.unsupported("Dropout is in training mode", "export in inference mode");
  }
  if (n.outputCount < 2) return x;
  const yes = n.constant(tensorOf("bool", [], [1]));
  return [x, n.add("expand", [yes], { shape: n.shapeOf(x) }, 1)];
};

export const importCast: Importer = n => {
  const code = n.attributes.int("to", 0);
  const to = dtypeOfElementType(code);
  if (to === undefined) {
    return n.fail("onnx/unsupported-type", `a cast to ${elementTypeName(code)} is not supported`, {
      help: "use a float, integer or boolean type",
    });
  }
  return castTo(n, to);
};

export const importCastLike: Importer = n => castTo(n, n.typeOf(n.input(1)).dtype);

/** The integers themselves, where they stand for reals: ONNX does not know what they mean. */
function castTo(n: ImportNode, to: DType): NodeId {
  // These concern 8-bit floats only.
  n.attributes.ignore("saturate", "round_mode");
  const given = n.input(0);
  const plain = { scales: [1], zeroPoints: [0] };
  const quantized = n.typeOf(given).quantization !== undefined;
  const x = quantized ? n.add("dequantize", [given], { quantization: plain }) : given;
  return n.typeOf(x).dtype === to ? x : n.add("cast", [x], { to });
}
