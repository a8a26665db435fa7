/** @file A progress bar where someone watches, nothing elsewhere. */

import { Presets, SingleBar } from "cli-progress";
import type { Terminal } from "./terminal.ts";

export interface Progress {
  readonly tick: (done: number) => void;
  readonly stop: () => void;
}

/** Starts a bar of `total` steps of `what`. */
export function startProgress(terminal: Terminal, what: string, total: number): Progress {
  if (!terminal.interactive) return { tick: () => {}, stop: () => {} };
  const format = `${what} {bar} {value}/{total} · {eta_formatted} left`;
  const bar = new SingleBar(
    { format, stream: process.stderr, clearOnComplete: true, hideCursor: true },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { tick: done => bar.update(done), stop: () => bar.stop() };
}
