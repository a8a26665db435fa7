/**
 * @file What the page does: everything in the page itself, then again in a
 * worker, with modules that the page has compiled.
 */

import { load } from "../../../runtime/index.ts";
import { exercise, type Observation, stagedCases } from "./program.ts";

async function observe(): Promise<Observation> {
  const seen = await exercise();
  return { ...seen, outputs: { ...seen.outputs, ...(await inWorker(seen.lacking)) } };
}

async function inWorker(lacking: readonly string[]): Promise<Observation["outputs"]> {
  const modules: Record<string, WebAssembly.Module> = {};
  for (const { name, file } of await stagedCases()) {
    if (lacking.includes(name)) continue;
    modules[name] = (await load(fetch(file))).module;
  }
  const worker = new Worker(new URL("in-worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data === "ready") worker.postMessage(modules);
      else if (typeof data === "string") reject(new Error(`in the worker: ${data}`));
      else resolve(data as Observation["outputs"]);
    };
    worker.onerror = event => reject(new Error(`in the worker: ${event.message}`));
  });
}

const report = await observe().catch((error: unknown) => ({
  failure: error instanceof Error ? `${error}\n${error.stack}` : String(error),
}));
await fetch("report", { method: "POST", body: JSON.stringify(report) });
