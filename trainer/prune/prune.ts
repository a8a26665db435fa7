/**
 * @file Pruning without retraining: weights go by magnitude, and what they
 * added on average is recovered.
 *
 * Recoveries are independent: means in place of zeros, a corrected bias, the
 * moments of results. The last two are measured on samples of the data.
 */

import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { correctBias } from "./correct-bias.ts";
import { fillWithMeans, fillWithZeros } from "./fill.ts";
import { type LayerRole, type PrunableLayer, prunableLayers } from "./layers.ts";
import type { Measuring } from "./measure.ts";
import { type LayerParameters, type Moments, restoreMoments } from "./reestimate.ts";
import { replaceParameters } from "./replace.ts";
import { type Pruned, type PruneScope, selectPruned } from "./select.ts";
import { measureErrors, measureInputMeans, measureMoments } from "./statistics.ts";

export const RECOVERIES = ["zero", "mean", "bias"] as const;
export type RecoveryName = (typeof RECOVERIES)[number];

export interface Recovery {
  /** Means in place of zeros. */
  readonly mean: boolean;
  /** What is lost on average goes into the bias. Needs samples. */
  readonly bias: boolean;
  /** Results get the moments back that they had. Needs samples. */
  readonly reestimate: boolean;
}

export interface PruneOptions {
  /** Share of the weights, 0 to 1. */
  readonly sparsity: number;
  readonly scope: PruneScope;
  /** Roles of the layers that are pruned. */
  readonly roles: readonly LayerRole[];
}

/** Which weights of a graph go. */
export interface Pruning {
  readonly graph: Graph;
  /** All layers, pruned or not. */
  readonly layers: readonly PrunableLayer[];
  /** By the id of a layer's node; layers that stay dense are not in it. */
  readonly pruned: ReadonlyMap<NodeId, Pruned>;
}

/** The changed layers of a pruned graph. */
export interface PrunedGraph {
  readonly graph: Graph;
  readonly parameters: ReadonlyMap<NodeId, LayerParameters>;
  readonly means: ReadonlyMap<NodeId, Float32Array>;
}

export function choosePruned(graph: Graph, { sparsity, scope, roles }: PruneOptions): Pruning {
  const layers = prunableLayers(graph);
  const chosen = layers.filter(layer => roles.includes(layer.role));
  const pruned = selectPruned(
    chosen.map(layer => layer.filters),
    sparsity,
    scope,
  );
  return {
    graph,
    layers,
    pruned: new Map(chosen.map((layer, i) => [layer.node.id, pruned[i]!])),
  };
}

/** What samples say of the dense graph; made once for all recoveries. */
export interface DenseStatistics {
  readonly inputMeans: ReadonlyMap<NodeId, Float64Array>;
  readonly moments: ReadonlyMap<NodeId, Moments>;
}

export async function measureDense(
  pruning: Pruning,
  measuring: Measuring,
): Promise<DenseStatistics> {
  const layers = correctable(pruning);
  const inputMeans = await measureInputMeans(pruning.graph, layers, measuring);
  const moments = await measureMoments(pruning.graph, layers, measuring);
  return {
    inputMeans: new Map(layers.map(({ node }, i) => [node.id, inputMeans[i]!])),
    moments: new Map(layers.map(({ node }, i) => [node.id, moments[i]!])),
  };
}

/** The layers whose bias may change. */
function correctable({ layers, pruned }: Pruning): readonly PrunableLayer[] {
  return layers.filter(layer => pruned.has(layer.node.id) && layer.takesBias);
}

/** The pruned graph without what takes samples. */
export function pruneGraph(
  pruning: Pruning,
  { mean, bias }: Pick<Recovery, "mean" | "bias">,
  statistics?: DenseStatistics,
): PrunedGraph {
  const parameters = new Map<NodeId, LayerParameters>();
  const means = new Map<NodeId, Float32Array>();
  for (const layer of pruning.layers) {
    const { id } = layer.node;
    const pruned = pruning.pruned.get(id);
    if (pruned === undefined) continue;
    const filled = (mean ? fillWithMeans : fillWithZeros)(layer.filters, pruned);
    const inputMeans = bias ? statistics?.inputMeans.get(id) : undefined;
    const own = inputMeans
      ? correctBias(layer.bias, layer.filters, filled.filters, inputMeans)
      : layer.bias;
    parameters.set(id, { filters: filled.filters, ...(own === undefined ? {} : { bias: own }) });
    means.set(id, filled.means);
  }
  return { graph: replaced(pruning, parameters), parameters, means };
}

function replaced({ graph, layers }: Pruning, parameters: PrunedGraph["parameters"]): Graph {
  return replaceParameters(graph, layers, parameters);
}

/**
 * The pruned graph with the moments of every pruned layer's results restored,
 * from the first layer to the last: each sees inputs that are restored already.
 */
export async function reestimateGraph(
  pruning: Pruning,
  { parameters, means }: PrunedGraph,
  { moments }: DenseStatistics,
  measuring: Measuring,
): Promise<PrunedGraph> {
  const restored = new Map(parameters);
  const scaled = new Map(means);
  for (const { node } of correctable(pruning)) {
    const current = replaced(pruning, restored);
    // Replacing keeps the layers and their order.
    const index = pruning.layers.findIndex(layer => layer.node.id === node.id);
    const here = prunableLayers(current)[index]!;
    const [after] = await measureMoments(current, [here], measuring);
    const before = restored.get(node.id)!;
    const next = restoreMoments(before, moments.get(node.id)!, after!);
    restored.set(node.id, next);
    scaled.set(node.id, scaledMeans(pruning.pruned.get(node.id)!, next, means.get(node.id)!));
  }
  return { graph: replaced(pruning, restored), parameters: restored, means: scaled };
}

/** What stands in the pruned places of each filter now. */
function scaledMeans(
  pruned: Pruned,
  { filters: { depth, values } }: LayerParameters,
  means: Float32Array,
): Float32Array {
  return means.map((mean, filter) => {
    const place = pruned.subarray(filter * depth, (filter + 1) * depth).indexOf(1);
    return place < 0 ? mean : values[filter * depth + place]!;
  });
}

/** ‖Δy‖ / ‖y‖ of each pruned layer on its own, by the id of its node. */
export async function layerErrors(
  pruning: Pruning,
  { parameters }: PrunedGraph,
  measuring: Measuring,
): Promise<ReadonlyMap<NodeId, number>> {
  const layers = pruning.layers.filter(layer => parameters.has(layer.node.id));
  const changed = layers.map(layer => parameters.get(layer.node.id)!);
  const errors = await measureErrors(pruning.graph, layers, changed, measuring);
  return new Map(layers.map(({ node }, i) => [node.id, errors[i]!]));
}
