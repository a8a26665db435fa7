/** @file The modules that costs are measured on: small networks whose layers differ in what they count. */

import type { Plan } from "../../compiler/index.ts";
import { type CompileOptions, compile } from "../../compiler/index.ts";
import type { MethodName, SimdTier } from "../../core/abi.ts";
import { Random } from "../../core/random.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import { tensorOf } from "../../core/tensor.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { TARGETS } from "../../targets/index.ts";
import { loadKernelLibrary } from "../../targets/kernel-files.ts";

/** A module whose calls are timed, and the plan that says what they do. */
export interface SuiteModule {
  readonly name: string;
  readonly wasm: Uint8Array;
  readonly plan: Plan;
}

export interface Recipe {
  readonly channels: number;
  /** Of the square image. */
  readonly size: number;
  /** Share of zero weights; absent: int8 or f32 weights. */
  readonly zeros?: number;
  readonly seed: number;
}

interface Job {
  readonly recipe: Recipe;
  readonly simd: SimdTier;
  readonly weights: "auto" | "int8" | "f32";
  readonly method?: MethodName;
}

/** Few channels with many pixels, and the other way round; widths that fill vectors and that do not. */
const TERNARY: readonly Recipe[] = [
  { channels: 8, size: 32, zeros: 0.5, seed: 1 },
  { channels: 16, size: 32, zeros: 0.7, seed: 2 },
  { channels: 24, size: 28, zeros: 0.9, seed: 3 },
  { channels: 32, size: 16, zeros: 0.5, seed: 4 },
  { channels: 64, size: 14, zeros: 0.9, seed: 5 },
  { channels: 64, size: 8, zeros: 0.7, seed: 6 },
  { channels: 128, size: 7, zeros: 0.5, seed: 7 },
  { channels: 128, size: 14, zeros: 0.9, seed: 8 },
];
const DENSE: readonly Recipe[] = [
  { channels: 12, size: 24, seed: 9 },
  { channels: 48, size: 10, seed: 10 },
  { channels: 32, size: 20, seed: 11 },
  { channels: 96, size: 7, seed: 12 },
];
const METHODS: readonly MethodName[] = ["kernels", "lists", "code"];

/** Compiles the suite, one module at a time. */
export function* suiteModules(tiers: readonly SimdTier[]): Generator<SuiteModule> {
  for (const job of jobsFor(tiers)) {
    const { wasm, plan } = compile(networkOf(job.recipe), optionsOf(job));
    const { channels, size } = job.recipe;
    const form = job.method ?? job.weights;
    yield { name: `${channels}x${size}x${size} ${form} ${job.simd}`, wasm, plan };
  }
}

function jobsFor(tiers: readonly SimdTier[]): Job[] {
  return tiers.flatMap(simd => {
    const isMain = simd === "simd128";
    // Scalar kernels are few, and all alike; those of each vector tier share a family with rivals.
    const ternary = simd === "scalar" ? TERNARY.filter((_, i) => i % 3 === 0) : TERNARY;
    const methods = isMain ? METHODS : (["kernels"] as const);
    return [
      ...ternary.flatMap(recipe =>
        methods.map(method => ({ recipe, simd, weights: "auto" as const, method })),
      ),
      ...(["int8", "f32"] as const).flatMap(weights =>
        DENSE.map(recipe => ({ recipe, simd, weights })),
      ),
    ];
  });
}

function optionsOf({ recipe, simd, weights, method }: Job): CompileOptions {
  const { channels, size } = recipe;
  const shape = [1, channels, size, size];
  return {
    target: TARGETS.node,
    kernels: loadKernelLibrary(),
    simd,
    weights,
    activations: "u7",
    ...(method && { method }),
    ...(weights === "f32" ? {} : { samples: [{ image: randomTensor(shape, new Random(1)) }] }),
  };
}

