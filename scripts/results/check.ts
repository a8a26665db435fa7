/** @file Compares the published figures of a model with its module as it is now. */

import { join } from "node:path";
import { MODELS, type ModelEntry } from "./entry.ts";
import { type Measured, measureModel } from "./measure.ts";

/** One line for each figure that no longer holds. @throws if module and oracle differ */
export async function staleFigures(entry: ModelEntry, folder = MODELS): Promise<string[]> {
  const found = await measureModel(join(folder, entry.file), entry);
  return differences(entry, found);
}

/**
 * `entry` with the size of its module as it is now. @throws if anything else
 * differs: that is a fault, not a change
 */
export async function withNewSize(entry: ModelEntry, folder = MODELS): Promise<ModelEntry> {
  const found = await measureModel(join(folder, entry.file), entry);
  const bytes = { ...entry.bytes, module: found.bytes.module };
  const updated = { ...entry, bytes };
  const wrong = differences(updated, found);
  if (wrong.length > 0) throw new Error(`${entry.file}:\n${wrong.join("\n")}`);
  return updated;
}

/** A module may become smaller or larger with the compiler; its size is compared all the same. */
export function differences(entry: ModelEntry, found: Measured): string[] {
  const figures: readonly (readonly [string, number, number])[] = [
    ["top1", entry.top1, found.top1],
    ["samples", entry.samples, found.samples],
    ["zeros", entry.zeros, found.zeros],
    ["weights", entry.weights, found.weights],
    ["bytes.packed", entry.bytes.packed, found.bytes.packed],
    ["bytes.shipped", entry.bytes.shipped, found.bytes.shipped],
    ["bytes.module", entry.bytes.module, found.bytes.module],
  ];
  return figures.flatMap(([name, published, now]) =>
    published === now ? [] : [`${name}: published ${published}, now ${now}`],
  );
}
