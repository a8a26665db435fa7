/**
 * @file Every figure of every published model, measured again: it is compiled,
 * evaluated on its whole test set, and compared with the reference evaluator.
 */

import { describe, expect, test } from "vitest";
import { staleFigures } from "../../scripts/results/check.ts";
import { readIndex } from "../../scripts/results/entry.ts";
import { absent } from "../data/originals.ts";

/** On a busy machine; the reference evaluator takes most of it. */
const LIMIT_MS = 1_800_000;

for (const entry of readIndex()) {
  describe.skipIf(entry.data !== "characters" && absent(entry.data))(entry.file, () => {
    test("has the figures that are published", { timeout: LIMIT_MS }, async () => {
      expect(await staleFigures(entry)).toEqual([]);
    });
  });
}

test("no model stands in the index twice", () => {
  const files = readIndex().map(({ file }) => file);
  expect(new Set(files).size).toBe(files.length);
});
