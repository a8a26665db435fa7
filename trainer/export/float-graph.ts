/** @file The float network as a graph with constant parameters: for export and for evaluation. */

import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic } from "../autodiff/arithmetic.ts";
import { frozenNorm } from "../layers/batch-norm.ts";
import { emitClamp, emitMovement, emitProduct } from "../network/emit-step.ts";
import {
  type LinearStep,
  NETWORK_INPUT,
  type Network,
  type Parameters,
  parameterNames,
} from "../network/network.ts";
import { emitInput, type InputQuantization } from "../step/input.ts";

/** The graph for `batch` samples, from stored integers to logits. */
export function floatGraph(
  network: Network,
  parameters: Parameters,
  input: InputQuantization,
  batch: number,
  metadata: Readonly<Record<string, string>> = {},
): Graph {
  const ops = new Arithmetic(graphBuilder());
  const images = emitInput(ops, network, input, batch);
  const logits = emitFloatForward(ops, network, parameters, images);
  return ops.builder.finish(network.name, [{ name: "logits", id: logits }], metadata);
}

/**
 * The logits for the centred and scaled `images`; `visit` sees the value of
 * every linear step before its clamp.
 */
export function emitFloatForward(
  ops: Arithmetic,
  network: Network,
  parameters: Parameters,
  images: NodeId,
  visit: (step: LinearStep, value: NodeId) => void = () => {},
): NodeId {
  const values: NodeId[] = [];
  for (const step of network.steps) {
    const operands = step.inputs.map(i => (i === NETWORK_INPUT ? images : values[i]!));
    if (step.kind === "linear") {
      const value = linear(ops, parameters, step, operands[0]!);
      visit(step, value);
      values.push(emitClamp(ops, value, step.clamp));
    } else if (step.kind === "add") {
      values.push(emitClamp(ops, ops.add(operands[0]!, operands[1]!), step.clamp));
    } else {
      values.push(emitMovement(ops, step, operands[0]!));
    }
  }
  return values.at(-1)!;
}

function linear(ops: Arithmetic, parameters: Parameters, step: LinearStep, x: NodeId): NodeId {
  const names = parameterNames(step);
  const constant = (name: string): NodeId => ops.builder.constant(parameters.get(name)!, { name });
  const bias = step.bias ? constant(names.bias) : undefined;
  const product = emitProduct(ops, step, x, constant(names.weight), bias, step.name);
  if (step.norm === undefined) return product;
  const operands = [names.normScale, names.normBias, names.normMean, names.normVariance].map(
    constant,
  ) as [NodeId, NodeId, NodeId, NodeId];
  return frozenNorm(ops, product, operands, step.norm.epsilon);
}
