/**
 * @file ONNX Runtime's time for one layer: the difference between a chain of
 * ten and a chain of two, divided by eight, so that calls, input and output do
 * not count against it.
 *
 * A layer whose channels change takes turns with the one that changes them
 * back; both have the same multiplications.
 */

import { Random } from "../core/random.ts";
import { elementCount, type Shape } from "../core/shape.ts";
import { type Tensor, tensorOf } from "../core/tensor.ts";
import type { GraphBuilder } from "../model/ir/build.ts";
import type { Graph, NodeId } from "../model/ir/graph.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { graphBuilder } from "../model/ops/index.ts";
import { int8Rival } from "./int8-rival.ts";
import type { LayerShape } from "./kernel-calls.ts";
import { openRival, RIVALS } from "./rivals.ts";
import type { Candidate } from "./timing.ts";

export const LONG = 10;
export const SHORT = 2;
const SAMPLE_COUNT = 2;

type Form = "conv" | "gemm";

/** A chain of a rival, in one of the forms that the layer can be written in. */
export interface ChainCandidate extends Candidate {
  readonly rival: string;
  readonly form: Form;
  readonly length: number;
}

/** Chains of both lengths, in all forms, on every rival. */
export async function layerRivals(shape: LayerShape): Promise<ChainCandidate[]> {
  const candidates: ChainCandidate[] = [];
  for (const form of formsOf(shape)) {
    for (const length of [SHORT, LONG]) {
      const graph = chainOf(shape, form, length);
      const random = new Random(3);
      const samples = Array.from({ length: SAMPLE_COUNT }, () => ({
        x: uniform(random, inputShape(shape, form), 1),
      }));
      const models = { f32: writeOnnx(graph), int8: int8Rival(graph, samples) };
      for (const rival of RIVALS.filter(({ runtime }) => runtime !== "tfjs")) {
        const bytes = models[rival.weights];
        const { run } = await openRival(rival, { graph, bytes, input: samples[0]!.x });
        const name = `${rival.name} ${form} ${length}`;
        candidates.push({ name, run, rival: rival.name, form, length });
      }
    }
  }
  return candidates;
}

/** A product of one row may be either; which one is fast depends on the rival. */
function formsOf({ size, op }: LayerShape): readonly Form[] {
  return size === 1 && op === "conv" ? ["conv", "gemm"] : ["conv"];
}

/** Layers, each followed by a ReLU. */
function chainOf(shape: LayerShape, form: Form, length: number): Graph {
  const { inputs, outputs } = shape;
  const b = graphBuilder();
  const random = new Random(4);
  let x = b.input("x", "f32", inputShape(shape, form));
  for (let i = 0; i < length; i++) {
    const [from, to] = i % 2 === 0 ? [inputs, outputs] : [outputs, inputs];
    const y = form === "gemm" ? dense(b, x, from, to, random) : conv(b, x, from, to, shape, random);
    x = b.add("clamp", [y], { min: 0, max: Infinity });
  }
  return b.finish("chain", [{ name: "y", id: x }]);
}

function inputShape({ size, inputs }: LayerShape, form: Form): Shape {
  return form === "gemm" ? [1, inputs] : [1, inputs, size, size];
}

function dense(b: GraphBuilder, x: NodeId, from: number, to: number, random: Random): NodeId {
  const weights = b.constant(uniform(random, [to, from], Math.sqrt(3 / from)));
  const bias = b.constant(uniform(random, [to], 1));
  return b.add("gemm", [x, weights, bias], {
    transposeA: false,
    transposeB: true,
    alpha: 1,
    beta: 1,
  });
}

function conv(
  b: GraphBuilder,
  x: NodeId,
  from: number,
  to: number,
  { op, kernel }: LayerShape,
  random: Random,
): NodeId {
  const pad = (kernel - 1) / 2;
  const perGroup = op === "conv" ? from : 1;
  const bound = Math.sqrt(3 / (perGroup * kernel * kernel));
  const weights = b.constant(uniform(random, [to, perGroup, kernel, kernel], bound));
  return b.add("conv", [x, weights], {
    kernel: [kernel, kernel],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [pad, pad, pad, pad],
    group: op === "conv" ? 1 : from,
    layout: "nchw",
  });
}

function uniform(random: Random, shape: Shape, bound: number): Tensor<"f32"> {
  const data = Array.from(
    { length: elementCount(shape) },
    () => bound * (2 * random.uniform() - 1),
  );
  return tensorOf("f32", shape, data);
}
