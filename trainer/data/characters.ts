/**
 * @file The embedded data set: printed characters 0–9 A–Z, 28×28 grey.
 *
 * The file is brotli of: "TRCH", a version byte, the number of classes, height
 * and width (one byte each); the counts of the train and the test samples
 * (u32, little-endian); then for train and for test all labels, one byte each,
 * and all pixels, two to a byte. A pixel is a grey level of 0 (paper) to 15
 * (ink), the earlier one in the low bits. Samples are in shuffled order.
 */

import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { type Dataset, dataset, type Split } from "./dataset.ts";
import type { OpenRequest } from "./kinds.ts";
import { badFormat, messageOf, notFound } from "./locate.ts";

export const CHARACTERS_MAGIC = "TRCH";
export const CHARACTERS_VERSION = 1;
export const CHARACTER_CLASSES: readonly string[] = [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
export const CHARACTER_SIDE = 28;
export const CHARACTERS_HEADER_BYTES = 16;
/** 15 levels above paper spread over 0…255. */
export const GREY_STEP = 17;

const PIXELS = CHARACTER_SIDE * CHARACTER_SIDE;
const FILE = new URL("./characters/characters.bin", import.meta.url);

export async function openCharacters({ split, name, origin }: OpenRequest): Promise<Dataset> {
  const bytes = unpack(readEmbedded(origin));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const counts: { readonly [S in Split]: number } = {
    train: view.getUint32(8, true),
    test: view.getUint32(12, true),
  };
  const sectionBytes = (count: number): number => count * (1 + PIXELS / 2);
  if (bytes.length !== CHARACTERS_HEADER_BYTES + sectionBytes(counts.train + counts.test)) {
    throw badFormat(FILE.pathname, `${bytes.length} bytes do not hold the counted samples`);
  }
  const start = CHARACTERS_HEADER_BYTES + (split === "test" ? sectionBytes(counts.train) : 0);
  const count = counts[split];
  const pixels = bytes.subarray(start + count, start + sectionBytes(count));
  return dataset({
    name,
    split,
    shape: [CHARACTER_SIDE, CHARACTER_SIDE, 1],
    layout: "nhwc",
    dtype: "u8",
    data: unpackPixels(pixels),
    labels: Int32Array.from(bytes.subarray(start, start + count)),
    classNames: CHARACTER_CLASSES,
  });
}

function readEmbedded(origin: string): Uint8Array {
  try {
    return readFileSync(FILE);
  } catch {
    throw notFound("characters", [FILE.pathname], origin);
  }
}

function unpack(packed: Uint8Array): Uint8Array {
  try {
    const bytes = brotliDecompressSync(packed);
    const expected = [CHARACTERS_VERSION, CHARACTER_CLASSES.length, CHARACTER_SIDE, CHARACTER_SIDE];
    const magic = new TextDecoder().decode(bytes.subarray(0, 4));
    if (magic === CHARACTERS_MAGIC && expected.every((byte, i) => bytes[4 + i] === byte)) {
      return bytes;
    }
  } catch (error) {
    throw badFormat(FILE.pathname, "the embedded data is damaged", { notes: [messageOf(error)] });
  }
  throw badFormat(FILE.pathname, "byte 0: this is not the embedded data of this version");
}

function unpackPixels(packed: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(packed.length * 2);
  packed.forEach((pair, i) => {
    pixels[2 * i] = (pair & 15) * GREY_STEP;
    pixels[2 * i + 1] = (pair >> 4) * GREY_STEP;
  });
  return pixels;
}
