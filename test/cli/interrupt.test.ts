/** @file Ctrl-C while training: a checkpoint stays, and resuming leads to the same bits. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { scratchFolder } from "../data/scratch.ts";
import { runTritc } from "../errors/terminal.ts";

const PROGRAM = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const scratch = scratchFolder();
const config = scratch.write(
  "config.json",
  JSON.stringify({
    data: { source: "characters", classes: ["0", "1"], limit: 640 },
    model: { kind: "lenet5", width: 0.25 },
    stages: [
      { method: "float", epochs: 2, schedule: { kind: "cosine", rate: 0.02 } },
      { method: "twn", epochs: 2, schedule: { kind: "cosine", rate: 0.01 } },
    ],
    batchSize: 32,
    seed: 3,
  }),
);

test("interrupted and resumed gives the bits of a run never stopped", async () => {
  const [whole, halved] = [join(scratch.path, "whole"), join(scratch.path, "halved")];
  expect((await runTritc("train", config, "--out", whole)).code).toBe(0);

  const child = spawn(process.execPath, [PROGRAM, "train", config, "--out", halved]);
  await printed(child, "epoch 1:");
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  expect(code).toBe(130);
  expect(existsSync(join(halved, "checkpoint.bin"))).toBe(true);
  expect(existsSync(join(halved, "model.onnx"))).toBe(false);

  const resumed = await runTritc("train", config, "--out", halved, "--resume", "--json");
  expect(resumed.code).toBe(0);
  expect(JSON.parse(resumed.out).status).toBe("finished");
  const [expected, got] = [whole, halved].map(folder => readFileSync(join(folder, "model.onnx")));
  expect(got!.equals(expected!)).toBe(true);
});

/** Waits until the program has said `text`; goes on reading, so that it can go on writing. */
async function printed(child: ChildProcess, text: string): Promise<void> {
  let said = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr!.on("data", chunk => {
      said += chunk;
      if (said.includes(text)) resolve();
    });
    child.on("exit", () => reject(new Error(`the program ended without "${text}":\n${said}`)));
  });
}
