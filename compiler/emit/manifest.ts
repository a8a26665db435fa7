/** @file The manifest: facts about the module, as JSON whose keys keep one order. */

import {
  ABI_VERSION,
  type ActivationChoice,
  type Manifest,
  type OptimizeChoice,
  type Preprocess,
  type WeightChoice,
} from "../../core/abi.ts";
import { VERSION } from "../../core/version.ts";
import type { Plan } from "../plan/plan.ts";

/** What the plan does not know. */
export interface ModelFacts {
  readonly modelDigest: string;
  readonly weights: WeightChoice;
  /** `size` unless told. */
  readonly optimize?: OptimizeChoice;
  /** `int8` unless told. */
  readonly activations?: ActivationChoice;
  readonly batch?: number;
  readonly ranges?: Readonly<Record<string, readonly [number, number]>>;
  readonly labels?: readonly string[];
  readonly preprocess?: Preprocess;
}

export function manifestOf(plan: Plan, facts: ModelFacts): Manifest {
  const { memory } = plan;
  const { modelDigest, weights, optimize = "size", activations = "int8" } = facts;
  const { batch, ranges, labels, preprocess } = facts;
  return {
    abi: ABI_VERSION,
    tritc: VERSION,
    name: plan.name,
    target: plan.target,
    simd: plan.simd,
    inputs: plan.inputs.map(input => input.port),
    outputs: plan.outputs.map(output => output.port),
    ...(labels === undefined ? {} : { labels }),
    ...(preprocess === undefined ? {} : { preprocess }),
    modelDigest,
    options: {
      weights,
      optimize,
      activations,
      ...(batch === undefined ? {} : { batch }),
      ...(ranges === undefined ? {} : { ranges }),
    },
    sizes: { weightBytes: plan.statics.reduce((sum, { data }) => sum + data.length, 0) },
    memory: {
      peakMemoryBytes: memory.totalBytes,
      arenaOffset: memory.arenaOffset,
      arenaBytes: memory.arenaBytes,
      arenaLowerBoundBytes: memory.arenaLowerBoundBytes,
      buffers: plan.buffers,
    },
    macs: plan.macs,
    layers: plan.layers,
  };
}

export function manifestBytes(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(manifest));
}
