/** @file One dense layer, no more: a matrix times a vector. */

import type { ModelKind } from "../trainer/models/model.ts";
import { NetworkBuilder } from "../trainer/models/network-builder.ts";

export const matrixVector: ModelKind = {
  name: "gemv",
  summary: "one dense layer",
  build: ({ input, classes, seed }) => {
    const net = new NetworkBuilder(seed);
    return net.finish("gemv", net.logits("fc", net.flatten(net.input(input)), classes));
  },
};
