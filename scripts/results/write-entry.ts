/** @file Writes the entry of a published model and its card. */

import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cardText } from "./card.ts";
import { indexText, MODELS, type ModelEntry, readIndex } from "./entry.ts";

/** Replaces the entry of the same file, if there is one. */
export function writeEntry(entry: ModelEntry, folder = MODELS): void {
  const name = basename(entry.file, ".onnx");
  writeFileSync(join(folder, `${name}.md`), cardText(name, entry));
  const kept = readIndex(folder).filter(other => other.file !== entry.file);
  writeFileSync(join(folder, "index.json"), indexText([...kept, entry]));
}