/** Convolutions of all sorts with a residual sum, pools and a classifier. */
export function networkOf({ channels, size, zeros, seed }: Recipe): Graph {
  const b = graphBuilder();
  const layers = new Layers(b, new Random(seed), zeros);
  const image = b.input("image", "f32", [1, channels, size, size]);
  const first = layers.conv(image, channels, 3);
  const second = layers.add(layers.conv(first, channels, 3), first);
  const wide = layers.conv(second, 2 * channels, 3, 2);
  const mixed = layers.add(layers.conv(wide, 2 * channels, 1), wide);
  const narrow = layers.conv(layers.depthwise(mixed, 2 * channels), channels, 1);
  const scores = layers.classify(layers.pool(narrow), 10);
  return b.finish("calibration", [{ name: "scores", id: scores }]);
}

class Layers {
  readonly #builder: GraphBuilder;
  readonly #random: Random;
  readonly #zeros: number | undefined;

  constructor(builder: GraphBuilder, random: Random, zeros: number | undefined) {
    this.#builder = builder;
    this.#random = random;
    this.#zeros = zeros;
  }

  conv(x: NodeId, outputs: number, kernel: number, stride = 1): NodeId {
    const channels = this.#builder.typeOf(x).shape[1]!;
    return this.#relu(this.#convolve(x, [outputs, channels, kernel, kernel], 1, stride));
  }

  depthwise(x: NodeId, channels: number): NodeId {
    return this.#relu(this.#convolve(x, [channels, 1, 3, 3], channels, 1));
  }

  add(a: NodeId, b: NodeId): NodeId {
    return this.#relu(this.#builder.add("add", [a, b], {}));
  }

  pool(x: NodeId): NodeId {
    const [, , height, width] = this.#builder.typeOf(x).shape as [number, number, number, number];
    return this.#builder.add("average-pool", [x], {
      ...{ kernel: [height, width], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] },
      ...{ layout: "nchw", countIncludePad: false },
    });
  }

  classify(x: NodeId, classes: number): NodeId {
    const channels = this.#builder.typeOf(x).shape[1]!;
    const flat = this.#builder.add("reshape", [x], { shape: [1, channels] });
    const weights = this.#weights([classes, channels]);
    const attrs = { alpha: 1, beta: 1, transposeA: false, transposeB: true };
    return this.#builder.add("gemm", [flat, weights], attrs);
  }

  #convolve(x: NodeId, shape: Shape, group: number, stride: number): NodeId {
    const kernel = shape[2]!;
    const pad = (kernel - 1) / 2;
    const inputs = [x, this.#weights(shape), this.#bias(shape[0]!)];
    return this.#builder.add("conv", inputs, {
      ...{ kernel: [kernel, kernel], strides: [stride, stride], dilations: [1, 1] },
      ...{ pads: [pad, pad, pad, pad], group, layout: "nchw" },
    });
  }

  #relu(x: NodeId): NodeId {
    return this.#builder.add("clamp", [x], { min: 0, max: Number.POSITIVE_INFINITY });
  }

  #bias(count: number): NodeId {
    return this.#builder.constant(randomTensor([count], this.#random));
  }

  /** Ternary ones of a share of zeros, or real ones; of a variance that keeps activations' size. */
  #weights(shape: Shape): NodeId {
    const fanIn = elementCount(shape.slice(1));
    const zeros = this.#zeros;
    if (zeros === undefined) {
      return this.#builder.constant(randomTensor(shape, this.#random, Math.sqrt(6 / fanIn)));
    }
    const scale = Math.fround(Math.sqrt(2 / (fanIn * (1 - zeros))));
    const trits = Array.from({ length: elementCount(shape) }, () =>
      this.#random.uniform() < zeros ? 0 : scale * (2 * this.#random.integer(0, 1) - 1),
    );
    return this.#builder.constant(tensorOf("f32", shape, trits));
  }
}

function randomTensor(shape: Shape, random: Random, bound = 1) {
  const values = Array.from(
    { length: elementCount(shape) },
    () => bound * (2 * random.uniform() - 1),
  );
  return tensorOf("f32", shape, values);
}
