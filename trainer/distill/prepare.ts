/** @file Reads the teachers of a run, and finds out what does not fit before the first step. */

import { basename } from "node:path";
import { digestOf } from "../../core/hash.ts";
import type { Quantization } from "../../core/requantize.ts";
import { readModelFile } from "../model-file.ts";
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
  const files = new Map<string, ReturnType<typeof readModelFile>>();
  for (const { distill } of stages) {
    if (distill === undefined) {
      found.push(undefined);
      continue;
    }
    const file = files.get(distill.teacher) ?? readModelFile(distill.teacher, "teacher");
    files.set(distill.teacher, file);
    const { bytes, graph } = await file;
    digests.push(digestOf(bytes));
    const name = basename(distill.teacher, ".onnx");
    const teacher = teacherFor(name, graph, network, input, {
      ...(distill.input && { input: distill.input }),
      ...(unit && { unit }),
    });
    found.push(planDistillation(network, teacher, distill));
  }
  return { stages: found, digests };
}
