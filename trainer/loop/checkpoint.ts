/**
 * @file Checkpoints: the whole state of a run in one file, written atomically.
 *
 *     "TRITCCK1" · u32 header bytes · header (JSON) · tensors (f32, little-endian) · SHA-256
 *
 * Random numbers need no state: every stream is named by the seed, the epoch
 * and the sample, so the position in the run says all.
 */

import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { digestOf } from "../../core/hash.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Evidence } from "../report/training-log.ts";
import type { EpochRecord, Position, StateTensors, TrainingResults } from "./state.ts";

export interface Checkpoint {
  /** Of configuration and data up to `position`: a run resumes only its own checkpoint. */
  readonly runDigest: string;
  readonly position: Position;
  readonly history: readonly EpochRecord[];
  readonly results: TrainingResults;
  readonly evidence: Evidence;
  readonly tensors: StateTensors;
}

interface Header extends Omit<Checkpoint, "tensors"> {
  readonly tensors: readonly { readonly name: string; readonly shape: Shape }[];
}

const MAGIC = new TextEncoder().encode("TRITCCK1");
const DIGEST_BYTES = 32;
const PREFIX_BYTES = MAGIC.length + 4;

/** Writes beside the old checkpoint, then replaces it: there is always a whole one. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeAtomically(path, encodeCheckpoint(checkpoint));
}

/** Writes `bytes` to `path` so that no half-written file is ever seen there. @throws file/unwritable */
export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = `${path}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new ModelError(
      problem("file/unwritable", "the file cannot be written", {
        at: path,
        notes: [(error as Error).message],
        help: "choose another folder with --out",
      }),
    );
  }
}

/** @throws train/bad-checkpoint: missing, damaged, or of another run */
export async function readCheckpoint(
  path: string,
  digestAt: (position: Position) => string,
): Promise<Checkpoint> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw bad(path, "there is no checkpoint to resume from", (error as Error).message);
  }
  const checkpoint = decodeCheckpoint(bytes);
  if (checkpoint === undefined) {
    throw bad(path, "the checkpoint is damaged", "its digest does not match its content");
  }
  if (checkpoint.runDigest !== digestAt(checkpoint.position)) {
    throw bad(
      path,
      "the checkpoint belongs to another training run",
      "the configuration or the data changed since, or a stage rewinds to weights that were not kept",
    );
  }
  return checkpoint;
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const entries = [...checkpoint.tensors];
  const header: Header = {
    ...checkpoint,
    tensors: entries.map(([name, { shape }]) => ({ name, shape })),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const values = entries.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
  const bytes = new Uint8Array(PREFIX_BYTES + text.length + values + DIGEST_BYTES);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(MAGIC.length, text.length, true);
  bytes.set(text, PREFIX_BYTES);
  let at = PREFIX_BYTES + text.length;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  bytes.set(digestBytes(bytes.subarray(0, at)), at);
  return bytes;
}

/** `undefined` if `bytes` are not a whole checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  const end = bytes.length - DIGEST_BYTES;
  if (end < PREFIX_BYTES || !MAGIC.every((byte, i) => bytes[i] === byte)) return undefined;
  const digest = digestBytes(bytes.subarray(0, end));
  if (!digest.every((byte, i) => bytes[end + i] === byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = PREFIX_BYTES + view.getUint32(MAGIC.length, true);
  const text = new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, start));
  const header = JSON.parse(text) as Header;
  const tensors = new Map<string, Tensor<"f32">>();
  let at = start;
  for (const { name, shape } of header.tensors) {
    const size = elementCount(shape) * Float32Array.BYTES_PER_ELEMENT;
    // A copy: a view could not be aligned.
    const data = new Float32Array(new Uint8Array(bytes.subarray(at, at + size)).buffer);
    tensors.set(name, { dtype: "f32", shape, data });
    at += size;
  }
  return { ...header, tensors };
}

function digestBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(digestOf(bytes).match(/../g)!, pair => Number.parseInt(pair, 16));
}

function bad(path: string, message: string, note: string): ModelError {
  return new ModelError(
    problem("train/bad-checkpoint", message, {
      at: path,
      notes: [note],
      help: "start again without --resume, or in another folder",
    }),
  );
}
