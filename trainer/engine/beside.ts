/**
 * @file A session in a thread of its own: it computes while this thread does,
 * which ONNX Runtime's own calls do not allow as they block the thread.
 */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import type { Feeds, Session } from "./engine.ts";
import type { ThreadAnswer, ThreadData } from "./session-thread.ts";

/** Sources run as they are; the package has JavaScript beside this file. */
const ENTRY = import.meta.url.endsWith(".ts") ? "./session-thread.ts" : "./session-thread.js";

/** Loads a model in a new thread, which ends with `release`. */
export async function openBeside(data: ThreadData): Promise<Session> {
  const worker = new Worker(new URL(ENTRY, import.meta.url), { workerData: data });
  await answerOf(worker);
  return {
    run: feeds => runIn(worker, feeds),
    release: async () => {
      await worker.terminate();
    },
  };
}

async function runIn(worker: Worker, feeds: Feeds): Promise<Feeds> {
  const answer = answerOf(worker);
  worker.postMessage(feeds);
  const found = await answer;
  if (found.kind !== "results") throw new InternalError(`a training thread: ${found.kind}`);
  return found.results;
}

/** The next message; rejects if the thread fails. */
async function answerOf(worker: Worker): Promise<ThreadAnswer> {
  const [answer] = (await once(worker, "message")) as [ThreadAnswer];
  if (answer.kind === "failed") throw new InternalError(`a training thread: ${answer.message}`);
  return answer;
}
