/**
 * @file Builds the embedded data set of printed characters.
 *
 *     npm ci --prefix scripts/characters
 *     node scripts/build-characters.ts
 *
 * Draws 0–9 A–Z in the typefaces of characters/typefaces.json, which splits
 * them into train and test: no typeface is in both. The same typefaces give
 * the same bytes. Writes trainer/data/characters/.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import {
  CHARACTER_CLASSES,
  CHARACTERS_HEADER_BYTES,
  CHARACTERS_MAGIC,
  CHARACTERS_VERSION,
} from "../trainer/data/characters.ts";
import type { Split } from "../trainer/data/dataset.ts";
import { capHeightOf, draw, SIDE } from "./characters/draw.ts";
import { Random } from "./characters/random.ts";
import { readTypeface, type Style, type Typeface } from "./characters/typeface.ts";

const SEED = 20_26;
/** Pictures of each character in each style. */
const PICTURES: { readonly [S in Split]: number } = { train: 3, test: 2 };
const SPLITS: readonly Split[] = ["train", "test"];
const HERE = import.meta.dirname;
const OUT = join(HERE, "../trainer/data/characters");

interface Sample {
  readonly label: number;
  readonly levels: Uint8Array;
}

export interface BuiltCharacters {
  /** The file characters.bin, before compression. */
  readonly bytes: Uint8Array;
  /** The file TYPEFACES.md. */
  readonly typefaces: string;
}

/** Draws everything. Requires the packages of scripts/characters. */
export function buildCharacters(): BuiltCharacters {
  const names: Record<Split, string[]> = JSON.parse(
    readFileSync(join(HERE, "characters/typefaces.json"), "utf8"),
  );
  const random = new Random(SEED);
  const typefaces = { train: read(names.train), test: read(names.test) };
  const sections = SPLITS.map(split => {
    const styles = typefaces[split].flatMap(typeface => typeface.styles);
    return takeTurns(drawAll(styles, PICTURES[split], random), random);
  });
  return { bytes: pack(sections), typefaces: describe(typefaces) };
}

function read(names: readonly string[]): Typeface[] {
  return names.map(name => readTypeface(name, CHARACTER_CLASSES));
}

/** For each class, its pictures in all styles. */
function drawAll(styles: readonly Style[], pictures: number, random: Random): Sample[][] {
  const capHeights = styles.map(({ glyphs }) => capHeightOf(glyphs));
  return CHARACTER_CLASSES.map((character, label) =>
    styles.flatMap(({ glyphs }, index) =>
      Array.from({ length: pictures }, () => ({
        label,
        levels: draw(glyphs.get(character)!, capHeights[index]!, random),
      })),
    ),
  );
}

/** Shuffles so that each run of as many samples as there are classes has one of each. */
function takeTurns(classes: Sample[][], random: Random): Sample[] {
  for (const samples of classes) random.shuffle(samples);
  return classes[0]!.flatMap((_, turn) => random.shuffle(classes.map(samples => samples[turn]!)));
}

/** The format is that of trainer/data/characters.ts. */
function pack(sections: readonly Sample[][]): Uint8Array {
  const header = new Uint8Array(CHARACTERS_HEADER_BYTES);
  header.set(new TextEncoder().encode(CHARACTERS_MAGIC));
  header.set([CHARACTERS_VERSION, CHARACTER_CLASSES.length, SIDE, SIDE], 4);
  const view = new DataView(header.buffer);
  sections.forEach((samples, index) => {
    view.setUint32(8 + 4 * index, samples.length, true);
  });
  const parts = sections.flatMap(samples => [
    Uint8Array.from(samples, sample => sample.label),
    ...samples.map(({ levels }) => pairs(levels)),
  ]);
  return Buffer.concat([header, ...parts]);
}

function compress(bytes: Uint8Array): Uint8Array {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

function pairs(levels: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: levels.length / 2 },
    (_, i) => levels[2 * i]! | (levels[2 * i + 1]! << 4),
  );
}

function describe(typefaces: { readonly [S in Split]: readonly Typeface[] }): string {
  const tables = SPLITS.map(split => {
    const rows = typefaces[split].map(({ family, version, license, attribution, styles }) => {
      const words = styles.map(({ style }) => style.replace("-normal", "")).join(", ");
      return `| ${family} | ${words} | ${version} | ${license} | ${attribution.replaceAll("|", "/")} |`;
    });
    return [
      `## ${split}: ${typefaces[split].length} typefaces\n`,
      "| typeface | styles | package version | licence | copyright |",
      "|---|---|---|---|---|",
      ...rows,
    ].join("\n");
  });
  const intro =
    "# Typefaces of the embedded data set\n\n" +
    "`scripts/build-characters.ts` draws the pictures of `characters.bin` from these typefaces,\n" +
    "taken from the npm packages `@fontsource/NAME`. The pictures contain no font software. All are\n" +
    "under the SIL Open Font License 1.1 (https://openfontlicense.org). No typeface is in both splits.";
  return `${[intro, ...tables].join("\n\n")}\n`;
}

if (import.meta.main) {
  const { bytes, typefaces } = buildCharacters();
  const file = compress(bytes);
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, "characters.bin"), file);
  writeFileSync(join(OUT, "TYPEFACES.md"), typefaces);
  console.log(`characters.bin: ${file.length} bytes`);
}
