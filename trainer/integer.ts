/**
 * @file The integer forward: what the compiled module must compute, bit for
 * bit, written as a graph that ONNX Runtime runs.
 *
 * Activations are held as their integers, in f32. A convolution sums products
 * of integers, which f32 does exactly below 2^24; where a layer's weights could
 * lead beyond that, its input channels are split into parts that cannot.
 * Requantisation runs in f64, where t·m + 2^14 is exact.
 */

import type { MeanTerm } from "../core/mean-term.ts";
import type { AddRequantization, Requantization } from "../core/requantize.ts";
import { tensorOf } from "../core/tensor.ts";
import type { Graph, NodeId } from "../model/ir/graph.ts";
import { graphBuilder } from "../model/ops/index.ts";
import { Arithmetic } from "./autodiff/arithmetic.ts";
import { channelSlice, exactParts, weightShape } from "./exact-parts.ts";
import { emitMovement, emitProduct } from "./network/emit-step.ts";
import {
  type AddStep,
  type AveragePoolStep,
  type LinearStep,
  NETWORK_INPUT,
  type StepIndex,
} from "./network/network.ts";
import { deriveAdd, deriveAveragePool, deriveLinear } from "./quantize/derive-step.ts";
import { inputQuantizationOf, type QuantizedNetwork } from "./quantize/quantized-network.ts";
import { emitCentred } from "./step/input.ts";

const INT16 = { min: -32768, max: 32767 };

/** The graph from stored samples to f32 logits, `[batch, classes]`, named `logits`. */
export function integerForward(net: QuantizedNetwork, batch: number): Graph {
  const emitter = new IntegerForward(net, batch);
  return emitter.emit();
}

class IntegerForward {
  readonly #net: QuantizedNetwork;
  readonly #ops = new Arithmetic(graphBuilder());
  /** Per step q − zero point, in f32; the logits as they are. */
  readonly #values: NodeId[] = [];
  readonly #input: NodeId;

  constructor(net: QuantizedNetwork, batch: number) {
    this.#net = net;
    this.#input = emitCentred(this.#ops, net.network, net.input, batch);
  }

