/** @file Builds integer graphs whose convolutions run on channel planes. */

import { deriveAddRequantization, deriveRequantization } from "../../core/requantize.ts";
import type { Pads, Pair } from "../../model/ir/attributes.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { Random } from "../fuzz/random.ts";
import { graphOf } from "./compile-and-compare.ts";

export interface PlaneConv {
  readonly channels?: number;
  readonly kernel?: Pair;
  readonly stride?: number;
  readonly pads?: Pads;
  readonly dilations?: Pair;
  /** Of the result. */
  readonly zeroPoint?: number;
  /** Bound of the input's values; 8 bits unless told. */
  readonly shift?: boolean;
  /** Share of weights that are made zero, beyond a third. */
  readonly zeros?: number;
  /** Results, or sums, are 0 … `most`; of 8 bits and either sign unless told. */
  readonly most?: number | undefined;
}

export const SAME: PlaneConv = { kernel: [3, 3], pads: [1, 1, 1, 1] };

/** An 8-bit image [1, C, H, W] that is computed from an input. */
export function image(
  b: GraphBuilder,
  name: string,
  shape: readonly number[],
  zeroPoint = -3,
): NodeId {
  const x = b.input(name, "f32", shape);
  return b.add("quantize", [x], { scales: [0.05], zeroPoints: [zeroPoint], dtype: "i8" });
}

/** A ternary convolution in channel-first layout; `addend` is added to its result. */
export function planeConv(
  b: GraphBuilder,
  random: Random,
  x: NodeId,
  conv: PlaneConv,
  addend?: NodeId,
): NodeId {
  const { kernel = [1, 1], stride = 1, pads = [0, 0, 0, 0], dilations = [1, 1] } = conv;
  const { channels = 5, zeroPoint = 4 } = conv;
  const depth = b.typeOf(x).shape[1]!;
  const scales = Array.from({ length: channels }, () => 0.1);
  const quantization = { scales, zeroPoints: scales.map(() => 0), axis: 0 };
  const trits = random.integers("i2", [channels, depth, ...kernel], -1, 1);
  const { zeros = 0, most } = conv;
  if (zeros > 0) for (const i of trits.data.keys()) if (random.chance(zeros)) trits.data[i] = 0;
  const weights = b.constant(trits, { quantization });
  const bias = b.constant(random.integers("i32", [channels], -200, 200));
  const spread = 60 * Math.sqrt(depth * kernel[0] * kernel[1]);
  const ratios = scales.map(() => (90 / spread) * random.real(0.5, 1));
  const bounds = ratios.map(() => (conv.shift ? 2 ** 20 : 2 ** 10));
  const few = most === undefined ? undefined : { min: 0, max: most, zeroPoint: 0 };
  const range = (addend === undefined && few) || { min: -120, max: 127, zeroPoint };
  const requantized = { ...deriveRequantization(ratios, bounds, range), scale: 0.1 };
  const attrs = {
    ...{ kernel, pads, dilations, group: 1 },
    strides: [stride, stride] as const,
    layout: "nchw" as const,
    epilogue: { kind: "requantize" as const, ...requantized },
  };
  if (addend === undefined) return b.add("qconv", [x, weights, bias], attrs);
  const zero = b.typeOf(addend).quantization!.zeroPoints[0]!;
  const sum = few ?? { min: -128, max: 120, zeroPoint: -7 };
  const add = { ...deriveAddRequantization([0.6, 0.5], [zeroPoint, zero], sum), scale: 0.2 };
  return b.add("qconv", [x, weights, bias, addend], { ...attrs, add });
}

/** A residual block between values of 4 bits: layers of many zeros, summed up in lanes of 8 bits. */
export function fourBitBlock(rows: number): Graph {
  return graphOf(b => {
    const random = new Random(7);
    const layer = { ...SAME, channels: 48, zeros: 0.85, most: 15 };
    const x = planeConv(b, random, image(b, "x", [1, 3, rows, 28]), { ...layer, zeros: 0 });
    const first = planeConv(b, random, x, layer);
    const second = planeConv(b, random, first, { ...layer, channels: 300 });
    // Of so many taps that its sums wait from one function to the next.
    const third = planeConv(b, random, second, layer, x);
    return [planeConv(b, random, third, { ...layer, most: undefined, channels: 20 })];
  }, "four bits");
}

/** A residual block on channel planes, wide enough that sums wait in scratch memory. */
export function residualBlock(rows: number): Graph {
  return graphOf(b => {
    const random = new Random(3);
    const x = image(b, "x", [1, 40, rows, 12]);
    const first = planeConv(b, random, x, { ...SAME, channels: 44 });
    const second = planeConv(b, random, first, { ...SAME, channels: 44 }, first);
    return [planeConv(b, random, second, { ...SAME, channels: 7, stride: 2 })];
  }, "planes");
}
