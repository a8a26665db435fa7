/** @file A small convolutional network for 28×28 images, quick to train. */

import { type ModelKind, widened } from "./model.ts";
import { NetworkBuilder } from "./network-builder.ts";

export const smallCnn: ModelKind = {
  name: "small-cnn",
  summary: "three 3×3 convolutions (16, 32, 48) with pooling, one dense layer; trains in minutes",
  build: ({ input, classes, width, seed }) => {
    const net = new NetworkBuilder(seed);
    let x = net.input(input);
    x = net.conv("conv1", x, widened(16, width), { kernel: [3, 3], pads: 1 });
    x = net.maxPool("pool1", x, 2);
    x = net.conv("conv2", x, widened(32, width), { kernel: [3, 3], pads: 1 });
    x = net.maxPool("pool2", x, 2);
    x = net.conv("conv3", x, widened(48, width), { kernel: [3, 3], pads: 1 });
    x = net.maxPool("pool3", x, 2);
    return net.finish("small-cnn", net.logits("fc", net.flatten(x), classes));
  },
};
