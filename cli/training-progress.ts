/** @file Shows a training run: a bar with rate and time left, and a line per epoch. */

import { Presets, SingleBar } from "cli-progress";
import type { TrainingEvent } from "../trainer/index.ts";
import { countText, percent } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const BAR_FORMAT = "{stage} {bar} {value}/{total} · loss {loss} · {rate} images/s · {left} left";
/** Redrawing costs time that training needs. */
const REDRAWS_PER_SECOND = 5;

export interface TrainingView {
  readonly show: (event: TrainingEvent) => void;
  /** Leaves the terminal as it was. */
  readonly close: () => void;
}

export function trainingView(terminal: Terminal): TrainingView {
  const bar = terminal.interactive ? openBar() : undefined;
  const say = (line: string): void => {
    bar?.stop();
    terminal.err(`${line}\n`);
  };
  return {
    show: event => {
      if (event.kind === "step") showStep(bar, event);
      const line = lineFor(event);
      if (line !== undefined) say(line);
    },
    close: () => bar?.stop(),
  };
}

function openBar(): SingleBar {
  const options = {
    format: BAR_FORMAT,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    fps: REDRAWS_PER_SECOND,
    // Ctrl-C must reach the trainer, which saves a checkpoint.
    gracefulExit: false,
  };
  return new SingleBar(options, Presets.shades_classic);
}

function showStep(
  bar: SingleBar | undefined,
  event: Extract<TrainingEvent, { kind: "step" }>,
): void {
  if (bar === undefined) return;
  const { stage, epoch, epochs, step, steps, loss, imagesPerSecond, secondsLeft } = event;
  const values = {
    stage: `stage ${stage + 1}, epoch ${epoch + 1}/${epochs}`,
    loss: loss.toFixed(4),
    rate: Math.round(imagesPerSecond),
    left: durationText(secondsLeft),
  };
  if (!bar.isActive) bar.start(steps, step, values);
  else bar.update(step, values);
}

/** The line for an event that is worth one. */
function lineFor(event: TrainingEvent): string | undefined {
  switch (event.kind) {
    case "start":
      return (
        `${event.model}: ${countText(event.parameters)} parameters, ` +
        `${event.trainingSamples} samples (${event.validationSamples} held back), ` +
        `${event.engine}, ${event.threads} threads`
      );
    case "stage":
      return `stage ${event.stage + 1} of ${event.stages}: ${event.method}, ${event.epochs} epochs`;
    case "epoch": {
      const { epoch, loss, trainTop1, validationTop1, learningRate } = event.record;
      const held = validationTop1 === undefined ? "" : `, held back ${percent(validationTop1)}`;
      return (
        `  epoch ${epoch + 1}: loss ${loss.toFixed(4)}, top-1 ${percent(trainTop1)}${held}, ` +
        `rate ${learningRate.toPrecision(3)}`
      );
    }
    case "result":
      return `${event.name}: top-1 ${percent(event.top1)} of ${event.samples} test samples`;
    case "step":
    case "checkpoint":
      return undefined;
  }
}

/** `42 s`, `3:05 min`, `2:10 h`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))} h`;
}
