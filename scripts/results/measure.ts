/** @file What there is to know of a published model, measured on its compiled module. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOnnx } from "../../model/onnx/index.ts";
import type { ModelEntry } from "./entry.ts";
import { tritc } from "./tritc.ts";

/** Samples on which module and reference evaluator are compared bit for bit. */
const VERIFIED_SAMPLES = 200;

export interface Measured {
  readonly top1: number;
  readonly samples: number;
  readonly zeros: number;
  readonly weights: number;
  readonly bytes: { readonly packed: number; readonly shipped: number; readonly module: number };
}

/** Compiles `model` and measures the module on all test samples. @throws if it differs from the oracle */
export async function measureModel(
  model: string,
  { data, classes }: Pick<ModelEntry, "data" | "classes">,
): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "tritc-results-"));
  const module = join(folder, "model.wasm");
  const samples = ["--data", data, ...(classes ? ["--classes", classes.join()] : [])];
  try {
    const { bytes } = await tritc<{ bytes: number }>("compile", model, "-o", module);
    const accuracy = await tritc<Pick<Measured, "top1" | "samples">>("eval", module, ...samples);
    await tritc("verify", model, module, ...samples, "--samples", String(VERIFIED_SAMPLES));
    const { zeros, weights, packed, shipped } = weightSizes(readFileSync(model));
    const { top1, samples: count } = accuracy;
    return { top1, samples: count, zeros, weights, bytes: { packed, shipped, module: bytes } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Numbers of weights and the bytes that they take, packed and at their entropy. */
export function weightSizes(onnx: Uint8Array): {
  readonly zeros: number;
  readonly weights: number;
  readonly packed: number;
  readonly shipped: number;
} {
  let [zeros, ternary, int8, packed, shipped] = [0, 0, 0, 0, 0];
  for (const node of readOnnx(onnx).nodes) {
    if (node.kind !== "const") continue;
    const { dtype, data } = node.attrs.tensor;
    // Biases are f32 and scales are attributes: small beside the weights, and not counted.
    if (dtype === "i8") int8 += data.length;
    if (dtype !== "i2") continue;
    const counts = tritCounts(data as Int8Array);
    zeros += counts[1];
    ternary += data.length;
    packed += Math.ceil(data.length / 4);
    shipped += Math.ceil(entropyBits(counts) / 8);
  }
  return {
    zeros: ternary === 0 ? 0 : zeros / ternary,
    weights: ternary + int8,
    packed: packed + int8,
    shipped: shipped + int8,
  };
}

function tritCounts(trits: Int8Array): readonly [number, number, number] {
  const counts: [number, number, number] = [0, 0, 0];
  for (const trit of trits) counts[trit + 1]!++;
  return counts;
}

/** Bits that an ideal coder takes for values of these counts. */
export function entropyBits(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((bits, n) => (n === 0 ? bits : bits - n * Math.log2(n / total)), 0);
}
