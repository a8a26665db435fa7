/** @file ResNet-20 (He et al. 2016, for CIFAR-10): three blocks at each of three sizes. */

import { type ModelKind, widened } from "./model.ts";
import { NetworkBuilder } from "./network-builder.ts";
import { residualBlock } from "./residual.ts";

const BLOCKS_PER_STAGE = 3;

export const resnet20: ModelKind = {
  name: "resnet20",
  summary: "ResNet-20 for CIFAR: channels 16, 32, 64, three blocks each",
  build: ({ input, classes, width, seed }) => {
    const net = new NetworkBuilder(seed);
    const channels = [16, 32, 64].map(count => widened(count, width));
    let x = net.input(input);
    x = net.conv("conv1", x, channels[0]!, { kernel: [3, 3], pads: 1 });
    channels.forEach((count, stage) => {
      for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
        const smaller = stage > 0 && block === 0;
        const name = `stage${stage + 1}.block${block + 1}`;
        x = residualBlock(net, name, x, count, smaller ? 2 : 1, smaller);
      }
    });
    x = net.flatten(net.globalAveragePool("pool", x));
    return net.finish("resnet20", net.logits("fc", x, classes));
  },
};
