/**
 * @file What a stage may learn from a teacher, beside its labels.
 *
 * **Source** logits: Hinton, Vinyals & Dean 2015, section 2; features: Romero et
 * al. 2015, and cosines after Liu & Liu 2022 (arXiv 2210.17332); relation: Tung &
 * Mori 2019 (arXiv 1907.09682).
 */

import { z } from "zod";

const positive = z.number().positive();

export const distillOptions = z
  .strictObject({
    /** A float ONNX classifier with the same input and classes. */
    teacher: z.string().min(1),
    /** x = (stored − mean)·scale of the teacher, where its input is real; default: as its file has it, else (0, 1). */
    input: z.strictObject({ mean: z.number(), scale: positive }).optional(),
    logits: z
      .strictObject({
        temperature: positive.default(4),
        /** The share of the loss that the labels give up. */
        weight: z.number().gt(0).max(1).default(0.5),
      })
      .optional(),
    features: z
      .strictObject({
        kind: z.enum(["mse", "cosine"]),
        weight: positive.default(1),
        /** Layers of the student and what they are compared with; default: those of equal name and shape. */
        layers: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
    relation: z
      .strictObject({
        weight: positive.default(1),
        /** As above; default: what the last layers read. Shapes may differ. */
        layers: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
  })
  .refine(({ logits, features, relation }) => logits || features || relation, {
    message: "nothing is learned from the teacher: give logits, features or relation",
  });

export type DistillOptions = z.output<typeof distillOptions>;
