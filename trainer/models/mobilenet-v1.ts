/**
 * @file MobileNetV1 of MLPerf Tiny (visual wake words): a quarter of the
 * channels of Howard et al. 2017.
 */

import { type ModelKind, widened } from "./model.ts";
import { NetworkBuilder } from "./network-builder.ts";
import { samePads } from "./same-pads.ts";

/** Channels and stride of each depthwise-separable block. */
const BLOCKS: readonly (readonly [channels: number, stride: number])[] = [
  [16, 1],
  [32, 2],
  [32, 1],
  [64, 2],
  [64, 1],
  [128, 2],
  [128, 1],
  [128, 1],
  [128, 1],
  [128, 1],
  [128, 1],
  [256, 2],
  [256, 1],
];
const KERNEL = [3, 3] as const;

export const mobilenetV1: ModelKind = {
  name: "mobilenet-v1",
  summary: "MobileNetV1 of MLPerf Tiny: 8 to 256 channels, 13 blocks; for 96×96 colour images",
  build: ({ input, classes, width, seed }) => {
    const net = new NetworkBuilder(seed);
    let [, height, columns] = input as readonly [number, number, number];
    const layer = (stride: number) => {
      const pads = samePads([height, columns], KERNEL, stride);
      [height, columns] = [Math.ceil(height / stride), Math.ceil(columns / stride)];
      return { kernel: KERNEL, stride, pads };
    };
    let channels = widened(8, width);
    let x = net.conv("conv1", net.input(input), channels, layer(2));
    BLOCKS.forEach(([count, stride], i) => {
      const name = `block${i + 1}`;
      x = net.conv(`${name}.depthwise`, x, channels, { ...layer(stride), depthwise: true });
      channels = widened(count, width);
      x = net.conv(`${name}.pointwise`, x, channels, { kernel: [1, 1] });
    });
    x = net.flatten(net.globalAveragePool("pool", x));
    return net.finish("mobilenet-v1", net.logits("fc", x, classes));
  },
};
