/** @file BatchNormalization with given statistics. */

import type { Importer } from "./context.ts";

export const importBatchNormalization: Importer = n => {
  const training =
    n.attributes.int("training_mode", 0) !== 0 || (n.opset < 14 && n.outputCount > 1);
  if (training) {
    n.unsupported("BatchNormalization computes its own statistics", "export in inference mode");
  }
  if (n.attributes.int("spatial", 1) !== 1) {
    n.unsupported('"spatial" is 0', "export with opset 9 or newer");
  }
  n.attributes.ignore("momentum");
  const operands = [0, 1, 2, 3, 4].map(index => n.input(index));
  const epsilon = n.attributes.float("epsilon", Math.fround(1e-5));
  return n.add("batch-normalization", operands, { axis: 1, epsilon });
};
