/** @file The manifest: facts about the module, as JSON whose keys keep one order. */

import {
  ABI_VERSION,
  type ActivationChoice,
  DEFAULT_ENGINE,
  type Engine,
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
  readonly specializeAtLoad?: true;
  /** `DEFAULT_ENGINE` unless told. */
  readonly engine?: Engine;
  readonly maxBytes?: number;
  readonly batch?: number;
  readonly ranges?: Readonly<Record<string, readonly [number, number]>>;
  readonly labels?: readonly string[];
  readonly preprocess?: Preprocess;
}

export function manifestOf(plan: Plan, facts: ModelFacts): Manifest {
  const { memory } = plan;
  const { modelDigest, weights, optimize = "size", activations = "int8" } = facts;
  const { engine = DEFAULT_ENGINE, maxBytes } = facts;
  const { specializeAtLoad, batch, ranges, labels, preprocess } = facts;
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
      engine,
      ...(maxBytes === undefined ? {} : { maxBytes }),
      activations,
      ...(specializeAtLoad === undefined ? {} : { specializeAtLoad }),
      ...(plan.threads && { threads: plan.threads.count }),
      ...(batch === undefined ? {} : { batch }),
      ...(ranges === undefined ? {} : { ranges }),
    },
    sizes: {
      weightBytes: weightBytesOf(plan),
      codeBytes: plan.code.reduce((sum, { body }) => sum + body.length, 0),
    },
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

/** Of all static blocks but those that are zeros until a loader fills them. */
function weightBytesOf({ statics }: Plan): number {
  const stored = statics.filter(({ role }) => role !== "reserved");
  return stored.reduce((sum, { data }) => sum + data.length, 0);
}

export function manifestBytes(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(manifest));
}
