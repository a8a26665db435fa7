/** @file What runs in a thread of `beside.ts`: one session, which answers feeds with results. */

import { parentPort, workerData } from "node:worker_threads";
import type { Feeds } from "./engine.ts";
import { importRuntime, openSession, type Resources } from "./runtime-session.ts";

export interface ThreadData extends Resources {
  /** Is installed: the thread that opened this one uses it too. */
  readonly package: string;
  readonly model: Uint8Array;
}

export type ThreadAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "results"; readonly results: Feeds }
  | { readonly kind: "failed"; readonly message: string };

const { package: name, model, ...resources } = workerData as ThreadData;
const port = parentPort!;
const runtime = (await importRuntime(name))!;
const session = await openSession(runtime, model, resources);

async function answerTo(feeds: Feeds): Promise<ThreadAnswer> {
  try {
    return { kind: "results", results: await session.run(feeds) };
  } catch (error) {
    return { kind: "failed", message: (error as Error).message };
  }
}

port.on("message", async (feeds: Feeds) => port.postMessage(await answerTo(feeds)));
port.postMessage({ kind: "ready" } satisfies ThreadAnswer);
