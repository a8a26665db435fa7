/** @file The statistics that recovery needs of layers: graphs, and reading what they gave. */

import { tensor } from "../../core/tensor.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import type { Filters, PrunableLayer } from "./layers.ts";
import { weightsOfFilters } from "./layers.ts";
import { type Averages, averageOutputs, graphOfStatistics, type Measuring } from "./measure.ts";
import type { Moments } from "./reestimate.ts";

/** E[x_i] of each layer's windows, as [groups][depth]. */
export async function measureInputMeans(
  graph: Graph,
  layers: readonly PrunableLayer[],
  measuring: Measuring,
): Promise<readonly Float64Array[]> {
  const statistics = graphOfStatistics(graph, (b, idOf) =>
    Object.fromEntries(
      layers.flatMap((layer, i) =>
        tapsOf(layer, idOf(layer.node.inputs[0]!), b).map((tap, t) => [
          `input/${i}/${t}`,
          meanOver(b, tap, channelAxisOf(layer.node, b.typeOf(tap).shape.length)),
        ]),
      ),
    ),
  );
  const averages = await averageOutputs(statistics, measuring);
  return layers.map((_, i) => interleaved(i, averages));
}

/** Mean and mean square of each layer's results. */
export async function measureMoments(
  graph: Graph,
  layers: readonly PrunableLayer[],
  measuring: Measuring,
): Promise<readonly Moments[]> {
  const statistics = graphOfStatistics(graph, (b, idOf) =>
    Object.fromEntries(
      layers.flatMap(({ node }, i) => {
        const y = idOf(node.id);
        const axis = channelAxisOf(node, b.typeOf(y).shape.length);
        return [
          [`mean/${i}`, meanOver(b, y, axis)],
          [`square/${i}`, meanOver(b, b.add("mul", [y, y], {}), axis)],
        ];
      }),
    ),
  );
  const averages = await averageOutputs(statistics, measuring);
  return layers.map((_, i) => ({
    means: averages.get(`mean/${i}`)!,
    squares: averages.get(`square/${i}`)!,
  }));
}

/** How far `filled` and its bias change each layer's results, given the dense inputs: ‖Δy‖ / ‖y‖. */
export async function measureErrors(
  graph: Graph,
  layers: readonly PrunableLayer[],
  changed: readonly { readonly filters: Filters; readonly bias?: Float32Array }[],
  measuring: Measuring,
): Promise<readonly number[]> {
  const statistics = graphOfStatistics(graph, (b, idOf) =>
    Object.fromEntries(
      layers.flatMap((layer, i) => {
        const y = idOf(layer.node.id);
        const error = errorOf(b, layer, idOf(layer.node.inputs[0]!), changed[i]!);
        return [
          [`error/${i}`, meanOver(b, b.add("mul", [error, error], {}))],
          [`power/${i}`, meanOver(b, b.add("mul", [y, y], {}))],
        ];
      }),
    ),
  );
  const averages = await averageOutputs(statistics, measuring);
  return layers.map((_, i) => {
    const [error, power] = [averages.get(`error/${i}`)![0]!, averages.get(`power/${i}`)![0]!];
    return power === 0 ? 0 : Math.sqrt(error / power);
  });
}

/** Δy: the layer with the differences of its parameters. */
function errorOf(
  b: GraphBuilder,
  { node, filters, bias }: PrunableLayer,
  x: NodeId,
  changed: { readonly filters: Filters; readonly bias?: Float32Array },
): NodeId {
  const values = changed.filters.values.map((w, i) => w - filters.values[i]!);
  const { shape } = b.typeOf(x);
  const weights = weightsOfFilters(node, { ...filters, values });
  const constant = b.constant(tensor("f32", weightShape(node, filters), weights));
  const product = contraction(b, node, [x, constant]);
  const shift = Float32Array.from(
    { length: filters.count },
    (_, c) => (changed.bias?.[c] ?? bias?.[c] ?? 0) - (bias?.[c] ?? 0),
  );
  if (shift.every(value => value === 0)) return product;
  const axis = channelAxisOf(node, shape.length);
  const along = shape.map((_, i) => (i === axis ? filters.count : 1));
  return b.add("add", [product, b.constant(tensor("f32", along, shift))], {});
}

function weightShape(node: PrunableLayer["node"], { count, depth }: Filters): readonly number[] {
  if (node.kind !== "conv") return node.attrs.transposeB ? [count, depth] : [depth, count];
  const taps = node.attrs.kernel[0] * node.attrs.kernel[1];
  return [count, depth / taps, ...node.attrs.kernel];
}

function contraction(
  b: GraphBuilder,
  node: PrunableLayer["node"],
  inputs: readonly NodeId[],
): NodeId {
  switch (node.kind) {
    case "conv":
      return b.add("conv", inputs, node.attrs);
    case "gemm":
      return b.add("gemm", inputs, node.attrs);
    case "matmul":
      return b.add("matmul", inputs, node.attrs);
    default:
      return node satisfies never;
  }
}

/** The inputs that meet each tap of a window, in order; of a matrix product the input itself. */
function tapsOf({ node }: PrunableLayer, x: NodeId, b: GraphBuilder): readonly NodeId[] {
  if (node.kind !== "conv") return [x];
  const { kernel, pads, strides, dilations } = node.attrs;
  const [rows, columns] = node.type.shape.slice(2) as [number, number];
  const before = [0, 0, pads[0], pads[1]];
  const after = [0, 0, pads[2], pads[3]];
  const isPadded = pads.some(pad => pad > 0);
  const padded = isPadded ? b.add("pad", [x], { mode: "constant", before, after, value: 0 }) : x;
  const [batch, channels] = b.typeOf(x).shape as [number, number];
  return Array.from({ length: kernel[0] * kernel[1] }, (_, tap) =>
    b.add("slice", [padded], {
      starts: [0, 0, Math.floor(tap / kernel[1]) * dilations[0], (tap % kernel[1]) * dilations[1]],
      sizes: [batch, channels, rows, columns],
      steps: [1, 1, ...strides],
    }),
  );
}

/** Imported convolutions are channel-first; matrices hold channels last. */
function channelAxisOf(node: Node, rank: number): number {
  return node.kind === "conv" ? 1 : rank - 1;
}

/** The mean over all axes but `kept`, or over all. */
function meanOver(b: GraphBuilder, x: NodeId, kept?: number): NodeId {
  const axes = b.typeOf(x).shape.flatMap((_, axis) => (axis === kept ? [] : [axis]));
  return b.add("reduce-mean", [x], { axes, keepDims: false });
}

/** Means of taps, [taps][channels], as [groups][depth]: channels first, then taps. */
function interleaved(index: number, averages: Averages): Float64Array {
  const taps: Float64Array[] = [];
  for (let t = 0; averages.has(`input/${index}/${t}`); t++) {
    taps.push(averages.get(`input/${index}/${t}`)!);
  }
  const length = taps.length * taps[0]!.length;
  return Float64Array.from(
    { length },
    (_, i) => taps[i % taps.length]![Math.floor(i / taps.length)]!,
  );
}
