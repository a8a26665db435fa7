/**
 * @file Random valid float networks: an image in, convolutions and their
 * companions, straight and with branches, often a classifier at the end.
 */

import type { Shape } from "../../core/shape.ts";
import { sameShape } from "../../core/shape.ts";
import { type Tensor, tensorOf } from "../../core/tensor.ts";
import type { Layout, Window } from "../../model/ir/attributes.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import { type Graph, type NodeId, nodeAt } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { Random } from "./random.ts";

/** `ternary` is f32 with −s, 0 and s per output channel; `i8` and `i2` carry scales. */
export type WeightForm = "f32" | "ternary" | "i8" | "i2";

export interface RandomGraphOptions {
  /** Layers between input and head; 6 unless told. */
  readonly layers?: number;
  readonly layout?: Layout;
  readonly batch?: number;
  /** Forms of weights to choose from; all but i8 and i2 unless told. */
  readonly weights?: readonly WeightForm[];
  /** Kinds of layer to choose from; all unless told. */
  readonly only?: readonly LayerKind[];
  /** Whether to end in a classifier; left to chance unless told. */
  readonly head?: boolean;
}

/** The same seed and options give the same graph. */
export function randomGraph(seed: number, options: RandomGraphOptions = {}): Graph {
  return new Generator(seed, options).graph();
}

/** Values in −2…2 (bytes in 0…255) for every input. */
export function randomInputs(graph: Graph, seed: number): Record<string, Tensor> {
  const random = new Random(seed);
  const inputs: Record<string, Tensor> = {};
  for (const id of graph.inputs) {
    const node = nodeAt(graph, id);
    if (node.kind !== "input") throw new Error(`%${id} is no input`);
    const { name, dtype, shape } = node.attrs;
    inputs[name] = dtype === "u8" ? random.integers("u8", shape, 0, 255) : random.f32(shape);
  }
  return inputs;
}

const LAYERS = {
  conv: (g: Generator) => g.conv(),
  depthwise: (g: Generator) => g.depthwise(),
  "batch-normalization": (g: Generator) => g.batchNormalization(),
  clamp: (g: Generator) => g.clamp(),
  activation: (g: Generator) => g.activation(),
  pool: (g: Generator) => g.pool(),
  residual: (g: Generator) => g.residual(),
  "per-channel": (g: Generator) => g.perChannel(),
  concat: (g: Generator) => g.concat(),
  pad: (g: Generator) => g.pad(),
  slice: (g: Generator) => g.slice(),
} as const;

export type LayerKind = keyof typeof LAYERS;
const LAYER_KINDS = Object.keys(LAYERS) as LayerKind[];
/** Convolutions are what compiling is about. */
const COMMON: readonly LayerKind[] = ["conv", "conv", "depthwise"];
const ACTIVATIONS = ["sigmoid", "tanh", "hard-swish"] as const;

class Generator {
  readonly #random: Random;
  readonly #options: RandomGraphOptions;
  readonly #layout: Layout;
  readonly #builder: GraphBuilder = graphBuilder();
  /** Images so far; layers read a recent one. */
  readonly #images: NodeId[] = [];

  constructor(seed: number, options: RandomGraphOptions) {
    this.#random = new Random(seed);
    this.#options = options;
    this.#layout = options.layout ?? "nchw";
  }

