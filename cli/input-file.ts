/** @file Reads one input of a module from a file: a picture, a .npy array, or raw bytes. */

import { extname } from "node:path";
import type { Port, Preprocess } from "../core/abi.ts";
import { allocate, dtypeBytes, isFloat } from "../core/dtype.ts";
import { elementCount, type Shape } from "../core/shape.ts";
import { bytesOf, setNumber, type Tensor, toNumbers } from "../core/tensor.ts";
import { ModelError, problem } from "../model/diagnostics/diagnostic.ts";
import { dataset } from "../trainer/data/dataset.ts";
import { toModelInput } from "../trainer/data/model-input.ts";
import { parseNpy } from "../trainer/data/npy.ts";
import { decodePicture } from "../trainer/data/picture.ts";
import { readInput } from "./files.ts";

const RAW_EXTENSIONS = new Set([".raw", ".bin", ".dat"]);

export interface InputOptions {
  readonly resize?: { readonly height: number; readonly width: number };
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly preprocess?: Preprocess;
}

/** The tensor of `port`. @throws file/unreadable, data/bad-format, run/wrong-shape, run/wrong-dtype */
export async function readTensorFile(
  path: string,
  port: Port,
  options: InputOptions,
): Promise<Tensor> {
  const bytes = readInput(path);
  const extension = extname(path).toLowerCase();
  if (extension === ".npy") return fromArray(parseNpy(bytes, path), port, path);
  if (RAW_EXTENSIONS.has(extension)) return fromBytes(bytes, port, path);
  return fromPicture(bytes, port, path, options);
}

async function fromPicture(
  bytes: Uint8Array,
  port: Port,
  path: string,
  { resize, ...normalization }: InputOptions,
): Promise<Tensor> {
  const channels = channelsOf(port);
  const picture = await decodePicture(bytes, path, { resize, channels });
  const { height, width, data } = picture;
  if (data.length !== elementCount(port.shape)) {
    const hint = "give --resize HEIGHTxWIDTH with the model's size";
    throw wrongShape(`${height}×${width} with ${picture.channels} channels`, port, path, hint);
  }
  const sample = dataset({
    name: path,
    split: "test",
    shape: [height, width, picture.channels],
    layout: "nhwc",
    dtype: "u8",
    data,
    classNames: [],
  });
  return toModelInput(sample, 0, port, normalization);
}

/** 1 or 3 if the input's shape tells; else as the picture has it. */
function channelsOf({ shape, layout }: Port): 1 | 3 | undefined {
  const ends =
    layout === undefined ? [shape.at(-1), shape[1]] : [shape.at(layout === "nhwc" ? -1 : 1)];
  if (shape.length !== 4) return shape.length < 4 && elementCount(shape) % 3 !== 0 ? 1 : undefined;
  return ends.find(channels => channels === 1 || channels === 3) as 1 | 3 | undefined;
}

/** Shapes may differ by dimensions of 1; an f32 input takes numbers of any type. */
function fromArray(array: Tensor, port: Port, path: string): Tensor {
  if (squeezed(array.shape) !== squeezed(port.shape)) {
    throw wrongShape(`[${array.shape.join(", ")}]`, port, path, "reshape the array");
  }
  if (array.dtype === port.dtype) return { ...array, shape: port.shape };
  if (!isFloat(port.dtype)) {
    throw new ModelError(
      problem("run/wrong-dtype", `the array holds ${array.dtype}, the input takes ${port.dtype}`, {
        at: path,
        notes: [`input "${port.name}"`],
        help: "convert it before saving: array.astype(...)",
      }),
    );
  }
  const data = allocate(port.dtype, array.data.length);
  toNumbers(array).forEach((value, index) => {
    setNumber(data, index, value);
  });
  return { dtype: port.dtype, shape: port.shape, data };
}

function squeezed(shape: Shape): string {
  return shape.filter(dim => dim !== 1).join();
}

function fromBytes(bytes: Uint8Array, port: Port, path: string): Tensor {
  const size = elementCount(port.shape) * dtypeBytes(port.dtype);
  if (bytes.length !== size) {
    throw wrongShape(`${bytes.length} bytes`, port, path, `raw input must have ${size} bytes`);
  }
  const value: Tensor = {
    dtype: port.dtype,
    shape: port.shape,
    data: allocate(port.dtype, elementCount(port.shape)),
  };
  bytesOf(value).set(bytes);
  return value;
}

function wrongShape(got: string, port: Port, path: string, help: string): ModelError {
  const wanted = `${port.dtype}[${port.shape.join(", ")}]${port.layout ? ` ${port.layout}` : ""}`;
  return new ModelError(
    problem("run/wrong-shape", `the input is ${got}, the module takes ${wanted}`, {
      at: path,
      notes: [`input "${port.name}"`],
      help,
    }),
  );
}
