/**
 * @file Loads a module that was compiled with `--threads`, and runs it on so
 * many threads that share its memory: worker threads of Node, web workers of
 * pages that are cross-origin isolated. No dependencies.
 *
 *     const model = await load("digits.wasm");
 *     const { scores } = model.run({ image });
 *     await model.close();
 *
 * The calling thread is one of them: `run` returns when all have ended their
 * shares. Results are the same, to the bit, as those of one thread.
 */

import { EXPORTS, type Manifest, MEMORY_IMPORT, type ModuleExports } from "../../core/abi.ts";
import { RunError } from "../error.ts";
import { checkAbi, Model, type ModelTypes, manifestOf, type RunInputs } from "../index.ts";
import { compileSource, type ModuleSource } from "../source.ts";
import { demandSharing, demandThreads } from "./demands.ts";
import { startThread, type Thread } from "./worker.ts";

const PAGE_BYTES = 65536;

/** An instance and its threads, with memory of its own. */
export class ThreadedModel<T extends ModelTypes = ModelTypes> extends Model<T> {
  /** How many threads share a run, the calling one included. */
  readonly threads: number;
  readonly #workers: readonly Thread[];
  #isOpen = true;

  /** Use `load`. */
  constructor(
    module: WebAssembly.Module,
    manifest: Manifest,
    instance: WebAssembly.Instance,
    workers: readonly Thread[],
  ) {
    const { [EXPORTS.thread]: thread } = instance.exports as unknown as ModuleExports;
    const maySleep = Number(mayBlock());
    super(module, manifest, instance, () => thread!(0, maySleep));
    this.threads = workers.length + 1;
    this.#workers = workers;
  }

  /** As `Model.run`. @throws RunError run/wrong-dtype, run/wrong-shape; run/no-threads if closed, or if a thread is lost */
  override run(inputs: RunInputs<T> = {}): T["outputs"] {
    if (!this.#isOpen) {
      throw new RunError("run/no-threads", "the model", "open threads", "a model that was closed");
    }
    const fault = this.#workers.map(worker => worker.fault()).find(text => text !== undefined);
    if (fault !== undefined) throw this.#lost(fault);
    try {
      return super.run(inputs);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw this.#lost(error.message);
      throw error;
    }
  }

  /** The error of a run that a thread does not take part in; there can be no other run. */
  #lost(fault: string): RunError {
    void this.close();
    return new RunError("run/no-threads", "a thread", "that it takes part in the run", fault);
  }

  /** Another instance: memory and threads of its own, the same compiled code. */
  override async instantiate(): Promise<ThreadedModel<T>> {
    return open<T>(this.module, this.manifest);
  }

  /** Ends the threads. The outputs of the last run stay readable. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await Promise.all(this.#workers.map(worker => worker.close()));
  }
}

/** Compiles and instantiates a module, and starts its threads. @throws RunError run/no-threads, run/not-tritc, run/no-simd */
export async function load<T extends ModelTypes = ModelTypes>(
  source: ModuleSource,
): Promise<ThreadedModel<T>> {
  const module = await compileSource(source);
  return open<T>(module, manifestOf(module));
}

async function open<T extends ModelTypes>(
  module: WebAssembly.Module,
  manifest: Manifest,
): Promise<ThreadedModel<T>> {
  const count = demandThreads(manifest);
  demandSharing();
  const pages = manifest.memory.peakMemoryBytes / PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const imports = { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.base]: memory } };
  // The first instance writes the weights: it is there before any other begins.
  const instance = await WebAssembly.instantiate(module, imports);
  checkAbi(instance);
  const others = Array.from({ length: count - 1 }, (_, i) => i + 1);
  const started = await Promise.allSettled(
    others.map(thread => startThread({ module, memory, thread })),
  );
  const workers = started.flatMap(result => (result.status === "fulfilled" ? result.value : []));
  const failed = started.find(result => result.status === "rejected");
  if (failed === undefined) return new ThreadedModel<T>(module, manifest, instance, workers);
  await Promise.all(workers.map(worker => worker.close()));
  throw failed.reason;
}

/** Whether this thread may sleep until others are done; that of a page may not, and looks again and again. */
function mayBlock(): boolean {
  return typeof document === "undefined";
}