  graph(): Graph {
    const { layers = 6, batch = 1, only } = this.#options;
    const random = this.#random;
    const image = this.#shape(
      batch,
      random.integer(1, 4),
      random.integer(5, 9),
      random.integer(5, 9),
    );
    this.#images.push(this.#builder.input("image", "f32", image));
    const kinds = only ?? [...LAYER_KINDS, ...COMMON];
    for (let i = 0; i < layers; i++) this.#images.push(LAYERS[random.pick(kinds)](this));
    const last = this.#images.at(-1)!;
    const ends = this.#options.head ?? random.chance(0.6);
    const outputs = [{ name: "y", id: ends ? this.#head(last) : last }];
    if (random.chance(0.2)) outputs.push({ name: "side", id: random.pick(this.#images) });
    return this.#builder.finish("random", outputs, { origin: "random" });
  }

  conv(): NodeId {
    const x = this.#recent();
    const [, channels] = this.#sizes(x);
    const group = this.#random.pick([1, 1, 1, 2, 3].filter(n => channels % n === 0));
    const outputs = group * this.#random.integer(1, 6);
    return this.#convolve(x, group, outputs);
  }

  depthwise(): NodeId {
    const x = this.#recent();
    const [, channels] = this.#sizes(x);
    return this.#convolve(x, channels, channels);
  }

  batchNormalization(): NodeId {
    const x = this.#recent();
    const [, channels] = this.#sizes(x);
    const vector = (min: number, max: number): NodeId =>
      this.#builder.constant(this.#random.f32([channels], min, max));
    const parameters = [vector(-1, 2), vector(-1, 1), vector(-1, 1), vector(0.1, 2)];
    const axis = this.#layout === "nchw" ? 1 : 3;
    const attrs = { axis, epsilon: 1e-5 };
    return this.#builder.add("batch-normalization", [x, ...parameters], attrs);
  }

  clamp(): NodeId {
    return this.#builder.add("clamp", [this.#recent()], this.#bounds());
  }

  activation(): NodeId {
    return this.#builder.add(this.#random.pick(ACTIVATIONS), [this.#recent()], {});
  }

  pool(): NodeId {
    const x = this.#recent();
    const window = this.#window(x, false);
    const layout = this.#layout;
    if (this.#random.chance(0.5)) return this.#builder.add("max-pool", [x], { ...window, layout });
    const countIncludePad = this.#random.chance(0.5);
    return this.#builder.add("average-pool", [x], { ...window, layout, countIncludePad });
  }

  /** The sum of two images of one shape. */
  residual(): NodeId {
    const x = this.#recent();
    const fits = this.#images.filter(id => sameShape(this.#shapeOf(id), this.#shapeOf(x)));
    return this.#builder.add("add", [x, this.#random.pick(fits)], {});
  }

  perChannel(): NodeId {
    const x = this.#recent();
    const [, channels] = this.#sizes(x);
    const shape = this.#random.chance(0.2) ? [] : this.#shape(1, channels, 1, 1);
    const operand = this.#builder.constant(this.#random.f32(shape));
    return this.#builder.add(this.#random.pick(["add", "mul", "sub"]), [x, operand], {});
  }

  concat(): NodeId {
    const x = this.#recent();
    const [n, , height, width] = this.#sizes(x);
    const fits = this.#images.filter(id => {
      const [m, channels, h, w] = this.#sizes(id);
      return m === n && h === height && w === width && channels <= 8;
    });
    const axis = this.#layout === "nchw" ? 1 : 3;
    const others = fits.length === 0 ? [x] : [this.#random.pick(fits)];
    return this.#builder.add("concat", [x, ...others], { axis });
  }

  pad(): NodeId {
    const x = this.#recent();
    const amount = (): number => this.#random.integer(0, 2);
    const before = this.#shape(0, 0, amount(), amount());
    const after = this.#shape(0, 0, amount(), amount());
    return this.#builder.add("pad", [x], { mode: "constant", before, after, value: 0 });
  }

  slice(): NodeId {
    const x = this.#recent();
    const shape = this.#shapeOf(x);
    const axis = this.#random.integer(1, 3);
    const size = this.#random.integer(Math.ceil(shape[axis]! / 2), shape[axis]!);
    const start = this.#random.integer(0, shape[axis]! - size);
    const starts = shape.map((_, i) => (i === axis ? start : 0));
    const sizes = shape.with(axis, size);
    return this.#builder.add("slice", [x], { starts, sizes, steps: shape.map(() => 1) });
  }

  #convolve(x: NodeId, group: number, outputs: number): NodeId {
    const [, channels] = this.#sizes(x);
    const window = this.#window(x, true);
    const shape = [outputs, channels / group, ...window.kernel];
    const inputs = [x, this.#weights(shape, 0)];
    if (this.#random.chance(0.6)) inputs.push(this.#builder.constant(this.#random.f32([outputs])));
    const clamp = this.#random.chance(0.3) ? { clamp: this.#bounds() } : {};
    return this.#builder.add("conv", inputs, { ...window, group, layout: this.#layout, ...clamp });
  }

  /** A classifier: flatten, one matrix product, and perhaps softmax. */
  #head(x: NodeId): NodeId {
    const random = this.#random;
    const [batch, ...rest] = this.#shapeOf(x);
    const depth = rest.reduce((product, dim) => product * dim, 1);
    const flat = this.#builder.add("reshape", [x], { shape: [batch!, depth] });
    const classes = random.integer(1, 10);
    const transposeB = random.chance(0.5);
    const weights = this.#weights(
      transposeB ? [classes, depth] : [depth, classes],
      transposeB ? 0 : 1,
    );
    const inputs = [flat, weights];
    if (random.chance(0.7)) inputs.push(this.#builder.constant(random.f32([classes])));
    const attrs = { transposeA: false, transposeB, alpha: 1, beta: 1 };
    const y = this.#builder.add("gemm", inputs, attrs);
    return random.chance(0.5) ? this.#builder.add("softmax", [y], { axis: 1 }) : y;
  }

  /** Weights in one of the wanted forms, channels along `axis`. */
  #weights(shape: Shape, axis: number): NodeId {
    const random = this.#random;
    const form = random.pick(this.#options.weights ?? (["f32", "ternary"] as const));
    const scales = Array.from({ length: shape[axis]! }, () => random.real(0.05, 1));
    const zeroPoints = scales.map(() => 0);
    if (form === "f32") return this.#builder.constant(random.f32(shape, -1, 1));
    if (form === "ternary") return this.#builder.constant(ternary(random, shape, axis, scales));
    const limit = form === "i8" ? 127 : 1;
    const tensor = random.integers(form, shape, -limit, limit);
    return this.#builder.constant(tensor, { quantization: { scales, zeroPoints, axis } });
  }

  #window(x: NodeId, convolution: boolean): Window {
    const random = this.#random;
    const [, , height, width] = this.#sizes(x);
    const side = (size: number): number => random.integer(1, Math.min(3, size));
    const kernel = [side(height), side(width)] as const;
    const dilation = (axis: 0 | 1, size: number): number =>
      convolution && (kernel[axis] - 1) * 2 < size ? random.pick([1, 1, 2]) : 1;
    const edge = (axis: 0 | 1): number => random.integer(0, kernel[axis] - 1);
    return {
      kernel,
      strides: [random.pick([1, 1, 2]), random.pick([1, 1, 2])],
      pads: [edge(0), edge(1), edge(0), edge(1)],
      dilations: [dilation(0, height), dilation(1, width)],
    };
  }

  #bounds(): { min: number; max: number } {
    return this.#random.pick([
      { min: 0, max: Infinity },
      { min: 0, max: 6 },
      { min: -1, max: 1 },
      { min: -Infinity, max: 2 },
    ]);
  }

  #recent(): NodeId {
    return this.#random.chance(0.8) ? this.#images.at(-1)! : this.#random.pick(this.#images);
  }

  #shapeOf(id: NodeId): Shape {
    return this.#builder.typeOf(id).shape;
  }

  /** Batch, channels, height, width. */
  #sizes(id: NodeId): [number, number, number, number] {
    const [n, a, b, c] = this.#shapeOf(id) as [number, number, number, number];
    return this.#layout === "nchw" ? [n, a, b, c] : [n, c, a, b];
  }

  #shape(batch: number, channels: number, height: number, width: number): Shape {
    return this.#layout === "nchw"
      ? [batch, channels, height, width]
      : [batch, height, width, channels];
  }
}

function ternary(random: Random, shape: Shape, axis: number, scales: readonly number[]): Tensor {
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const count = shape.reduce((product, dim) => product * dim, 1);
  const values = Array.from({ length: count }, (_, i) => {
    const channel = Math.floor(i / inner) % shape[axis]!;
    return random.integer(-1, 1) * scales[channel]!;
  });
  return tensorOf("f32", shape, values);
}
