/** @file What `tritc prune` says of its result. */

import type { NodeId } from "../model/ir/graph.ts";
import type { LayerRole } from "../trainer/prune/layers.ts";
import type { PrunedGraph, Pruning } from "../trainer/prune/prune.ts";
import type { PruneScope } from "../trainer/prune/select.ts";
import { countText, percent, table } from "./table.ts";

export interface LayerReport {
  readonly name: string;
  readonly role: LayerRole;
  readonly weightCount: number;
  /** Share of zeros in the model. */
  readonly zerosBefore: number;
  /** Share of pruned weights, whether zeros or means stand in their places. */
  readonly pruned: number;
  /** The least and the largest mean of a filter; absent where zeros are zeros. */
  readonly means?: readonly [number, number];
  /** ‖Δy‖ / ‖y‖ with the dense model's inputs; absent without samples. */
  readonly error?: number;
}

export interface RecoveryAccuracy {
  readonly recovery: string;
  readonly top1: number;
  readonly samples: number;
  /** Whether it is the one that the file holds. */
  readonly written?: true;
}

export interface PruneReport {
  readonly sparsity: number;
  readonly scope: PruneScope;
  readonly layers: readonly LayerReport[];
  /** The first is the dense model. */
  readonly accuracies?: readonly RecoveryAccuracy[];
}

export function reportLayers(
  { layers, pruned }: Pruning,
  { means }: PrunedGraph,
  errors: ReadonlyMap<NodeId, number>,
): readonly LayerReport[] {
  return layers.map(({ node: { id }, name, role, filters: { values } }) => {
    const own = means.get(id);
    const error = errors.get(id);
    const zeros = values.reduce((count, w) => count + (w === 0 ? 1 : 0), 0);
    const gone = pruned.get(id)?.reduce((count, flag) => count + flag, 0) ?? 0;
    return {
      name,
      role,
      weightCount: values.length,
      zerosBefore: zeros / values.length,
      pruned: gone / values.length,
      ...(own?.some(mean => mean !== 0) && {
        means: [Math.min(...own), Math.max(...own)] as const,
      }),
      ...(error !== undefined && { error }),
    };
  });
}

export function pruneText({ layers, accuracies }: PruneReport): string {
  const isMeasured = layers.some(({ error }) => error !== undefined);
  const hasMeans = layers.some(({ means }) => means !== undefined);
  const head = [
    ...["layer", "", "weights", "zeros before", "pruned"],
    ...(hasMeans ? ["means"] : []),
    ...(isMeasured ? ["error"] : []),
  ];
  const rows = layers.map(layer => [
    layer.name,
    layer.role === "body" ? "" : layer.role,
    countText(layer.weightCount),
    percent(layer.zerosBefore),
    percent(layer.pruned),
    ...(hasMeans ? [layer.means?.map(mean => mean.toPrecision(2)).join(" … ") ?? ""] : []),
    ...(isMeasured ? [layer.error === undefined ? "" : percent(layer.error)] : []),
  ]);
  const text = table([head, ...rows]);
  if (accuracies === undefined) return text;
  const [{ samples }] = accuracies as readonly [RecoveryAccuracy];
  const results = accuracies.map(({ recovery, top1, written }) => [
    recovery,
    percent(top1),
    written ? "written" : "",
  ]);
  return `${text}\ntop-1 of ${samples} samples\n${table(results)}`;
}
