/** @file The committed pictures are what the script draws. */

import { existsSync, readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { buildCharacters } from "../../scripts/build-characters.ts";

const ROOT = new URL("../../", import.meta.url);
const FOLDER = new URL("trainer/data/characters/", ROOT);
const installed = existsSync(new URL("scripts/characters/node_modules/opentype.js", ROOT));
if (!installed) {
  console.warn("skipped: the typefaces are not installed; run npm ci --prefix scripts/characters");
}

test.skipIf(!installed)("drawing again gives the same bytes", () => {
  const { bytes, typefaces } = buildCharacters();
  const committed = brotliDecompressSync(readFileSync(new URL("characters.bin", FOLDER)));
  expect(Buffer.compare(bytes, committed)).toBe(0);
  expect(typefaces).toBe(readFileSync(new URL("TYPEFACES.md", FOLDER), "utf8"));
});
