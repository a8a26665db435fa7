/**
 * @file Reads MNIST and its kin: idx files of images and labels, plain or gzipped.
 *
 * An idx file is the bytes 0, 0, type (8: u8), rank, then the dimensions as
 * big-endian 32-bit integers, then the elements.
 */

import { type Dataset, dataset, type Split } from "./dataset.ts";
import type { OpenRequest } from "./kinds.ts";
import { badFormat, locateIn, readMaybeGzip } from "./locate.ts";

const TYPE_U8 = 8;
const PREFIXES: { readonly [S in Split]: string } = { train: "train", test: "t10k" };

interface IdxArray {
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

/** Makes the loader for one idx data set with the given class names. */
export function idxLoader(
  classNames: readonly string[],
): (request: OpenRequest) => Promise<Dataset> {
  return async request => {
    const images = readPart(request, "images", 3);
    const labels = readPart(request, "labels", 1);
    const [count, height, width] = images.array.dims as [number, number, number];
    if (labels.array.dims[0] !== count) {
      const message = `${labels.array.dims[0]} labels for ${count} images`;
      throw badFormat(labels.path, message, { help: "take both files from one data set" });
    }
    const beyond = labels.array.data.findIndex(label => label >= classNames.length);
    if (beyond >= 0) {
      const message = `label ${labels.array.data[beyond]} at index ${beyond} is no class`;
      throw badFormat(labels.path, message, { notes: [`there are ${classNames.length} classes`] });
    }
    return dataset({
      name: request.name,
      split: request.split,
      shape: [height, width, 1],
      layout: "nhwc",
      dtype: "u8",
      data: images.array.data,
      labels: Int32Array.from(labels.array.data),
      classNames,
    });
  };
}

function readPart(
  { path, split, origin }: OpenRequest,
  part: "images" | "labels",
  rank: number,
): { readonly path: string; readonly array: IdxArray } {
  const stem = `${PREFIXES[split]}-${part}`;
  const names = [`${stem}-idx${rank}-ubyte`, `${stem}.idx${rank}-ubyte`];
  const file = locateIn(path, [...names, ...names.map(name => `${name}.gz`)], origin);
  return { path: file, array: parseIdx(readMaybeGzip(file), rank, file) };
}

/** Parses an idx array of bytes. @throws data/bad-format */
export function parseIdx(bytes: Uint8Array, rank: number, at: string): IdxArray {
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    throw badFormat(at, `the header needs ${headerBytes} bytes, the file has ${bytes.length}`);
  }
  const [zero0, zero1, type, actualRank] = bytes;
  if (zero0 !== 0 || zero1 !== 0 || type !== TYPE_U8 || actualRank !== rank) {
    const found = [...bytes.subarray(0, 4)].join(" ");
    throw badFormat(at, `byte 0: expected the idx header 0 0 ${TYPE_U8} ${rank}, found ${found}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dims = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (bytes.length !== headerBytes + size) {
    throw badFormat(
      at,
      `byte ${headerBytes}: ${dims.join("×")} elements need ${size} bytes, ` +
        `the file has ${bytes.length - headerBytes}`,
      { help: "fetch the file again: it is cut off or not this array" },
    );
  }
  return { dims, data: bytes.subarray(headerBytes) };
}
