/** @file All layers of an epoch in one line: means over their weights. */

import type { LayerRecord } from "../loop/state.ts";

export interface LayerSummary {
  readonly sparsity: number;
  readonly cosine: number;
  /** Absent in the first epoch of a run. */
  readonly flips?: number;
}

/** Means over weights; layers of int8, which are to stay as they are, do not count beside others. */
export function summarizeLayers(layers: readonly LayerRecord[]): LayerSummary {
  const body = layers.filter(layer => layer.weights !== "int8");
  const counted = body.length > 0 ? body : layers;
  const total = counted.reduce((sum, layer) => sum + layer.count, 0);
  const mean = (value: (layer: LayerRecord) => number): number =>
    counted.reduce((sum, layer) => sum + value(layer) * layer.count, 0) / total;
  return {
    sparsity: mean(layer => layer.sparsity),
    cosine: mean(layer => layer.cosine),
    ...(counted.every(layer => layer.flips !== undefined) && {
      flips: mean(layer => layer.flips!),
    }),
  };
}
