/** @file How layers are computed, and what else they could have been, as a table. */

import type { InspectedLayer, ModuleReport } from "./module-report.ts";
import { bytesText, table } from "./table.ts";

export function methodsText({ layers, predictedNs, measuredNs }: ModuleReport): string {
  const isMeasured = measuredNs !== undefined;
  const head = [
    ...["layer", "method", "predicted"],
    ...(isMeasured ? ["measured"] : []),
    ...["bytes", "runner-up", "predicted", "bytes"],
  ];
  const rows = layers.map(layer => [
    layer.name,
    methodOf(layer),
    micros(layer.predictedNs),
    ...(isMeasured ? [micros(layer.measuredNs!)] : []),
    bytesText(layer.dataBytes + layer.codeBytes),
    ...runnerUpOf(layer),
  ]);
  const total = ["all", "", micros(predictedNs), ...(isMeasured ? [micros(measuredNs)] : [])];
  return table([head, ...rows, total]);
}

function methodOf({ method, runnerUp }: InspectedLayer): string {
  return method ?? (runnerUp === undefined ? "" : "kernels");
}

function runnerUpOf({ runnerUp }: InspectedLayer): string[] {
  if (runnerUp === undefined) return [];
  const { method, kernel, predictedNs, bytes } = runnerUp;
  return [kernel ?? method, micros(predictedNs), bytesText(bytes)];
}

function micros(ns: number): string {
  return `${(ns / 1000).toFixed(2)} µs`;
}
