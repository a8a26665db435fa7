/**
 * @file How fast single layers and their gradients are: stacks of equal layers,
 * computed forwards, with input gradients, and with weight gradients too. What
 * one part costs is the difference of two of these.
 */

import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Graph, NodeId } from "../model/ir/graph.ts";
import { graphBuilder } from "../model/ops/index.ts";
import { Arithmetic, allAxes } from "../trainer/autodiff/arithmetic.ts";
import { differentiate } from "../trainer/autodiff/differentiate.ts";
import type { Engine, Session } from "../trainer/engine/engine.ts";
import { openStep } from "../trainer/engine/step-session.ts";

const BATCH = 64;
/** Deep enough that what is not a layer does not count. */
const DEPTH = 8;

interface Layer {
  readonly name: string;
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly kernel: 1 | 3;
  readonly depthwise: boolean;
}

/** Of DS-CNN and ResNet-8. */
const LAYERS: readonly Layer[] = [
  { name: "depthwise 3×3", channels: 64, size: [25, 5], kernel: 3, depthwise: true },
  { name: "pointwise 1×1", channels: 64, size: [25, 5], kernel: 1, depthwise: false },
  { name: "dense 3×3", channels: 64, size: [8, 8], kernel: 3, depthwise: false },
  { name: "dense 3×3", channels: 16, size: [32, 32], kernel: 3, depthwise: false },
];

type Wanted = "forward" | "input" | "weights";
const WANTED: readonly Wanted[] = ["forward", "input", "weights"];

/** A line per layer: multiply-accumulates per second of each part. */
export async function timeLayers(engine: Engine, rounds: number): Promise<string[]> {
  const lines: string[] = [];
  for (const layer of LAYERS) {
    const [forward, input, weights] = await bestTimes(engine, layer, rounds);
    const parts = [forward!, input! - forward!, weights! - input!];
    const rates = parts.map(ms => (macsOf(layer) / (ms * 1e6)).toFixed(1).padStart(6));
    const size = `${layer.channels} channels ${layer.size.join("×")}`;
    lines.push(
      `${layer.name.padEnd(14)} ${size.padEnd(20)} GMAC/s: forward ${rates[0]}, ` +
        `input gradient ${rates[1]}, weight gradient ${rates[2]}`,
    );
  }
  return lines;
}

/** Milliseconds of each entry of `WANTED`, taking turns. */
async function bestTimes(engine: Engine, layer: Layer, rounds: number): Promise<number[]> {
  const feeds = feedsOf(layer);
  const sessions: Session[] = [];
  for (const wanted of WANTED) {
    const { session } = await openStep(engine, block => stack(layer, wanted, block));
    sessions.push(session);
  }
  const best = WANTED.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [i, session] of sessions.entries()) {
      const began = performance.now();
      await session.run(feeds);
      best[i] = Math.min(best[i]!, performance.now() - began);
    }
  }
  await Promise.all(sessions.map(session => session.release()));
  return best;
}

/** x, and the weights of every layer. */
function shapesOf({ channels, size, kernel, depthwise }: Layer): readonly Shape[] {
  const weights = [channels, depthwise ? 1 : channels, kernel, kernel];
  return [[BATCH, channels, ...size], ...Array.from({ length: DEPTH }, () => weights)];
}

function feedsOf(layer: Layer): Record<string, Tensor> {
  return Object.fromEntries(
    shapesOf(layer).map((shape, i): [string, Tensor] => {
      const data = new Float32Array(shape.reduce((a, b) => a * b)).fill(0.01);
      return [`value${i}`, { dtype: "f32", shape, data }];
    }),
  );
}

/** Every graph reads all inputs, so that all of them can be fed alike. */
function stack(layer: Layer, wanted: Wanted, block: number | undefined): Graph {
  const { kernel, channels, depthwise } = layer;
  const ops = new Arithmetic(graphBuilder());
  const [x, ...weights] = shapesOf(layer).map((shape, i) =>
    ops.builder.input(`value${i}`, "f32", shape),
  ) as [NodeId, ...NodeId[]];
  const pad = (kernel - 1) / 2;
  const y = weights.reduce(
    (value, w) =>
      ops.op("conv", [value, w], {
        kernel: [kernel, kernel],
        strides: [1, 1],
        pads: [pad, pad, pad, pad],
        dilations: [1, 1],
        group: depthwise ? channels : 1,
        layout: "nchw",
      }),
    x,
  );
  const loss = ops.sum(y, allAxes(4));
  const towards = { forward: [], input: [x], weights: [x, ...weights] }[wanted];
  const gradients = differentiate(ops.builder, loss, towards, new Map(), block);
  // Sums keep results from being turned back out of their blocks.
  const sums = gradients.map(id => ops.sum(id, allAxes(4)));
  const values = [loss, ...sums].map((id, i) => ({ name: `sum${i}`, id }));
  return ops.builder.finish("stack", values);
}

function macsOf({ channels, size, kernel, depthwise }: Layer): number {
  const perPixel = channels * (depthwise ? 1 : channels) * kernel * kernel;
  return DEPTH * BATCH * size[0] * size[1] * perPixel;
}
