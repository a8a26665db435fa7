/** @file ResNet-18 (He et al. 2015): two residual blocks at each of four sizes. */

import { type ModelKind, widened } from "../trainer/models/model.ts";
import { NetworkBuilder } from "../trainer/models/network-builder.ts";
import { residualBlock } from "../trainer/models/residual.ts";

export const resnet18: ModelKind = {
  name: "resnet18",
  summary: "ResNet-18: channels 64, 128, 256, 512; for 224×224 colour images",
  build: ({ input, classes, width, seed }) => {
    const net = new NetworkBuilder(seed);
    const channels = [64, 128, 256, 512].map(count => widened(count, width));
    let x = net.input(input);
    x = net.conv("conv1", x, channels[0]!, { kernel: [7, 7], stride: 2, pads: 3 });
    x = net.maxPool("pool1", x, 3, 2, 1);
    channels.forEach((count, stage) => {
      const first = stage === 0 ? 1 : 2;
      x = residualBlock(net, `stage${stage + 1}.block1`, x, count, first, stage > 0);
      x = residualBlock(net, `stage${stage + 1}.block2`, x, count, 1, false);
    });
    x = net.flatten(net.globalAveragePool("pool", x));
    return net.finish("resnet18", net.logits("fc", x, classes));
  },
};
