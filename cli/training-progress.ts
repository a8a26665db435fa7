/** @file Shows a training run: a live bar on a terminal, and a line per epoch everywhere. */

import { Presets, SingleBar } from "cli-progress";
import { type EpochRecord, summarizeLayers, type TrainingEvent } from "../trainer/index.ts";
import { countText, percent } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const BAR_FORMAT = "{place} {bar} {percentage} % · {facts}";
const BAR_WIDTH = 20;
/** Redrawing costs time that training needs. */
const REDRAWS_PER_SECOND = 5;

/** Times the share that guessing gets: no teacher is below. */
const GUESSING = 1.5;

type StepEvent = Extract<TrainingEvent, { kind: "step" }>;
type TeacherEvent = Extract<TrainingEvent, { kind: "teacher" }>;

export interface TrainingView {
  readonly show: (event: TrainingEvent) => void;
  /** Leaves the terminal as it was. */
  readonly close: () => void;
}

export function trainingView(terminal: Terminal): TrainingView {
  const bar = terminal.interactive ? openBar() : undefined;
  let last: EpochRecord | undefined;
  return {
    show: event => {
      if (event.kind === "epoch") last = event.record;
      if (event.kind === "step" && bar !== undefined) showStep(bar, event, last);
      const line = lineFor(event);
      if (line === undefined) return;
      bar?.stop();
      terminal.err(`${line}\n`);
    },
    close: () => bar?.stop(),
  };
}

function openBar(): SingleBar {
  const options = {
    format: BAR_FORMAT,
    barsize: BAR_WIDTH,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    fps: REDRAWS_PER_SECOND,
    // Ctrl-C must reach the trainer, which saves a checkpoint.
    gracefulExit: false,
  };
  return new SingleBar(options, Presets.shades_classic);
}

function showStep(bar: SingleBar, event: StepEvent, last: EpochRecord | undefined): void {
  const { stage, epoch, epochs, step, steps } = event;
  const place = `stage ${stage + 1}, epoch ${epoch + 1}/${epochs}`;
  const values = { place, facts: stepFacts(event, last) };
  if (!bar.isActive) bar.start(steps, step, values);
  else bar.update(step, values);
}

/** How the epoch goes so far, how the weights stood after the one before, and how long it takes. */
export function stepFacts(event: StepEvent, last: EpochRecord | undefined): string {
  const { loss, top1, imagesPerSecond, secondsLeft } = event;
  return [
    `loss ${loss.toFixed(3)}`,
    `top-1 ${percent(top1)}`,
    // A narrow terminal cuts off what comes last.
    `${durationText(secondsLeft)} left`,
    ...(last === undefined ? [] : weightFacts(last)),
    `${Math.round(imagesPerSecond)} images/s`,
  ].join(" · ");
}

function weightFacts({ layers }: EpochRecord): string[] {
  const { sparsity, cosine, flips } = summarizeLayers(layers);
  return [
    `zeros ${percent(sparsity)}`,
    `cosine ${cosine.toFixed(3)}`,
    ...(flips === undefined ? [] : [`flips ${percent(flips)}`]),
  ];
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
    case "teacher":
      return teacherLine(event);
    case "stage":
      return `stage ${event.stage + 1} of ${event.stages}: ${event.method}, ${event.epochs} epochs`;
    case "epoch":
      return epochLine(event.record);
    case "result":
      return `${event.name}: top-1 ${percent(event.top1)} of ${event.samples} test samples`;
    case "step":
    case "checkpoint":
      return undefined;
  }
}

/** A teacher no better than chance sees other values than those that it was trained with. */
function teacherLine({ name, top1, samples, classes }: TeacherEvent): string {
  const line = `teacher ${name}: top-1 ${percent(top1)} of ${samples} samples`;
  if (top1 > GUESSING / classes) return line;
  return `${line}\n  that is hardly better than guessing: say with distill.input how it was trained`;
}

function epochLine(record: EpochRecord): string {
  const { epoch, loss, trainTop1, validationTop1, learningRate } = record;
  const facts = [
    `loss ${loss.toFixed(4)}`,
    `top-1 ${percent(trainTop1)}`,
    ...(validationTop1 === undefined ? [] : [`held back ${percent(validationTop1)}`]),
    ...weightFacts(record),
    `rate ${learningRate.toPrecision(3)}`,
  ];
  return `  epoch ${epoch + 1}: ${facts.join(", ")}`;
}

/** `42 s`, `3:05 min`, `2:10 h`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))} h`;
}
