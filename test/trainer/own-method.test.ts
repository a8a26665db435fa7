/** @file A method of one's own is one object: it trains, is exported, and compiles to the trainer's bits. */

import { expect, test } from "vitest";
import { z } from "zod";
import { lowerModel } from "../../compiler/lower-model.ts";
import { Random } from "../../core/random.ts";
import type { Tensor } from "../../core/tensor.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { evaluate } from "../../model/ops/index.ts";
import { allAxes, scalar } from "../../trainer/autodiff/arithmetic.ts";
import { quantizedGraph } from "../../trainer/export/quantized-graph.ts";
import { integerForward } from "../../trainer/integer.ts";
import { completeState, inputNames } from "../../trainer/loop/state.ts";
import { holdMissing } from "../../trainer/methods/held.ts";
import { methodKind } from "../../trainer/methods/kind.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { sgd } from "../../trainer/optimizers/sgd.ts";
import { quantizeNetwork } from "../../trainer/quantize/quantized-network.ts";
import { planQuantized } from "../../trainer/step/plan.ts";
import {
  LABELS,
  LEARNING_RATE,
  NEXT,
  STATISTICS_RATE,
  trainingGraph,
  WEIGHT_RATE,
} from "../../trainer/step/training-graph.ts";
import { scalarTensor, seasoned, tinyNetwork } from "./networks.ts";

const BATCH = 2;
const INPUT = { dtype: "u8", mean: 120, scale: Math.fround(1 / 50) } as const;

/** Signs times a scale that is learned, with what lies within a held margin left out. */
const signs = methodKind(
  "signs",
  "signs of the larger weights, times one learned scale",
  { share: z.number().default(0.3) },
  ({ share }) => ({
    name: "signs",
    weights: "ternary",
    schedules: [],
    holding: {
      shapes: () => ({ margin: [] }),
      compute: ({ weight }) => {
        const largest = weight.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
        return new Map([["margin", Float32Array.of(share * largest)]]);
      },
    },
    learned: {
      shapes: () => ({ scale: [] }),
      start: () => new Map([["scale", Float32Array.of(0.25)]]),
    },
    forward: (ops, weight, inputs) => {
      const [margin, scale] = [inputs.held("margin"), inputs.learned("scale")];
      const kept = ops.indicator(ops.compare("greater", ops.unary("abs", weight), margin));
      const trits = ops.mul(ops.unary("sign", weight), kept);
      const axes = allAxes(ops.shapeOf(weight).length);
      return {
        value: ops.mul(trits, scale),
        gradient: dValue => ops.mul(dValue, scalar(0.5)),
        learnedGradients: dValue => ({ scale: ops.sum(ops.mul(dValue, trits), axes) }),
      };
    },
    quantize: (weight, shape, held) => {
      const margin = held.get("margin")![0]!;
      const values = Int8Array.from(weight, w => (Math.abs(w) > margin ? Math.sign(w) : 0));
      return { values, scales: new Array(shape[0]!).fill(held.get("scale")![0]!) };
    },
  }),
);

test("a method of one's own", () => {
  const { network, parameters } = recognizeNetwork(tinyNetwork(2));
  const body = signs.build({ kind: "signs" });
  const plan = planQuantized(network, { body, first: body, last: body, depthwise: body }, "u7");
  const optimizer = sgd({ momentum: 0, nesterov: false, weightDecay: 0 });
  const request = { network, parameters, input: INPUT, plan, optimizer };
  const graph = trainingGraph({ ...request, batch: BATCH, labelSmoothing: 0 });
  const tensors = new Map(seasoned(network, parameters, 3));
  holdMissing(network, plan.methods, tensors);
  completeState(graph, tensors, new Set([network.input.name]));
  const random = new Random(1, "pixels");
  const images: Tensor<"u8"> = {
    dtype: "u8",
    shape: [BATCH, 1, 8, 8],
    data: new Uint8Array(BATCH * 64).map(() => random.integer(0, 255)),
  };
  const feeds: Record<string, Tensor> = {
    ...Object.fromEntries(tensors),
    [network.input.name]: images,
    [LABELS]: { dtype: "f32", shape: [BATCH, 1], data: Float32Array.of(0, 2) },
  };
  for (const rate of [LEARNING_RATE, WEIGHT_RATE, STATISTICS_RATE]) feeds[rate] = scalarTensor(0.1);
  const wanted = inputNames(graph);
  const own = Object.entries(feeds).filter(([name]) => wanted.has(name));
  const results = evaluate(graph, Object.fromEntries(own));
  for (const name of ["conv2.weight", "learned/conv2.weight/scale"]) {
    const next = results[NEXT + name] as Tensor<"f32">;
    expect(next.data).not.toEqual(tensors.get(name)!.data);
    tensors.set(name, next);
  }

  const net = quantizeNetwork(network, tensors, plan, INPUT);
  const stated = evaluate(integerForward(net, BATCH), { image: images }).logits!;
  const { graph: compiled } = lowerModel(writeOnnx(quantizedGraph(net)), {});
  const rows = Array.from({ length: BATCH }, (_, i) => {
    const data = images.data.slice(64 * i, 64 * (i + 1));
    const outputs = evaluate(compiled, { image: { ...images, shape: [1, 1, 8, 8], data } });
    return [...(Object.values(outputs)[0]!.data as Float32Array)];
  });
  expect([...(stated.data as Float32Array)]).toEqual(rows.flat());
  expect(new Set(rows.flat()).size).toBeGreaterThan(3);
});
