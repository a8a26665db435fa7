/** @file The residual block of small ResNets: two 3×3 convolutions and a shortcut. */

import type { NodeId } from "../../model/ir/graph.ts";
import type { NetworkBuilder } from "./network-builder.ts";

/** The shortcut is a 1×1 convolution where the block changes size or channels. */
export function residualBlock(
  net: NetworkBuilder,
  name: string,
  x: NodeId,
  channels: number,
  stride: number,
  projected: boolean,
): NodeId {
  const first = net.conv(`${name}.conv1`, x, channels, { kernel: [3, 3], stride, pads: 1 });
  const second = net.conv(`${name}.conv2`, first, channels, {
    kernel: [3, 3],
    pads: 1,
    relu: false,
  });
  const shortcut = projected
    ? net.conv(`${name}.shortcut`, x, channels, { kernel: [1, 1], stride, relu: false })
    : x;
  return net.relu(net.add(`${name}.add`, second, shortcut));
}
