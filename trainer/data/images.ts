/**
 * @file Reads a folder of pictures: one folder per class, in alphabetical order.
 *
 * With folders `train` and `test` in it, each is that split; else all pictures
 * are both. Classes take turns in the order of samples, so the first N samples
 * are as balanced as the data allows.
 */

import { existsSync, readdirSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import { type Dataset, dataset } from "./dataset.ts";
import type { OpenRequest } from "./kinds.ts";
import { badFormat } from "./locate.ts";
import { type Picture, readPicture } from "./picture.ts";

const EXTENSIONS = new Set([
  ".png",
  ".jpg",
  ".jpeg",
  ".webp",
  ".gif",
  ".tif",
  ".tiff",
  ".avif",
  ".pgm",
  ".ppm",
]);

interface Entry {
  readonly file: string;
  readonly label: number;
}

export async function openImages(request: OpenRequest): Promise<Dataset> {
  const folder = splitFolder(request);
  const classNames = namesIn(folder, true);
  const entries = takeTurns(classNames.map((name, label) => entriesOf(join(folder, name), label)));
  if (entries.length === 0) {
    throw badFormat(folder, "there are no pictures in folders of classes", {
      notes: [`pictures are ${[...EXTENSIONS].join(", ")}`],
      help: "make one folder per class and put its pictures there",
    });
  }
  const limited = request.classes ? entries : entries.slice(0, request.limit ?? entries.length);
  const { shape, data } = await readAll(limited, request);
  return dataset({
    name: request.name,
    split: request.split,
    shape,
    layout: "nhwc",
    dtype: "u8",
    data,
    labels: Int32Array.from(limited, entry => entry.label),
    classNames,
  });
}

function splitFolder({ path, split }: OpenRequest): string {
  const folder = join(path, split);
  return existsSync(folder) ? folder : path;
}

function namesIn(folder: string, folders: boolean): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory() === folders && !entry.name.startsWith("."))
      .map(entry => entry.name)
      .sort();
  } catch {
    throw badFormat(folder, "this is not a folder", { help: "name the folder of class folders" });
  }
}

function entriesOf(folder: string, label: number): Entry[] {
  return namesIn(folder, false)
    .filter(name => EXTENSIONS.has(extname(name).toLowerCase()))
    .map(name => ({ file: join(folder, name), label }));
}

/** One of each list, then the next of each, until all are used up. */
function takeTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = lists.reduce((most, list) => Math.max(most, list.length), 0);
  return Array.from({ length: longest }, (_, turn) =>
    lists.flatMap(list => list.slice(turn, turn + 1)),
  ).flat();
}

async function readAll(
  entries: readonly Entry[],
  { resize, channels }: OpenRequest,
): Promise<Pick<Dataset, "shape"> & { readonly data: Uint8Array }> {
  const first = await readPicture(entries[0]!.file, { resize, channels });
  const length = first.data.length;
  const data = new Uint8Array(length * entries.length);
  data.set(first.data);
  for (let i = 1; i < entries.length; i++) {
    const { file } = entries[i]!;
    const picture = await readPicture(file, { resize, channels: first.channels });
    if (picture.width !== first.width || picture.height !== first.height) {
      throw otherSize(file, picture, entries[0]!.file, first);
    }
    data.set(picture.data, i * length);
  }
  return { shape: [first.height, first.width, first.channels], data };
}

function otherSize(file: string, picture: Picture, firstFile: string, first: Picture): ModelError {
  const size = ({ width, height }: Picture): string => `${width}×${height}`;
  return new ModelError(
    problem("data/wrong-shape", `pictures differ in size: ${size(picture)} here`, {
      at: file,
      notes: [`${basename(firstFile)} is ${size(first)}`],
      help: "give --resize HxW, or resize the pictures",
    }),
  );
}
