/** @file Reads the teachers of a run, and finds out what does not fit before the first step. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { digestOf } from "../../core/hash.ts";
import type { Quantization } from "../../core/requantize.ts";
import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { readOnnx } from "../../model/onnx/index.ts";
import type { Network } from "../network/network.ts";
import type { InputQuantization } from "../step/input.ts";
import { type Distillation, planDistillation } from "./distillation.ts";
import type { DistillOptions } from "./options.ts";
import { teacherFor } from "./teacher.ts";

export interface PreparedDistillations {
  /** By stage; absent for stages without a teacher. */
  readonly stages: readonly (Distillation | undefined)[];
  /** Of the teachers' files. */
  readonly digests: readonly string[];
}

/** @throws file/unreadable, onnx/*, train/bad-teacher */
export async function prepareDistillations(
  stages: readonly { readonly distill?: DistillOptions | undefined }[],
  network: Network,
  input: InputQuantization,
  unit?: Quantization,
): Promise<PreparedDistillations> {
  const found: (Distillation | undefined)[] = [];
  const digests: string[] = [];
  for (const { distill } of stages) {
    if (distill === undefined) {
      found.push(undefined);
      continue;
    }
    const bytes = await readTeacher(distill.teacher);
    digests.push(digestOf(bytes));
    const name = basename(distill.teacher, ".onnx");
    const teacher = teacherFor(name, readOnnx(bytes), network, input, {
      ...(distill.input && { input: distill.input }),
      ...(unit && { unit }),
    });
    found.push(planDistillation(network, teacher, distill));
  }
  return { stages: found, digests };
}

async function readTeacher(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(
      problem("file/unreadable", "the teacher cannot be read", {
        at: path,
        notes: [(error as Error).message],
      }),
    );
  }
}