  emit(): Graph {
    const { steps, name } = this.#net.network;
    steps.forEach((step, index) => {
      if (step.kind === "linear") this.#values.push(this.#linear(step, index));
      else if (step.kind === "add") this.#values.push(this.#add(step, index));
      else if (step.kind === "average-pool") this.#values.push(this.#averagePool(step, index));
      else this.#values.push(emitMovement(this.#ops, step, this.#value(step.inputs[0])));
    });
    const outputs = [{ name: "logits", id: this.#values.at(-1)! }];
    return this.#ops.builder.finish(`${name}-integer`, outputs);
  }

  #value(index: StepIndex): NodeId {
    return index === NETWORK_INPUT ? this.#input : this.#values[index]!;
  }

  #linear(step: LinearStep, index: number): NodeId {
    const { values } = this.#net.layers.get(step.name)!;
    const { bias, mean, epilogue } = deriveLinear(this.#net, index, step);
    const { zeroPoint } = inputQuantizationOf(this.#net, step.inputs[0]);
    // The values are centred, so the bias must not correct for the zero point again.
    const own = withoutZeroPoint(bias, values, zeroPoint);
    const x = this.#value(step.inputs[0]);
    const sum = this.#accumulate(step, x, values);
    const column = step.shape.map((_, axis) => (axis === 0 ? bias.length : 1));
    const biased = this.#ops.add(sum, this.#doubles([1, ...column], own));
    const depth = values.length / bias.length;
    const acc =
      mean === undefined
        ? biased
        : this.#ops.add(biased, this.#meanTerm(step, x, mean, depth * zeroPoint));
    if (epilogue.kind === "dequantize") {
      const scales = this.#ops.constant([1, ...column], epilogue.scales);
      return this.#ops.mul(this.#ops.op("cast", [acc], { to: "f32" }), scales);
    }
    return this.#requantize(acc, epilogue, [1, ...column]);
  }

  /** Σ w·(q − zero point), in f64. */
  #accumulate(step: LinearStep, x: NodeId, values: Int8Array): NodeId {
    const ops = this.#ops;
    const shape = weightShape(step, values.length, ops.shapeOf(x)[1]!);
    const parts = exactParts(values, shape).map(([from, to]) => {
      const weights = ops.constant(
        [shape[0]!, to - from, ...shape.slice(2)],
        channelSlice(values, shape, from, to),
      );
      const part = this.#channels(x, shape[1]!, from, to);
      return ops.op("cast", [emitProduct(ops, step, part, weights)], { to: "f64" });
    });
    return ops.total(parts);
  }

  /** `meanOf` of core/mean-term.ts; `middle` is the sum over a window of zero points. */
  #meanTerm(step: LinearStep, x: NodeId, mean: MeanTerm, middle: number): NodeId {
    const ops = this.#ops;
    const { multipliers, shift, fraction } = mean;
    const { product } = step;
    const inputs = ops.shapeOf(x)[1]!;
    const grouped = product.kind === "conv" && product.group > 1;
    const filters = grouped ? multipliers.length : 1;
    const depth = product.kind === "conv" ? inputs / product.group : inputs;
    const window = product.kind === "conv" ? product.kernel : [];
    const ones = ops.filled([filters, depth, ...window], 1);
    const centred = this.#wide(emitProduct(ops, step, x, ones));
    const t = this.#shift(ops.add(centred, this.#double(middle)), shift);
    const column = step.shape.map((_, axis) => (axis === 0 ? multipliers.length : 1));
    const scaled = ops.mul(t, this.#doubles([1, ...column], multipliers));
    const half = fraction === 0 ? 0 : 2 ** (fraction - 1);
    const rounded = ops.add(scaled, this.#double(half));
    return ops.unary("floor", ops.mul(rounded, this.#double(2 ** -fraction)));
  }

  /** Channels from…to − 1 of every group of `size` channels. */
  #channels(x: NodeId, size: number, from: number, to: number): NodeId {
    const ops = this.#ops;
    const [batch, channels, ...rest] = ops.shapeOf(x) as readonly [number, number, ...number[]];
    const groups = channels / size;
    const split = ops.reshape(x, [batch, groups, size, ...rest]);
    const starts = [0, 0, from, ...rest.map(() => 0)];
    const part = ops.slice(split, starts, [batch, groups, to - from, ...rest]);
    return ops.reshape(part, [batch, groups * (to - from), ...rest]);
  }

  #add(step: AddStep, index: number): NodeId {
    const ops = this.#ops;
    const r = deriveAdd(this.#net, index, step);
    const [a, b] = step.inputs.map((source, i) => {
      const shifted = ops.mul(this.#wide(this.#value(source)), this.#double(128));
      return this.#multiplyQ15(shifted, this.#double(r.multipliers[i]!));
    }) as [NodeId, NodeId];
    const sum = this.#saturate(ops.add(a, b));
    const rounded = this.#saturate(ops.add(sum, this.#double(2 ** (r.fractionBits - 1))));
    const q = ops.unary("floor", ops.mul(rounded, this.#double(2 ** -r.fractionBits)));
    return this.#finish(q, r);
  }

  #averagePool(step: AveragePoolStep, index: number): NodeId {
    const ops = this.#ops;
    const r = deriveAveragePool(this.#net, index, step);
    const x = this.#value(step.inputs[0]);
    const channels = ops.shapeOf(x)[1]!;
    const ones = ops.filled([channels, 1, ...step.window.kernel], 1);
    const sum = ops.op("conv", [x, ones], { ...step.window, group: channels, layout: "nchw" });
    return this.#requantize(this.#wide(sum), r, []);
  }

  /** `requantize` of core/requantize.ts, less the zero point. */
  #requantize(acc: NodeId, r: Requantization, channelShape: readonly number[]): NodeId {
    const multipliers = this.#doubles(channelShape, r.multipliers);
    return this.#finish(this.#multiplyQ15(this.#shift(acc, r.shift), multipliers), r);
  }

  #shift(acc: NodeId, shift: number): NodeId {
    const ops = this.#ops;
    if (shift <= 0) return this.#saturate(ops.mul(this.#saturate(acc), this.#double(2 ** -shift)));
    const rounded = ops.add(acc, this.#double(2 ** (shift - 1)));
    return this.#saturate(ops.unary("floor", ops.mul(rounded, this.#double(2 ** -shift))));
  }

  #multiplyQ15(t: NodeId, m: NodeId): NodeId {
    const ops = this.#ops;
    const product = ops.add(ops.mul(t, m), this.#double(2 ** 14));
    return ops.unary("floor", ops.mul(product, this.#double(2 ** -15)));
  }

  /** Cuts q = zero point + `offset` to its bounds; returns q − zero point in f32. */
  #finish(offset: NodeId, { zeroPoint, min, max }: Requantization | AddRequantization): NodeId {
    const narrow = this.#ops.op("cast", [offset], { to: "f32" });
    return this.#ops.clamp(narrow, min - zeroPoint, max - zeroPoint);
  }

  #saturate(x: NodeId): NodeId {
    const above = this.#ops.max(x, this.#double(INT16.min));
    return this.#ops.min(above, this.#double(INT16.max));
  }

  #wide(x: NodeId): NodeId {
    return this.#ops.op("cast", [x], { to: "f64" });
  }

  #double(value: number): NodeId {
    return this.#doubles([], [value]);
  }

  #doubles(shape: readonly number[], values: Iterable<number>): NodeId {
    return this.#ops.builder.constant(tensorOf("f64", shape, values));
  }
}

/** bias + zero point · Σ w per channel. */
function withoutZeroPoint(bias: Int32Array, values: Int8Array, zeroPoint: number): Float64Array {
  const depth = values.length / bias.length;
  return Float64Array.from(bias, (b, c) => {
    const sum = values.subarray(c * depth, (c + 1) * depth).reduce((s, w) => s + w, 0);
    return b + zeroPoint * sum;
  });
}
