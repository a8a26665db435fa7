/** @file The embedded data set: balanced, shuffled, legible, split by typeface. */

import { readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openData } from "../../trainer/data/index.ts";

const FOLDER = new URL("../../trainer/data/characters/", import.meta.url);
const LARGEST_FILE_BYTES = 3 * 2 ** 20;

describe.each(["train", "test"] as const)("%s", split => {
  test("has each class once in every 36 samples", async () => {
    const data = await openData("characters", { split });
    expect(data).toMatchObject({ shape: [28, 28, 1], dtype: "u8" });
    expect(data.classNames.join("")).toBe("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    expect(data.count % 36).toBe(0);
    for (let start = 0; start < data.count; start += 36) {
      expect(new Set(data.labels!.subarray(start, start + 36)).size).toBe(36);
    }
  });

  test("has ink on every picture, paper at most corners", async () => {
    const data = await openData("characters", { split });
    let inkedCorners = 0;
    for (let i = 0; i < data.count; i++) {
      const sample = data.sample(i) as Uint8Array;
      expect(sample.reduce((most, pixel) => Math.max(most, pixel))).toBeGreaterThan(60);
      if (sample[0]! + sample[27]! + sample[783]! > 0) inkedCorners++;
    }
    expect(inkedCorners / data.count).toBeLessThan(0.01);
  });
});

test("no picture of test is in train", async () => {
  const train = await openData("characters");
  const held = await openData("characters", { split: "test" });
  const textOf = (sample: ArrayLike<number>): string => String.fromCharCode(...Array.from(sample));
  const seen = new Set(Array.from({ length: train.count }, (_, i) => textOf(train.sample(i))));
  for (let i = 0; i < held.count; i++) expect(seen.has(textOf(held.sample(i)))).toBe(false);
});

test("the file is small, and every typeface is listed once with its licence", () => {
  expect(statSync(new URL("characters.bin", FOLDER)).size).toBeLessThan(LARGEST_FILE_BYTES);
  const rows = readFileSync(new URL("TYPEFACES.md", FOLDER), "utf8")
    .split("\n")
    .filter(line => line.startsWith("| ") && !line.startsWith("| typeface"))
    .map(line => line.split("|").map(cell => cell.trim()));
  const families = rows.map(row => row[1]);
  expect(families.length).toBeGreaterThanOrEqual(80);
  expect(new Set(families).size).toBe(families.length);
  expect(new Set(rows.map(row => row[4]))).toEqual(new Set(["OFL-1.1"]));
});
