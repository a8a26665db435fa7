/** @file The published data sets read as their authors describe them. */

import { describe, expect, test } from "vitest";
import { type Dataset, openData, toModelInput } from "../../trainer/data/index.ts";
import { absent } from "./originals.ts";

describe.skipIf(absent("mnist"))("mnist", () => {
  test.each([
    ["train", 60_000, 33.318, 5],
    ["test", 10_000, 33.791, 7],
  ] as const)("%s", async (split, count, mean, firstLabel) => {
    const data = await openData("mnist", { split });
    expect(data).toMatchObject({ count, shape: [28, 28, 1] });
    expect(meanOf(data)).toBeCloseTo(mean, 2);
    expect(data.labels![0]).toBe(firstLabel);
  });
});

test.skipIf(absent("fashion-mnist"))("fashion-mnist", async () => {
  const data = await openData("fashion-mnist", { split: "test" });
  expect(data.count).toBe(10_000);
  expect(data.classNames[data.labels![0]!]).toBe("Ankle boot");
  expect(countsOf(data)).toEqual(new Array(10).fill(1000));
});

test.skipIf(absent("cifar10"))("cifar10", async () => {
  const data = await openData("cifar10", { split: "test" });
  expect(data.count).toBe(10_000);
  expect(countsOf(data)).toEqual(new Array(10).fill(1000));
  const names = [...data.labels!.subarray(0, 4)].map(label => data.classNames[label]);
  expect(names).toEqual(["cat", "ship", "ship", "airplane"]);
  const first = toModelInput(data, 0, { dtype: "f32", shape: [1, 32, 32, 3] });
  expect([...first.data.subarray(0, 3)]).toEqual([158, 112, 49]);
});

test.skipIf(absent("mlperf-tiny/eval-kws01.tar.xz"))("kws-bin", async () => {
  const data = await openData("kws-bin", { split: "test" });
  expect(data).toMatchObject({ count: 1000, shape: [49, 10, 1], dtype: "i8" });
  const input = toModelInput(data, 0, { dtype: "f32", shape: [1, 49, 10, 1] });
  expect(input.data[0]).toBe(Math.fround((data.data[0]! - 83) * Math.fround(0.58470291)));
});

function meanOf(data: Dataset): number {
  let sum = 0;
  for (const value of data.data) sum += value;
  return sum / data.data.length;
}

function countsOf({ labels, classNames }: Dataset): number[] {
  const counts = new Array<number>(classNames.length).fill(0);
  for (const label of labels!) counts[label]!++;
  return counts;
}
