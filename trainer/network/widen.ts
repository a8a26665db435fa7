/**
 * @file Makes a trained network wider without changing what it computes, after
 * Net2WiderNet (Chen, Goodfellow & Shlens 2015, arXiv 1511.05641).
 *
 * A wide layer repeats channels chosen at random. Who reads a repeated channel
 * shares its weights out among the copies: each output channel by shares of
 * its own, so that the copies see different gradients and part.
 *
 * Channels that are added to each other are repeated alike. The network's
 * input, its scores, and what a grouped convolution reads or gives that is not
 * depthwise keep their number.
 */

import { Random } from "../../core/random.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { widened } from "../models/model.ts";
import { type ChannelAxis, ChannelClasses } from "./channel-classes.ts";
import { type LinearStep, parameterNames, type Step, type StepIndex } from "./network.ts";
import type { RecognizedNetwork } from "./recognize.ts";

/** Of each channel of a wide value, the one that it repeats. */
type Sources = Uint32Array;

/** The same function with `width` ≥ 1 times the channels in hidden layers; rounding differs. */
export function widenNetwork(
  recognized: RecognizedNetwork,
  width: number,
  seed: number,
): RecognizedNetwork {
  const { steps } = recognized.network;
  const classes = new ChannelClasses(recognized.network);
  const parameters = new Map(recognized.parameters);

  const sourcesOf = (index: StepIndex): Sources => {
    const { shape, inputs } = steps[index]!;
    if (classes.isFlat(index)) {
      const [image] = inputs;
      return flatSources(sourcesOf(image), steps[image]!.shape, classes.channelsOf(image));
    }
    const count = shape[classes.channelsOf(index).axis]!;
    if (classes.isKept(index)) return identity(count);
    return chooseSources(count, width, new Random(seed, "widen", steps[classes.of(index)]!.name));
  };

  const wideSteps = steps.map((step, index): Step => {
    const sources = sourcesOf(index);
    const shape = step.shape.with(classes.channelsOf(index).axis, sources.length);
    if (step.kind !== "linear") return { ...step, shape };
    const [input] = step.inputs;
    const { product } = step;
    // A filter of a grouped convolution sees channels of its own.
    const grouped = product.kind === "conv" && product.group > 1;
    const inputs = grouped || classes.isKept(input) ? undefined : sourcesOf(input);
    widenParameters(parameters, step, sources, inputs, new Random(seed, "shares", step.name));
    if (!grouped || classes.isKept(index)) return { ...step, shape };
    return { ...step, shape, product: { ...product, group: sources.length } };
  });
  return { ...recognized, network: { ...recognized.network, steps: wideSteps }, parameters };
}

function identity(count: number): Sources {
  return Uint32Array.from({ length: count }, (_, c) => c);
}

/** Every channel once, then each of a random order of them in turn. */
function chooseSources(count: number, width: number, random: Random): Sources {
  const order = random.permutation(count);
  return Uint32Array.from({ length: widened(count, width) }, (_, c) =>
    c < count ? c : order[(c - count) % count]!,
  );
}

/** Of an image of `shape` laid out as a vector. */
function flatSources(sources: Sources, shape: Shape, { axis, outer, inner }: ChannelAxis): Sources {
  return Uint32Array.from({ length: outer * sources.length * inner }, (_, i) => {
    const place = Math.floor(i / inner);
    const block = Math.floor(place / sources.length);
    const channel = sources[place % sources.length]!;
    return (block * shape[axis]! + channel) * inner + (i % inner);
  });
}

function widenParameters(
  parameters: Map<string, Tensor<"f32">>,
  step: LinearStep,
  outputs: Sources,
  inputs: Sources | undefined,
  random: Random,
): void {
  const { weight, headScale, ...perChannel } = parameterNames(step);
  for (const name of Object.values(perChannel)) {
    const values = parameters.get(name);
    if (values === undefined) continue;
    const data = Float32Array.from(outputs, from => values.data[from]!);
    parameters.set(name, { dtype: "f32", shape: [outputs.length], data });
  }
  parameters.set(weight, widenWeight(parameters.get(weight)!, outputs, inputs, random));
}

function widenWeight(
  { shape, data }: Tensor<"f32">,
  outputs: Sources,
  inputs: Sources | undefined,
  random: Random,
): Tensor<"f32"> {
  const [, channels, ...kernel] = shape as [number, number, ...number[]];
  const taps = elementCount(kernel);
  const sources = inputs ?? identity(channels);
  const wide = new Float32Array(outputs.length * sources.length * taps);
  outputs.forEach((filter, m) => {
    const shares = sharesOf(sources, channels, random);
    sources.forEach((channel, c) => {
      for (let tap = 0; tap < taps; tap++) {
        const value = data[(filter * channels + channel) * taps + tap]!;
        wide[(m * sources.length + c) * taps + tap] = value * shares[c]!;
      }
    });
  });
  return { dtype: "f32", shape: [outputs.length, sources.length, ...kernel], data: wide };
}

/** Positive; those of copies of one channel sum to 1. */
function sharesOf(sources: Sources, channels: number, random: Random): Float64Array {
  const parts = Float64Array.from(sources, () => 0.1 + random.uniform());
  const sums = new Float64Array(channels);
  sources.forEach((channel, c) => {
    sums[channel]! += parts[c]!;
  });
  return parts.map((part, c) => part / sums[sources[c]!]!);
}
