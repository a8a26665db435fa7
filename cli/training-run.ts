/** @file A training run on the command line: progress, Ctrl-C, and what is printed at the end. */

import {
  type TrainingConfig,
  type TrainingEvent,
  type TrainingResult,
  train,
} from "../trainer/index.ts";
import { CHART_PACKAGES } from "../trainer/report/plot.ts";
import { EXIT } from "./exit.ts";
import { checkFolder } from "./files.ts";
import type { Session } from "./session.ts";
import { printJson, type Terminal } from "./terminal.ts";
import { trainingView } from "./training-progress.ts";

export interface RunFlags {
  readonly out: string;
  readonly resume: boolean;
  readonly json: boolean;
  /** Sees every event besides the view. */
  readonly watch?: (event: TrainingEvent) => void;
}

/** Trains as `config` says and prints the result; the exit code tells an interrupted run. */
export async function runTraining(
  config: TrainingConfig,
  { out, resume, json, watch }: RunFlags,
  { terminal, exitWith }: Session,
): Promise<void> {
  checkFolder(out);
  const view = trainingView(terminal);
  const interruption = listenForInterruption(terminal);
  const onProgress = (event: TrainingEvent): void => {
    view.show(event);
    watch?.(event);
  };
  try {
    const result = await train(config, { out, resume, onProgress, signal: interruption.signal });
    view.close();
    if (result.status === "interrupted") exitWith(EXIT.interrupted);
    if (json) printJson(terminal, result);
    else terminal.out(textOf(result));
  } finally {
    view.close();
    interruption.stop();
  }
}

/** The first Ctrl-C asks the trainer to stop, the second ends the process. */
function listenForInterruption(terminal: Terminal): {
  readonly signal: AbortSignal;
  readonly stop: () => void;
} {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    terminal.err("stopping after this step; once more to stop at once\n");
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const stop = (): void => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
  return { signal: controller.signal, stop };
}

function textOf({ status, files }: TrainingResult): string {
  if (status === "interrupted") return `interrupted; --resume goes on from ${files.checkpoint}\n`;
  const wrote = `wrote ${Object.values(files).join(", ")}\n`;
  if (files.report !== undefined) return wrote;
  return `${wrote}report.html is drawn if ${CHART_PACKAGES.join(" and ")} are installed\n`;
}
