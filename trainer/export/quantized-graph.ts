/**
 * @file A quantised network as a graph of real operations between
 * QuantizeLinear and DequantizeLinear: the form in which it leaves the trainer.
 *
 * Weights are i2 or i8 with one scale per output channel. Every value that is
 * computed goes through 8 or 4 bits; what only moves does not need to again.
 * The logits are real.
 */

import { tensorOf } from "../../core/tensor.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic } from "../autodiff/arithmetic.ts";
import { emitClamp, emitMovement, emitProduct } from "../network/emit-step.ts";
import { isComputing, type LinearStep, NETWORK_INPUT } from "../network/network.ts";
import type { ActivationQuantization } from "../quantize/activation.ts";
import type { QuantizedNetwork } from "../quantize/quantized-network.ts";

/** The graph for one sample, from stored integers to logits. */
export function quantizedGraph(
  net: QuantizedNetwork,
  metadata: Readonly<Record<string, string>> = {},
): Graph {
  const { network, input } = net;
  const ops = new Arithmetic(graphBuilder());
  const stored = ops.builder.input(network.input.name, input.dtype, [1, ...network.input.shape]);
  const samples = dequantized(ops, stored, input.scale, input.mean);
  const values: NodeId[] = [];
  network.steps.forEach((step, index) => {
    const operands = step.inputs.map(i => (i === NETWORK_INPUT ? samples : values[i]!));
    let value: NodeId;
    if (step.kind === "linear")
      value = emitClamp(ops, linear(ops, net, step, operands[0]!), step.clamp);
    else if (step.kind === "add")
      value = emitClamp(ops, ops.add(operands[0]!, operands[1]!), step.clamp);
    else value = emitMovement(ops, step, operands[0]!);
    const q = net.quantizations[index];
    values.push(q === undefined || !isComputing(step) ? value : rounded(ops, value, q, step.name));
  });
  const outputs = [{ name: "logits", id: values.at(-1)! }];
  return ops.builder.finish(network.name, outputs, metadata);
}

function linear(ops: Arithmetic, net: QuantizedNetwork, step: LinearStep, x: NodeId): NodeId {
  const { weights, values, scales, means, bias } = net.layers.get(step.name)!;
  const [channels] = step.shape as readonly [number];
  const depth = values.length / channels;
  const shape =
    step.product.kind === "gemm"
      ? [channels, depth]
      : [
          channels,
          depth / (step.product.kernel[0] * step.product.kernel[1]),
          ...step.product.kernel,
        ];
  const tensor = tensorOf(weights === "ternary" ? "i2" : "i8", shape, values);
  const zeroPoints = scales.map(() => 0);
  const quantization = { scales, zeroPoints, axis: 0, ...(means && { means }) };
  const packed = ops.builder.constant(tensor, { quantization, name: `${step.name}.weight` });
  const real = ops.op("dequantize", [packed], {});
  const biases = ops.builder.constant(tensorOf("f32", [channels], bias), {
    name: `${step.name}.bias`,
  });
  // The name of the step is that of its 8-bit result: reports show it.
  return emitProduct(ops, step, x, real, biases, `${step.name}.product`);
}

function rounded(
  ops: Arithmetic,
  x: NodeId,
  { scale, zeroPoint, dtype }: ActivationQuantization,
  name: string,
): NodeId {
  const attrs = { dtype, scales: [scale], zeroPoints: [zeroPoint] };
  const integers = ops.builder.add("quantize", [x], attrs, name);
  return ops.op("dequantize", [integers], {});
}

function dequantized(ops: Arithmetic, x: NodeId, scale: number, zeroPoint: number): NodeId {
  return ops.op("dequantize", [x], { quantization: { scales: [scale], zeroPoints: [zeroPoint] } });
}
