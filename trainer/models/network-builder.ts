/**
 * @file Writes a float network layer by layer, with seeded initial weights.
 *
 * Weights are uniform within ±√(6 / fan-in) (He et al. 2015): drawn by
 * multiplication alone, so they are the same bits on every engine.
 */

import { Random } from "../../core/random.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import type { Pads, Pair } from "../../model/ir/attributes.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";

export interface ConvOptions {
  readonly kernel: Pair;
  readonly stride?: number;
  /** One number for all sides, or explicit pads; default 0. */
  readonly pads?: number | Pads;
  /** One filter per channel: as many outputs as inputs. */
  readonly depthwise?: boolean;
  /** Default true. */
  readonly relu?: boolean;
}

const EPSILON = 1e-5;

export class NetworkBuilder {
  readonly #builder: GraphBuilder = graphBuilder();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The image, [1, C, H, W]. */
  input(shape: Shape): NodeId {
    return this.#builder.input("image", "f32", [1, ...shape]);
  }

  /** Convolution, batch normalisation and, unless told otherwise, ReLU. */
  conv(name: string, x: NodeId, channels: number, options: ConvOptions): NodeId {
    const { kernel, stride = 1, pads = 0, depthwise = false, relu = true } = options;
    const inputs = this.#shapeOf(x)[1]!;
    const group = depthwise ? inputs : 1;
    const weights = this.#weights(name, [channels, inputs / group, ...kernel]);
    const product = this.#builder.add(
      "conv",
      [x, weights],
      {
        kernel,
        strides: [stride, stride],
        pads: typeof pads === "number" ? [pads, pads, pads, pads] : pads,
        dilations: [1, 1],
        group,
        layout: "nchw",
      },
      name,
    );
    const normalized = this.#norm(name, product, channels);
    return relu ? this.relu(normalized) : normalized;
  }

  /** Fully connected layer with batch normalisation and ReLU. */
  dense(name: string, x: NodeId, units: number): NodeId {
    const product = this.#product(name, x, units, []);
    return this.relu(this.#norm(name, product, units));
  }

  /** Fully connected layer with a bias, as the last one is. */
  logits(name: string, x: NodeId, classes: number): NodeId {
    return this.#product(name, x, classes, [this.#filled([classes], 0)]);
  }

  relu(x: NodeId): NodeId {
    return this.#builder.add("clamp", [x], { min: 0, max: Infinity });
  }

  add(name: string, a: NodeId, b: NodeId): NodeId {
    return this.#builder.add("add", [a, b], {}, name);
  }

  /** Windows that touch each other, unless told otherwise. */
  maxPool(name: string, x: NodeId, size: number, stride = size, pad = 0): NodeId {
    return this.#builder.add(
      "max-pool",
      [x],
      {
        kernel: [size, size],
        strides: [stride, stride],
        pads: [pad, pad, pad, pad],
        dilations: [1, 1],
        layout: "nchw",
      },
      name,
    );
  }

  globalAveragePool(name: string, x: NodeId): NodeId {
    const [, , height, width] = this.#shapeOf(x) as readonly [number, number, number, number];
    return this.#builder.add(
      "average-pool",
      [x],
      {
        kernel: [height, width],
        strides: [1, 1],
        pads: [0, 0, 0, 0],
        dilations: [1, 1],
        layout: "nchw",
        countIncludePad: false,
      },
      name,
    );
  }

  flatten(x: NodeId): NodeId {
    const [batch, ...rest] = this.#shapeOf(x) as readonly [number, ...number[]];
    return this.#builder.add("reshape", [x], { shape: [batch, elementCount(rest)] }, "flatten");
  }

  finish(name: string, logits: NodeId): Graph {
    return this.#builder.finish(name, [{ name: "logits", id: logits }]);
  }

  #product(name: string, x: NodeId, units: number, bias: readonly NodeId[]): NodeId {
    const depth = this.#shapeOf(x)[1]!;
    const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
    return this.#builder.add(
      "gemm",
      [x, this.#weights(name, [units, depth]), ...bias],
      attrs,
      name,
    );
  }

  #norm(name: string, x: NodeId, channels: number): NodeId {
    const vector = (value: number): NodeId => this.#filled([channels], value);
    const operands = [x, vector(1), vector(0), vector(0), vector(1)];
    const attrs = { axis: 1, epsilon: EPSILON };
    return this.#builder.add("batch-normalization", operands, attrs, `${name}.norm`);
  }

  #weights(name: string, shape: Shape): NodeId {
    const random = new Random(this.#seed, "weights", name);
    const bound = Math.sqrt(6 / elementCount(shape.slice(1)));
    const data = Float32Array.from(
      { length: elementCount(shape) },
      () => (2 * random.uniform() - 1) * bound,
    );
    return this.#builder.constant({ dtype: "f32", shape, data }, { name: `${name}.weight` });
  }

  #filled(shape: Shape, value: number): NodeId {
    const data = new Float32Array(elementCount(shape)).fill(value);
    return this.#builder.constant({ dtype: "f32", shape, data });
  }

  #shapeOf(x: NodeId): Shape {
    return this.#builder.typeOf(x).shape;
  }
}
