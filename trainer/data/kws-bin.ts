/**
 * @file Reads the keyword-spotting samples of MLPerf Tiny.
 *
 * A sample is a file of 490 bytes: 49 frames of 10 MFCC coefficients, int8,
 * that stand for (q − 83)·0.58470291. `y_labels.csv` lists "file, classes,
 * class". They are read from an unpacked folder or from the archive.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import { type Dataset, dataset } from "./dataset.ts";
import type { OpenRequest } from "./kinds.ts";
import { badFormat, messageOf, notFound, readBytes } from "./locate.ts";
import { readTar } from "./tar.ts";

const FRAMES = 49;
const COEFFICIENTS = 10;
const SAMPLE_BYTES = FRAMES * COEFFICIENTS;
const QUANTIZATION = { scale: 0.58470291, zeroPoint: 83 };
const LABEL_FILE = "y_labels.csv";
const ARCHIVES = ["eval-kws01.tar.xz", "eval-kws01.tar.gz", "eval-kws01.tar"];
const CLASS_NAMES = [
  ...["down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes"],
  ...["silence", "unknown"],
];
/** Enough for a hundred thousand samples. */
const LARGEST_ARCHIVE_BYTES = 2 ** 28;

/** Bytes of the file `name`, or `undefined` if there is none. */
type FileReader = (name: string) => Uint8Array | undefined;

export async function openKwsBin(request: OpenRequest): Promise<Dataset> {
  const { at, read } = openSource(request);
  const csv = read(LABEL_FILE);
  if (csv === undefined) throw badFormat(at, `there is no ${LABEL_FILE}`);
  const rows = parseLabels(new TextDecoder().decode(csv), `${at}: ${LABEL_FILE}`);
  const data = new Int8Array(rows.length * SAMPLE_BYTES);
  rows.forEach(({ file }, index) => {
    data.set(readSample(read(file), `${at}: ${file}`), index * SAMPLE_BYTES);
  });
  return dataset({
    name: request.name,
    split: request.split,
    shape: [FRAMES, COEFFICIENTS, 1],
    layout: "nhwc",
    dtype: "i8",
    data,
    labels: Int32Array.from(rows, row => row.label),
    classNames: CLASS_NAMES,
    quantization: QUANTIZATION,
  });
}

/** Finds the samples: the path itself, a folder in it, or an archive in it. */
function openSource({ path, origin }: OpenRequest): {
  readonly at: string;
  readonly read: FileReader;
} {
  if (!statSync(path).isDirectory()) return { at: path, read: archiveReader(path) };
  const inner = readdirSync(path, { withFileTypes: true }).filter(entry => entry.isDirectory());
  const folders = [path, ...inner.map(entry => join(path, entry.name))];
  const folder = folders.find(candidate => existsSync(join(candidate, LABEL_FILE)));
  if (folder !== undefined) return { at: folder, read: folderReader(folder) };
  const archives = ARCHIVES.map(name => join(path, name));
  const archive = archives.find(candidate => existsSync(candidate));
  if (archive === undefined) {
    throw notFound(path, [join(path, LABEL_FILE), ...archives], origin);
  }
  return { at: archive, read: archiveReader(archive) };
}

function folderReader(folder: string): FileReader {
  return name => (existsSync(join(folder, name)) ? readBytes(join(folder, name)) : undefined);
}

function archiveReader(path: string): FileReader {
  const files = readTar(unpack(path), path);
  const byName = new Map(files.map(({ name, data }) => [name.replace(/^.*\//, ""), data]));
  return name => byName.get(name);
}

function unpack(path: string): Uint8Array {
  const bytes = readBytes(path);
  if (path.endsWith(".xz")) return unpackXz(bytes, path);
  if (!path.endsWith("gz")) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw badFormat(path, "the gzip data is damaged or cut off", { notes: [messageOf(error)] });
  }
}

/** Runs `xz`: Node has no decoder for it. */
function unpackXz(bytes: Uint8Array, path: string): Uint8Array {
  const child = spawnSync("xz", ["--decompress", "--stdout"], {
    input: bytes,
    maxBuffer: LARGEST_ARCHIVE_BYTES,
  });
  if (child.error !== undefined) {
    throw new ModelError(
      problem("file/unreadable", "the program xz, which unpacks .xz files, cannot be run", {
        at: path,
        notes: [child.error.message],
        help: "install xz (package xz-utils), or unpack the archive and name the folder",
      }),
    );
  }
  if (child.status !== 0) {
    const notes = [child.stderr.toString().trim()];
    throw badFormat(path, "the xz data is damaged or cut off", { notes });
  }
  return child.stdout;
}

function parseLabels(csv: string, at: string): { readonly file: string; readonly label: number }[] {
  const lines = csv.split("\n").map(line => line.trim());
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    const [file, , label] = line.split(",");
    const value = Number(label);
    if (label === undefined || !Number.isInteger(value) || !(value in CLASS_NAMES)) {
      throw badFormat(at, `line ${index + 1}: expected "file,classes,class", found "${line}"`);
    }
    return [{ file: file!, label: value }];
  });
}

function readSample(bytes: Uint8Array | undefined, at: string): Int8Array {
  if (bytes === undefined) throw badFormat(at, "the label file lists this sample; it is not there");
  if (bytes.length !== SAMPLE_BYTES) {
    throw badFormat(at, `a sample has ${SAMPLE_BYTES} bytes, this one ${bytes.length}`);
  }
  return new Int8Array(bytes.buffer, bytes.byteOffset, SAMPLE_BYTES);
}
