/**
 * @file Finds out whether an engine computes on blocks of channels, and how many
 * channels a block has: that depends on the processor and cannot be asked for.
 *
 * A network of one layer and its gradients are computed in blocks and by the
 * reference evaluators; only a size whose results agree is used.
 */

import { Random } from "../../../core/random.ts";
import { elementCount, type Shape } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import type { Graph } from "../../../model/ir/graph.ts";
import { writeOnnx } from "../../../model/onnx/index.ts";
import { evaluate, graphBuilder } from "../../../model/ops/index.ts";
import { Arithmetic, allAxes } from "../../autodiff/arithmetic.ts";
import { differentiate } from "../../autodiff/differentiate.ts";
import { frozenNorm } from "../../layers/batch-norm.ts";
import type { Engine, Feeds } from "../engine.ts";
import { inBlocks } from "./index.ts";

/** Of AVX-512, and of the narrower instruction sets. */
const SIZES: readonly number[] = [16, 8];

/** Relative to the largest element. */
const TOLERANCE = 1e-4;

/** Shapes that make blocks of either size do all they can. */
const SHAPES = { x: [16, 16, 5, 5], w: [32, 16, 3, 3], scale: [32] } as const;

/** Channels of a block in `engine`'s own kernels; `undefined` if it has none. */
export async function probeBlocks(open: Engine["open"]): Promise<number | undefined> {
  const feeds = Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape]) => [name, randomTensor(name, shape)]),
  );
  for (const size of SIZES) {
    const graph = probeGraph(size);
    if (await agrees(open, graph, size, feeds)) return size;
  }
  return undefined;
}

async function agrees(
  open: Engine["open"],
  graph: Graph,
  size: number,
  feeds: Feeds,
): Promise<boolean> {
  const results = await resultsOf(open, graph, size, feeds);
  if (results === undefined) return false;
  const expected = evaluate(graph, feeds);
  return Object.entries(expected).every(([name, value]) => isClose(results[name]!, value));
}

/** `undefined` where the engine does not know the operators. */
async function resultsOf(
  open: Engine["open"],
  graph: Graph,
  size: number,
  feeds: Feeds,
): Promise<Feeds | undefined> {
  const model = writeOnnx(graph, { override: inBlocks(size) });
  try {
    const session = await open(model);
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  } catch {
    return undefined;
  }
}

/** Σ relu(scale · conv(x, w))², and its gradients. */
function probeGraph(size: number): Graph {
  const ops = new Arithmetic(graphBuilder());
  const [x, w, scale] = Object.entries(SHAPES).map(([name, shape]) =>
    ops.builder.input(name, "f32", shape),
  ) as [
    ReturnType<Arithmetic["reshape"]>,
    ReturnType<Arithmetic["reshape"]>,
    ReturnType<Arithmetic["reshape"]>,
  ];
  const product = ops.op("conv", [x, w], {
    kernel: [3, 3],
    strides: [1, 1],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    group: 1,
    layout: "nchw",
  });
  const [zero, one] = [ops.filled(SHAPES.scale, 0), ops.filled(SHAPES.scale, 1)];
  const norm = frozenNorm(ops, product, [scale, zero, zero, one], 0);
  const y = ops.clamp(norm, 0, Infinity);
  const loss = ops.sum(ops.mul(y, y), allAxes(4));
  const gradients = differentiate(ops.builder, loss, [x, w, scale], new Map(), size);
  const values = [y, ...gradients].map((id, i) => ({ name: `value${i}`, id }));
  return ops.builder.finish("probe", values);
}

function randomTensor(name: string, shape: Shape): Tensor<"f32"> {
  const random = new Random(1, "probe", name);
  const data = Float32Array.from({ length: elementCount(shape) }, () => random.uniform() - 0.5);
  return { dtype: "f32", shape, data };
}

function isClose(actual: Tensor, expected: Tensor): boolean {
  const [a, b] = [actual.data, expected.data] as [Float32Array, Float32Array];
  const largest = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return a.length === b.length && a.every((x, i) => Math.abs(x - b[i]!) <= TOLERANCE * largest);
}
