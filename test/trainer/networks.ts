/** @file Small networks with plausible parameters, for tests of the trainer. */

import { Random } from "../../core/random.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph } from "../../model/ir/graph.ts";
import { NetworkBuilder } from "../../trainer/models/network-builder.ts";
import type { Network, Parameters } from "../../trainer/network/network.ts";
import { isComputing } from "../../trainer/network/network.ts";
import { rangeNames } from "../../trainer/quantize/range.ts";

/** Every kind of step: residual sums, a depthwise layer, both pools, a strided shortcut. */
export function mixedNetwork(seed: number): Graph {
  const net = new NetworkBuilder(seed);
  let x = net.input([3, 9, 8]);
  x = net.conv("conv1", x, 6, { kernel: [3, 3], pads: 1 });
  const a = net.conv("a", x, 6, { kernel: [3, 3], pads: 1, relu: false });
  x = net.relu(net.add("sum1", a, x));
  x = net.conv("depthwise", x, 6, { kernel: [3, 3], pads: 1, depthwise: true });
  const b = net.conv("b", x, 8, { kernel: [3, 3], stride: 2, pads: 1, relu: false });
  const shortcut = net.conv("shortcut", x, 8, { kernel: [1, 1], stride: 2, relu: false });
  x = net.relu(net.add("sum2", b, shortcut));
  x = net.maxPool("pool", x, 2);
  x = net.globalAveragePool("average", x);
  x = net.dense("hidden", net.flatten(x), 7);
  return net.finish("mixed", net.logits("fc", x, 5));
}

/** A convolution, a pool and a dense layer: trains in milliseconds. */
export function tinyNetwork(
  seed: number,
  input: readonly number[] = [1, 8, 8],
  classes = 3,
): Graph {
  const net = new NetworkBuilder(seed);
  let x = net.input(input);
  x = net.conv("conv1", x, 4, { kernel: [3, 3], pads: 1 });
  x = net.maxPool("pool1", x, 2);
  x = net.conv("conv2", x, 6, { kernel: [3, 3], pads: 1 });
  x = net.maxPool("pool2", x, 2);
  return net.finish("tiny", net.logits("fc", net.flatten(x), classes));
}

/** Parameters as after training: uneven norms of both signs, and observed ranges. */
export function seasoned(network: Network, parameters: Parameters, seed: number): Parameters {
  const random = new Random(seed, "seasoned");
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const drawn = new Map<string, Tensor<"f32">>();
  for (const [name, t] of parameters) {
    const draw = (value: number): number => {
      if (name.endsWith("norm.scale"))
        return between(0.3, 1.6) * (random.integer(0, 5) === 0 ? -1 : 1);
      if (name.endsWith("norm.variance")) return between(0.2, 3);
      if (name.endsWith("norm.mean") || name.endsWith("bias")) return between(-0.4, 0.4);
      return value;
    };
    drawn.set(name, { ...t, data: t.data.map(draw) });
  }
  for (const step of network.steps) {
    if (!isComputing(step)) continue;
    const names = rangeNames(step);
    drawn.set(names.min, scalarTensor(between(-3, -0.5)));
    drawn.set(names.max, scalarTensor(between(0.7, 4)));
  }
  return drawn;
}

export function scalarTensor(value: number): Tensor<"f32"> {
  return { dtype: "f32", shape: [], data: Float32Array.of(value) };
}
