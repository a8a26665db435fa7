/** @file A whole run with a teacher. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeOnnx } from "../../model/onnx/index.ts";
import { parseConfig, type TrainingConfigInput, train } from "../../trainer/index.ts";
import { tinyNetwork } from "./networks.ts";

describe("a run with a teacher", () => {
  const CLASSES = ["0", "1", "7"];
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tritc-distill-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("learns what the teacher knows, and refuses another before the first step", {
    timeout: 60_000,
  }, async () => {
    const model = join(folder, "tiny.onnx");
    await writeFile(model, writeOnnx(tinyNetwork(3, [1, 28, 28], CLASSES.length)));
    const schedule = { kind: "constant", rate: 0.05 } as const;
    const base: TrainingConfigInput = {
      data: { source: "characters", classes: CLASSES, limit: 200 },
      model: { onnx: model },
      batchSize: 20,
      calibrationBatches: 4,
      threads: 1,
      stages: [{ method: "float", epochs: 3, schedule }],
    };
    const taught = await train(parseConfig(base), { out: join(folder, "teacher") });
    const distill = {
      teacher: taught.files.float!,
      // No label is looked at.
      logits: { temperature: 2, weight: 1 },
      features: { kind: "cosine" },
      relation: {},
    } as const;
    const stages = [{ method: "twn", epochs: 3, schedule, distill }] as const;
    const known: number[] = [];
    const student = await train(parseConfig({ ...base, stages: [...stages] }), {
      out: join(folder, "student"),
      onProgress: event => event.kind === "teacher" && known.push(event.top1),
    });
    expect(student.results.quantized!.top1).toBeGreaterThan(0.6);
    expect(known).toHaveLength(1);
    expect(known[0]).toBeGreaterThan(0.6);
    const narrow = { ...base, data: { ...base.data, classes: CLASSES.slice(1) } };
    const wide = { ...narrow, model: { kind: "small-cnn" as const, width: 0.25 } };
    let steps = 0;
    const run = train(parseConfig({ ...wide, stages: [...stages] }), {
      out: join(folder, "refused"),
      onProgress: () => steps++,
    });
    await expect(run).rejects.toThrow(/other classes/);
    expect(steps).toBe(0);
  });
});
