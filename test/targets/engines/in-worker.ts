/** @file What the page's worker does: runs the compiled modules that it is sent. */

import { load } from "../../../runtime/index.ts";
import { type Observation, runAll, stagedCases } from "./program.ts";

async function runThem(
  modules: Readonly<Record<string, WebAssembly.Module>>,
): Promise<Observation["outputs"]> {
  const outputs: Observation["outputs"] = {};
  for (const entry of await stagedCases()) {
    const module = modules[entry.name];
    if (module !== undefined) runAll(await load(module), entry, "message", 1, outputs);
  }
  return outputs;
}

self.onmessage = async ({ data }: MessageEvent<Record<string, WebAssembly.Module>>) => {
  self.postMessage(await runThem(data).catch(String));
};
self.postMessage("ready");
