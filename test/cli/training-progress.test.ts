/** @file What a training run shows: the facts of the live bar, and lines where nobody watches. */

import { describe, expect, test } from "vitest";
import { durationText, stepFacts, trainingView } from "../../cli/training-progress.ts";
import { type EpochRecord, summarizeLayers, type TrainingEvent } from "../../trainer/index.ts";

const layer = { name: "conv", count: 300, weights: "ternary", sparsity: 0.5, cosine: 0.9 } as const;
const record: EpochRecord = {
  stage: 1,
  method: "twn",
  epoch: 2,
  loss: 0.5,
  trainTop1: 0.8,
  validationTop1: 0.75,
  learningRate: 0.01,
  layers: [
    { ...layer, flips: 0.1 },
    { ...layer, name: "other", count: 100, sparsity: 0.9, cosine: 0.5, flips: 0.3 },
    { ...layer, name: "first", weights: "int8", sparsity: 0, cosine: 0.7, flips: 0.9 },
  ],
};
const step = {
  kind: "step",
  stage: 1,
  epoch: 3,
  epochs: 10,
  step: 40,
  steps: 100,
  loss: 0.4567,
  top1: 0.8123,
  imagesPerSecond: 1234.5,
  secondsLeft: 95,
} as const;

describe("the live bar", () => {
  test("tells loss, accuracy, the weights after the last epoch, speed and time left", () => {
    expect(stepFacts(step, record)).toBe(
      "loss 0.457 · top-1 81.23 % · 1:35 min left · zeros 60.00 % · cosine 0.800 · " +
        "flips 15.00 % · 1235 images/s",
    );
    expect(stepFacts(step, undefined)).toBe(
      "loss 0.457 · top-1 81.23 % · 1:35 min left · 1235 images/s",
    );
  });

  test("counts every weight alike, and those of int8 only where there are no others", () => {
    expect(summarizeLayers(record.layers).sparsity).toBeCloseTo(0.6);
    expect(summarizeLayers(record.layers.slice(2))).toEqual({
      sparsity: 0,
      cosine: 0.7,
      flips: 0.9,
    });
    const { flips: _, ...fresh } = record.layers[0]!;
    expect(summarizeLayers([fresh])).toEqual({ sparsity: 0.5, cosine: 0.9 });
  });

  test.each([
    [0, "0 s"],
    [59.2, "1:00 min"],
    [3599, "59:59 min"],
    [7260, "2:01 h"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

/** All that a view prints where nobody watches. */
function textOf(events: readonly TrainingEvent[]): string {
  let text = "";
  const keep = (more: string): void => {
    text += more;
  };
  const view = trainingView({ out: keep, err: keep, colours: false, interactive: false });
  for (const event of events) view.show(event);
  view.close();
  return text;
}

test("a teacher that guesses is said to see the wrong values", () => {
  const teacher = { kind: "teacher", name: "wide", samples: 1000, classes: 10 } as const;
  expect(textOf([{ ...teacher, top1: 0.873 }])).toBe(
    "teacher wide: top-1 87.30 % of 1000 samples\n",
  );
  expect(textOf([{ ...teacher, top1: 0.12 }])).toContain("distill.input");
});

test("where nobody watches there is a line for each epoch and none for a step", () => {
  const events: TrainingEvent[] = [
    step,
    { kind: "epoch", record },
    { kind: "checkpoint", path: "x" },
    { kind: "result", name: "quantized", top1: 0.7, samples: 1000, classes: 10 },
  ];
  expect(textOf(events)).toBe(
    "  epoch 3: loss 0.5000, top-1 80.00 %, held back 75.00 %, zeros 60.00 %, cosine 0.800, " +
      "flips 15.00 %, rate 0.0100\nquantized: top-1 70.00 % of 1000 test samples\n",
  );
});
