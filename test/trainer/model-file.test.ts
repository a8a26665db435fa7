/** @file The ONNX files that a configuration names: what is wrong with one names it. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { ModelError } from "../../model/diagnostics/diagnostic.ts";
import { readModelFile } from "../../trainer/model-file.ts";
import { smallClassifier } from "../cli/models.ts";
import { scratchFolder } from "../data/scratch.ts";

const scratch = scratchFolder();

async function diagnosticOf(path: string, what: "model" | "teacher") {
  const error: unknown = await readModelFile(path, what).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ModelError);
  return (error as ModelError).diagnostics[0]!;
}

test("a model has its file's name", async () => {
  const path = scratch.write("strokes.onnx", smallClassifier());
  const { bytes, graph } = await readModelFile(path, "model");
  expect([bytes.length, graph.name]).toEqual([smallClassifier().length, "strokes"]);
});

test("a damaged file is named", async () => {
  const path = scratch.write("damaged.onnx", smallClassifier().subarray(0, 500));
  expect(await diagnosticOf(path, "model")).toMatchObject({ code: "onnx/truncated", at: path });
});

test.each(["model", "teacher"] as const)("a %s that is not there is named", async what => {
  const path = join(scratch.path, "nowhere.onnx");
  expect(await diagnosticOf(path, what)).toMatchObject({
    code: "file/unreadable",
    message: `the ${what} cannot be read`,
    at: path,
    help: expect.stringContaining("check the path"),
  });
});
