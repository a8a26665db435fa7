/**
 * @file ONNX Runtime as the engine: the native package if it is installed,
 * else the WebAssembly one, which is several times slower.
 *
 * Both are optional peers. Results are the same bits from run to run for one
 * package, machine and number of threads.
 */

import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { openBeside } from "./beside.ts";
import { probeBlocks } from "./blocked/probe.ts";
import { checkProvider } from "./check-provider.ts";
import type { Engine } from "./engine.ts";
import {
  CPU,
  importRuntime,
  openSession,
  type Resources,
  type Runtime,
} from "./runtime-session.ts";

/** The packages that can be the engine, the preferred one first. */
export const ENGINE_PACKAGES: readonly string[] = ["onnxruntime-node", "onnxruntime-web"];

/**
 * Opens the first of `packages` that is installed.
 *
 * @throws train/no-engine via UsageError: none is, or `provider` does not start
 */
export async function openEngine(
  threads: number,
  packages: readonly string[] = ENGINE_PACKAGES,
  provider: string = CPU,
): Promise<Engine> {
  for (const name of packages) {
    const runtime = await importRuntime(name);
    if (runtime === undefined) continue;
    await checkProvider(runtime, name, provider);
    return engineOf(runtime, name, { threads, provider });
  }
  throw new UsageError(
    problem("train/no-engine", "training needs ONNX Runtime, and it is not installed", {
      notes: [`looked for the packages ${packages.join(" and ")}`],
      help: "npm install --save-dev onnxruntime-node (onnxruntime-web works too, more slowly)",
    }),
  );
}

function engineOf(runtime: Runtime, name: string, wanted: Resources): Engine {
  // In WebAssembly under Node a second thread makes training slower.
  const threads = name === "onnxruntime-web" ? 1 : wanted.threads;
  const { provider } = wanted;
  const open: Engine["open"] = (model, optimization) =>
    openSession(runtime, model, { threads, provider }, optimization);
  let block: Promise<number | undefined> | undefined;
  return {
    name: `${name} ${runtime.env.versions.common ?? ""}`.trim(),
    threads,
    provider,
    blockSize: () => {
      block ??= provider === CPU ? probeBlocks(open) : Promise.resolve(undefined);
      return block;
    },
    open,
    openBeside: model => openBeside({ package: name, model, threads, provider }),
  };
}
