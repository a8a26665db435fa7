/**
 * @file How the range of an activation comes about.
 *
 *     extremes     a running average of the extremes of batches
 *     percentile   measured before the first update, then held: what leaves out
 *                  the share 1 − `share` of the values at each end
 *     learned      starts as a percentile, then changes with the weights
 */

import { z } from "zod";

const share = z.number().gt(0.5).max(1).default(0.999);

const KINDS = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("extremes") }),
  z.strictObject({ kind: z.literal("percentile"), share }),
  z.strictObject({
    kind: z.literal("learned"),
    share,
    /** Multiplies the gradient of a range, beside what the number of its levels and values asks for. */
    gradientScale: z.number().positive().default(1),
  }),
]);

export type RangeOptions = z.output<typeof KINDS>;

export const EXTREMES: RangeOptions = { kind: "extremes" };

/** A name, or a kind with its options. */
export const rangeOptions = z
  .union([z.enum(["extremes", "percentile", "learned"]), KINDS])
  .transform(
    (choice): RangeOptions => (typeof choice === "string" ? KINDS.parse({ kind: choice }) : choice),
  );
