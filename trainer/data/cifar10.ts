/**
 * @file Reads CIFAR-10: the standard binary batches, or packed ones.
 *
 * A binary batch holds records of 3073 bytes: the label, then the red, green
 * and blue planes of 32×32. A packed batch (`.pf.br`) is brotli of all labels,
 * then of the Paeth residuals of the planes G, R − G, B − G; unpacking takes
 * seconds, so the result is kept in the cache folder.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { readCached } from "./cache.ts";
import { type Dataset, dataset, type Split } from "./dataset.ts";
import type { OpenRequest } from "./kinds.ts";
import { badFormat, messageOf, notFound, readBytes } from "./locate.ts";

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const IMAGE_BYTES = 3 * PIXELS;
const RECORD_BYTES = 1 + IMAGE_BYTES;
const CLASS_NAMES = [
  ...["airplane", "automobile", "bird", "cat", "deer"],
  ...["dog", "frog", "horse", "ship", "truck"],
];
const BATCHES: { readonly [S in Split]: readonly string[] } = {
  train: [1, 2, 3, 4, 5].map(index => `data_batch_${index}`),
  test: ["test_batch"],
};

export async function openCifar10(request: OpenRequest): Promise<Dataset> {
  const batches = BATCHES[request.split].map(stem => readBatch(request, stem));
  const count = batches.reduce((sum, batch) => sum + batch.length / RECORD_BYTES, 0);
  const data = new Uint8Array(count * IMAGE_BYTES);
  const labels = new Int32Array(count);
  let index = 0;
  for (const batch of batches) {
    for (let at = 0; at < batch.length; at += RECORD_BYTES, index++) {
      labels[index] = batch[at]!;
      data.set(batch.subarray(at + 1, at + RECORD_BYTES), index * IMAGE_BYTES);
    }
  }
  return dataset({
    name: request.name,
    split: request.split,
    shape: [SIDE, SIDE, 3],
    layout: "nchw",
    dtype: "u8",
    data,
    labels,
    classNames: CLASS_NAMES,
  });
}

/** One batch as standard records. @throws data/not-found, data/bad-format */
function readBatch({ path, origin }: OpenRequest, stem: string): Uint8Array {
  const folders = [path, join(path, "cifar-10-batches-bin")];
  const candidates = folders.flatMap(folder => [
    join(folder, `${stem}.bin`),
    join(folder, `${stem}.pf.br`),
  ]);
  const file = candidates.find(candidate => existsSync(candidate));
  if (file === undefined) throw notFound(join(path, `${stem}.bin`), candidates, origin);
  const bytes = readBytes(file);
  const batch = file.endsWith(".pf.br")
    ? readCached(`cifar10-${sha256(bytes)}.bin`, () => unpackBatch(bytes, file))
    : bytes;
  checkRecords(batch, file);
  return batch;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function checkRecords(batch: Uint8Array, at: string): void {
  if (batch.length === 0 || batch.length % RECORD_BYTES !== 0) {
    throw badFormat(
      at,
      `${batch.length} bytes are no whole number of ${RECORD_BYTES}-byte records`,
      {
        notes: ["a record is one label and 3×32×32 pixels"],
        help: "take the binary version of CIFAR-10, not the one for Python or Matlab",
      },
    );
  }
  for (let byte = 0; byte < batch.length; byte += RECORD_BYTES) {
    if (batch[byte]! < CLASS_NAMES.length) continue;
    throw badFormat(at, `byte ${byte}: label ${batch[byte]} is not in 0…9`);
  }
}

/** Undoes the packing of a `.pf.br` batch. @throws data/bad-format */
export function unpackBatch(bytes: Uint8Array, at: string): Uint8Array {
  const packed = decompress(bytes, at);
  if (packed.length % RECORD_BYTES !== 0) {
    throw badFormat(at, `${packed.length} unpacked bytes are no whole number of records`);
  }
  const count = packed.length / RECORD_BYTES;
  const batch = new Uint8Array(packed.length);
  const planes = [0, 1, 2].map(() => new Uint8Array(PIXELS));
  const [green, red, blue] = planes as [Uint8Array, Uint8Array, Uint8Array];
  for (let i = 0; i < count; i++) {
    planes.forEach((plane, c) => {
      undoPaeth(plane, packed.subarray(count + (c * count + i) * PIXELS));
    });
    const record = batch.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES);
    record[0] = packed[i]!;
    for (let k = 0; k < PIXELS; k++) {
      record[1 + k] = red[k]! + green[k]!;
      record[1 + PIXELS + k] = green[k]!;
      record[1 + 2 * PIXELS + k] = blue[k]! + green[k]!;
    }
  }
  return batch;
}

function decompress(bytes: Uint8Array, at: string): Uint8Array {
  try {
    return brotliDecompressSync(bytes);
  } catch (error) {
    throw badFormat(at, "the brotli data is damaged or cut off", { notes: [messageOf(error)] });
  }
}

/** Adds each residual to its prediction, modulo 256. */
function undoPaeth(plane: Uint8Array, residuals: Uint8Array): void {
  for (let k = 0; k < PIXELS; k++) {
    const inRow = k % SIDE > 0;
    const left = inRow ? plane[k - 1]! : 0;
    const up = k >= SIDE ? plane[k - SIDE]! : 0;
    const corner = inRow && k >= SIDE ? plane[k - SIDE - 1]! : 0;
    plane[k] = residuals[k]! + paeth(left, up, corner);
  }
}

/** The neighbour nearest to left + up − corner. **Source** PNG specification, 9.4. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
