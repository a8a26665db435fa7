/** @file ResNet-8 of MLPerf Tiny (image classification): one block at each of three sizes. */

import { type ModelKind, widened } from "./model.ts";
import { NetworkBuilder } from "./network-builder.ts";
import { residualBlock } from "./residual.ts";

export const resnet8: ModelKind = {
  name: "resnet8",
  summary: "ResNet-8 of MLPerf Tiny: channels 16, 32, 64; for 32×32 colour images",
  build: ({ input, classes, width, seed }) => {
    const net = new NetworkBuilder(seed);
    const channels = [16, 32, 64].map(count => widened(count, width));
    let x = net.input(input);
    x = net.conv("conv1", x, channels[0]!, { kernel: [3, 3], pads: 1 });
    channels.forEach((count, stage) => {
      x = residualBlock(net, `block${stage + 1}`, x, count, stage === 0 ? 1 : 2, stage > 0);
    });
    x = net.flatten(net.globalAveragePool("pool", x));
    return net.finish("resnet8", net.logits("fc", x, classes));
  },
};
