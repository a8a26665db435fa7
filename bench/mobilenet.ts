/** @file MobileNetV1 (Howard et al. 2017): depthwise-separable convolutions. */

import { type ModelKind, widened } from "../trainer/models/model.ts";
import { NetworkBuilder } from "../trainer/models/network-builder.ts";

/** Output channels and stride of each block. */
const BLOCKS: readonly (readonly [number, 1 | 2])[] = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
];

export const mobileNet: ModelKind = {
  name: "mobilenet",
  summary: "MobileNetV1, 13 depthwise-separable blocks; 0.25 wide at 96×96 it is MLPerf Tiny's",
  build: ({ input, classes, width, seed }) => {
    const net = new NetworkBuilder(seed);
    let channels = widened(32, width);
    let x = net.input(input);
    x = net.conv("conv1", x, channels, { kernel: [3, 3], stride: 2, pads: [0, 0, 1, 1] });
    for (const [index, [count, stride]] of BLOCKS.entries()) {
      const name = `block${index + 1}`;
      const pads = stride === 1 ? 1 : ([0, 0, 1, 1] as const);
      x = net.conv(`${name}.depthwise`, x, channels, {
        kernel: [3, 3],
        stride,
        pads,
        depthwise: true,
      });
      channels = widened(count, width);
      x = net.conv(`${name}.pointwise`, x, channels, { kernel: [1, 1] });
    }
    x = net.flatten(net.globalAveragePool("pool", x));
    return net.finish("mobilenet", net.logits("fc", x, classes));
  },
};
