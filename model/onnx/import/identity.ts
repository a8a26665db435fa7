/** @file Operators that do nothing at inference, and Cast. */

import { numberAt, tensorOf } from "../../../core/tensor.ts";
import { dtypeOfElementType, elementTypeName } from "../element-type.ts";
import type { Importer } from "./context.ts";

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
  // These concern 8-bit floats only.
  n.attributes.ignore("saturate", "round_mode");
  const x = n.input(0);
  return n.typeOf(x).dtype === to ? x : n.add("cast", [x], { to });
};

export const importCastLike: Importer = n => {
  n.attributes.ignore("saturate", "round_mode");
  const x = n.input(0);
  const { dtype } = n.typeOf(n.input(1));
  return n.typeOf(x).dtype === dtype ? x : n.add("cast", [x], { to: dtype });
};
