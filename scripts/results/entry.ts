/** @file The published models: what `models/index.json` holds of each. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export const MODELS = fileURLToPath(new URL("../../models/", import.meta.url));
const INDEX = "index.json";

/** Groups of rows, in the order of the tables, with their headings. */
export const GROUPS = {
  mnist: "MNIST, LeNet-5",
  fashion: "Fashion-MNIST, small CNN",
  resnet8: "CIFAR-10, ResNet-8 of MLPerf Tiny",
  "equal-accuracy": "Equal accuracy: ternary ResNet-8, widened, beside int8",
  resnet20: "CIFAR-10, ResNet-20",
} as const;
export type Group = keyof typeof GROUPS;

const share = z.number().min(0).max(1);
const count = z.int().min(0);

const seedResult = z.strictObject({
  seed: count,
  /** Of the compiled module on the whole test set. */
  top1: share,
  /** Of the float network from the same run. */
  floatTop1: share.optional(),
});

const entrySchema = z.strictObject({
  /** In the folder of the index. */
  file: z.string().endsWith(".onnx"),
  group: z.enum(Object.keys(GROUPS) as [Group, ...Group[]]),
  title: z.string().min(1),
  /** The network of `bench/nets.ts` that it is a trained form of, timed in the place of random weights. */
  net: z.string().min(1).optional(),
  /** KIND, as for `tritc eval --data`. */
  data: z.string().min(1),
  /** If the network knows only these classes of it. */
  classes: z.array(z.string()).min(2).optional(),
  /** Of the compiled module on the whole test set. */
  top1: share,
  samples: count,
  /** Share of zeros among ternary weights. */
  zeros: share,
  method: z.string(),
  /** The float network that it starts from, if that is not made by `commands`. */
  from: z.string().optional(),
  activations: z.string(),
  weights: count,
  /** Of training this network from the float one, and of training that before. */
  epochs: count,
  floatEpochs: count,
  /** The best that the float network reached with the epochs of both. */
  floatTop1: share.optional(),
  /** The committed network's first. */
  seeds: z.array(seedResult).min(1),
  commands: z.array(z.string()).min(1),
  bytes: z.strictObject({
    /** Weights at 2 bits (ternary) and 8 bits (int8). */
    packed: count,
    /** The same with ternary weights at the entropy of their values. */
    shipped: count,
    /** The whole module as `tritc compile` writes it. */
    module: count,
  }),
  /** Of one image on one thread, measured beside rivals by `npm run bench`. */
  latencyUs: z.number().positive().optional(),
});

export type ModelEntry = z.output<typeof entrySchema>;
export type SeedResult = z.output<typeof seedResult>;

/** The published models, in the order of the tables; none if there is no index. */
export function readIndex(folder = MODELS): ModelEntry[] {
  return readJsonFile(join(folder, INDEX), z.array(entrySchema)) ?? [];
}

/** The text of an index. */
export function indexText(entries: readonly ModelEntry[]): string {
  const groups = Object.keys(GROUPS);
  const sorted = entries.toSorted(
    (a, b) => groups.indexOf(a.group) - groups.indexOf(b.group) || (a.file < b.file ? -1 : 1),
  );
  return `${JSON.stringify(sorted, null, 2)}\n`;
}

/** The file's content, checked; `undefined` if there is no such file. */
export function readJsonFile<S extends z.ZodType>(
  path: string,
  schema: S,
): z.output<S> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
  const result = schema.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  throw new Error(`${path}:\n${z.prettifyError(result.error)}`);
}
