/**
 * @file Threads beside the host's: worker threads of Node, or web workers
 * elsewhere. What they run is the text of one function, so that neither
 * bundlers nor servers have to know of another file.
 */

import { RunError } from "../error.ts";

/** What a thread is given. */
export interface ThreadTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
}

export interface Thread {
  /** Why it is there no more; `undefined` as long as it is. */
  readonly fault: () => string | undefined;
  /** Ends the thread, whatever it does. */
  readonly close: () => Promise<void>;
}

interface WorkerScope {
  onmessage: ((event: { readonly data: ThreadTask }) => void) | null;
  postMessage(message: string): void;
}

/**
 * Runs one thread's share of every run, for ever. Its text is what workers
 * get: it may use nothing but its parameters and the globals of any host.
 */
function serve(scope: WorkerScope): void {
  scope.onmessage = async ({ data: { module, memory, thread } }) => {
    try {
      const instance = await WebAssembly.instantiate(module, { tritc: { memory } });
      const step = instance.exports.tritc_thread as (thread: number, maySleep: number) => number;
      scope.postMessage("");
      while (step(thread, 1) === 0);
    } catch (error) {
      scope.postMessage(String(error));
    }
  };
}

/** What Node lacks of a worker's scope. */
const NODE_SCOPE = `
const { parentPort } = require("node:worker_threads");
const scope = { onmessage: null, postMessage: message => parentPort.postMessage(message) };
parentPort.on("message", data => scope.onmessage({ data }));
`;

/** Starts a thread; resolves when it waits for runs. @throws RunError run/no-threads */
export async function startThread(task: ThreadTask): Promise<Thread> {
  return typeof Worker === "function" ? startWebWorker(task) : startNodeWorker(task);
}

async function startWebWorker(task: ThreadTask): Promise<Thread> {
  const text = `(${serve})(self)`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address, { type: "module" });
  const close = async (): Promise<void> => worker.terminate();
  try {
    await settled((ready, failed) => {
      worker.onmessage = ({ data }) => ready(data as string);
      worker.onerror = ({ message }) => failed(message || "a worker that may not start");
      worker.postMessage(task);
    });
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    URL.revokeObjectURL(address);
  }
  let fault: string | undefined;
  worker.onmessage = ({ data }) => {
    fault = data as string;
  };
  worker.onerror = ({ message }) => {
    fault = message || "one that has failed";
  };
  return { close, fault: () => fault };
}

async function startNodeWorker(task: ThreadTask): Promise<Thread> {
  // A bundler for browsers must not see this module's name as something to resolve.
  const threads = "node:worker_threads";
  const { Worker: NodeWorker } = (await import(
    /* @vite-ignore */ threads
  )) as typeof import("node:worker_threads");
  // Not the host's options: with --input-type=module, the text would be a module, which has no require.
  const options = { eval: true, execArgv: [] };
  const worker = new NodeWorker(`${NODE_SCOPE}(${serve})(scope)`, options);
  const close = async (): Promise<void> => {
    await worker.terminate();
  };
  try {
    await settled((ready, failed) => {
      worker.once("message", ready);
      worker.once("error", error => failed(String(error)));
      worker.postMessage(task);
    });
  } catch (error) {
    await close();
    throw error;
  }
  let fault: string | undefined;
  worker.once("message", message => {
    fault = message as string;
  });
  worker.once("exit", code => {
    fault ??= `one that has ended with code ${code}`;
  });
  // A thread that waits keeps no process alive.
  worker.unref();
  return { close, fault: () => fault };
}

type Told = (message: string) => void;

/** Waits for a thread's first words: none are good ones. */
async function settled(start: (ready: Told, failed: Told) => void): Promise<void> {
  const fault = await new Promise<string>((resolve, reject) => {
    try {
      start(resolve, resolve);
    } catch (error) {
      reject(error);
    }
  });
  if (fault !== "") throw new RunError("run/no-threads", "a thread", "that it starts", fault);
}
