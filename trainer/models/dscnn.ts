/** @file DS-CNN of MLPerf Tiny (keyword spotting): depthwise-separable convolutions. */

import { type ModelKind, widened } from "./model.ts";
import { NetworkBuilder } from "./network-builder.ts";
import { samePads } from "./same-pads.ts";

const BLOCKS = 4;

export const dscnn: ModelKind = {
  name: "dscnn",
  summary: "DS-CNN of MLPerf Tiny: 64 channels, four depthwise-separable blocks; for 49×10 MFCC",
  build: ({ input, classes, width, seed }) => {
    const net = new NetworkBuilder(seed);
    const channels = widened(64, width);
    const [, height, columns] = input as readonly [number, number, number];
    let x = net.input(input);
    const pads = samePads([height, columns], [10, 4], 2);
    x = net.conv("conv1", x, channels, { kernel: [10, 4], stride: 2, pads });
    for (let block = 1; block <= BLOCKS; block++) {
      const depthwise = { kernel: [3, 3], pads: 1, depthwise: true } as const;
      x = net.conv(`block${block}.depthwise`, x, channels, depthwise);
      x = net.conv(`block${block}.pointwise`, x, channels, { kernel: [1, 1] });
    }
    x = net.flatten(net.globalAveragePool("pool", x));
    return net.finish("dscnn", net.logits("fc", x, classes));
  },
};
