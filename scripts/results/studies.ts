/** @file What is published beside models: ablations, pruned networks, and references to stand beside. */

import { z } from "zod";

const share = z.number().min(0).max(1);
const count = z.int().min(0);

/** One arm of an ablation with one seed. */
const armSchema = z.strictObject({
  study: z.string(),
  arm: z.string(),
  seed: count,
  epochs: count,
  /** Of the integer forward on the samples held back. */
  top1: share,
  zeros: share,
  /** Between float and ternary weights at the end. */
  cosine: z.number(),
  /** Of everything that decides the result: an arm that changed is run again. */
  digest: z.string(),
});

export const ablationSchema = z.strictObject({
  studies: z.record(
    z.string(),
    z.strictObject({
      title: z.string(),
      baseline: z.string(),
      command: z.string(),
      /** Top-1 of the float network that all arms start from, on the samples held back. */
      floatTop1: share,
      samples: count,
    }),
  ),
  arms: z.array(armSchema),
});
export type Ablation = z.output<typeof ablationSchema>;
export type AblationArm = z.output<typeof armSchema>;

export const pruningSchema = z.array(
  z.strictObject({
    title: z.string(),
    /** Prunes; and before that, trains. */
    command: z.string(),
    training: z.string(),
    /** Of training the dense network, penalty included. */
    epochs: count,
    seed: count,
    floatTop1: share,
    zeros: share,
    recovery: z.string(),
    /** Of the compiled module on the whole test set. */
    top1: share,
    samples: count,
  }),
);
export type PrunedRow = z.output<typeof pruningSchema>[number];

/** Networks of others that a chart shows beside ours. */
export const referencesSchema = z.array(
  z.strictObject({
    title: z.string(),
    data: z.string(),
    top1: share,
    bytes: count,
    latencyUs: z.number().positive().optional(),
    source: z.string(),
  }),
);
export type Reference = z.output<typeof referencesSchema>[number];
