/**
 * @file LeNet-5 (LeCun et al. 1998): two 5×5 convolutions with pooling, three
 * dense layers; with batch normalisation, ReLU and max-pooling.
 */

import { type ModelKind, widened } from "./model.ts";
import { NetworkBuilder } from "./network-builder.ts";

export const lenet5: ModelKind = {
  name: "lenet5",
  summary: "LeNet-5: conv 6 and 16 (5×5), dense 120 and 84; for 28×28 images",
  build: ({ input, classes, width, seed }) => {
    const net = new NetworkBuilder(seed);
    let x = net.input(input);
    x = net.conv("conv1", x, widened(6, width), { kernel: [5, 5], pads: 2 });
    x = net.maxPool("pool1", x, 2);
    x = net.conv("conv2", x, widened(16, width), { kernel: [5, 5] });
    x = net.maxPool("pool2", x, 2);
    x = net.flatten(x);
    x = net.dense("fc1", x, widened(120, width));
    x = net.dense("fc2", x, widened(84, width));
    return net.finish("lenet5", net.logits("fc3", x, classes));
  },
};
