/** @file Times the layers of a module in a process of their own. */

import { splitRun } from "../../compiler/emit/split-run.ts";
import type { ModuleReport } from "../module-report.ts";
import { optimizingNode } from "./timers.ts";

const TIMES = { warmMs: 700, budgetMs: 1200 };

/** `report` with the time of each layer, and of a run: medians, layers in the order of a run. */
export async function measured(report: ModuleReport, wasm: Uint8Array): Promise<ModuleReport> {
  const split = splitRun(wasm);
  const { inputs } = report.manifest;
  const { calls, run } = await optimizingNode.time(split.wasm, split.calls, { ...TIMES, inputs });
  const layers = report.layers.map(layer => {
    const own = calls.slice(...layer.calls);
    return { ...layer, measuredNs: Math.round(own.reduce((sum, ns) => sum + ns, 0)) };
  });
  return { ...report, measuredNs: Math.round(run), layers };
}
