/** @file What threads take of a module and of its host, and what is said where it is not there. */

import type { Manifest } from "../../core/abi.ts";
import { RunError } from "../error.ts";

/** How many threads share a run. @throws RunError run/no-threads if the module is for one */
export function demandThreads({ options: { threads } }: Manifest): number {
  if (threads !== undefined) return threads;
  const got = "one for a single thread: load it with tritc/runtime";
  throw new RunError("run/no-threads", "the module", "one compiled with --threads", got);
}

/** @throws RunError run/no-threads where no memory can be shared */
export function demandSharing(host: { readonly SharedArrayBuffer?: unknown } = globalThis): void {
  if (typeof host.SharedArrayBuffer === "function") return;
  const got = "one that has none: make the page cross-origin isolated, or load another module";
  throw new RunError("run/no-threads", "the host", "one whose threads may share memory", got);
}
