/**
 * @file Reads arrays: `.npz` with samples and labels, or `.npy` with samples.
 *
 * Samples are `x` and labels `y`, or `x_train`, `y_train`, `x_test`, `y_test`.
 * The first dimension counts samples. Sample shapes are C, H×W, H×W×C or
 * C×H×W; of the last two, the axis of at most 4 is taken for the channels.
 */

import { existsSync } from "node:fs";
import { unzipSync } from "fflate";
import { elementCount } from "../../core/shape.ts";
import { type Tensor, toNumbers } from "../../core/tensor.ts";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import {
  type Dataset,
  dataset,
  type Layout,
  type SampleData,
  type SampleShape,
} from "./dataset.ts";
import type { OpenRequest } from "./kinds.ts";
import { badFormat, locate, messageOf, readBytes } from "./locate.ts";
import { parseNpy } from "./npy.ts";

const MOST_CHANNELS = 4;

export async function openNpz(request: OpenRequest): Promise<Dataset> {
  const { path, split } = request;
  const files = unzip(path);
  const names = Object.keys(files).map(name => name.replace(/\.npy$/, ""));
  const read = (name: string): Tensor =>
    parseNpy(files[`${name}.npy`]!, `${path}: array "${name}"`);
  const samples = [`x_${split}`, "x"].find(name => names.includes(name));
  if (samples === undefined) {
    throw badFormat(path, `there is no array "x_${split}" or "x"`, {
      notes: [`the file holds ${names.join(", ") || "nothing"}`],
      help: "numpy.savez(path, x=samples, y=labels)",
    });
  }
  const labels = samples.replace("x", "y");
  return fromArrays(request, read(samples), names.includes(labels) ? read(labels) : undefined);
}

function unzip(path: string): Readonly<Record<string, Uint8Array>> {
  const bytes = readBytes(path);
  try {
    return unzipSync(bytes);
  } catch (error) {
    throw badFormat(path, "this is not a .npz file, or it is damaged", {
      notes: [messageOf(error)],
      help: "write it with numpy.savez(path, x=samples, y=labels)",
    });
  }
}

export async function openNpy(request: OpenRequest): Promise<Dataset> {
  const { path, labels, origin } = request;
  const beside = path.replace(/(\.npy)?$/, ".labels.npy");
  const labelPath = labels !== undefined ? locate(labels, origin) : beside;
  const hasLabels = labels !== undefined || existsSync(beside);
  return fromArrays(
    request,
    parseNpy(readBytes(path), path),
    hasLabels ? parseNpy(readBytes(labelPath), labelPath) : undefined,
  );
}

function fromArrays(request: OpenRequest, x: Tensor, y: Tensor | undefined): Dataset {
  const { shape, layout } = interpret(request, x);
  const stored = storedAs(x);
  const labels = y && labelsFrom(y, x.shape[0]!, request.path);
  const classCount = labels ? labels.reduce((most, label) => Math.max(most, label), -1) + 1 : 0;
  return dataset({
    name: request.name,
    split: request.split,
    shape,
    layout,
    ...stored,
    ...(labels && { labels }),
    classNames: Array.from({ length: classCount }, (_, index) => String(index)),
  });
}

function interpret(
  { path, layout }: OpenRequest,
  x: Tensor,
): { readonly shape: SampleShape; readonly layout: Layout } {
  const [, a = 1, b = 1, c = 1] = x.shape;
  switch (x.shape.length) {
    case 2:
      return { shape: [1, 1, a], layout: "nhwc" };
    case 3:
      return { shape: [a, b, 1], layout: "nhwc" };
    case 4: {
      const order = layout ?? (c > MOST_CHANNELS && a <= MOST_CHANNELS ? "nchw" : "nhwc");
      return { shape: order === "nhwc" ? [a, b, c] : [b, c, a], layout: order };
    }
    default: {
      const help = "the first dimension counts samples; one to three dimensions follow";
      const message = `samples must be an array of 2 to 4 dimensions, not [${x.shape.join(", ")}]`;
      throw new ModelError(problem("data/wrong-shape", message, { at: path, help }));
    }
  }
}

/** 8-bit integers stay what they are, everything else becomes f32. */
function storedAs(x: Tensor): { readonly dtype: Dataset["dtype"]; readonly data: SampleData } {
  const { data } = x;
  if (x.dtype === "f32") return { dtype: "f32", data: data as Float32Array };
  if (x.dtype === "i8") return { dtype: "i8", data: data as Int8Array };
  if (x.dtype === "u8" || x.dtype === "bool") return { dtype: "u8", data: data as Uint8Array };
  return { dtype: "f32", data: Float32Array.from(toNumbers(x)) };
}

function labelsFrom(y: Tensor, count: number, at: string): Int32Array {
  if (elementCount(y.shape) !== count) {
    throw badFormat(at, `${elementCount(y.shape)} labels for ${count} samples`, {
      help: "labels are one class index per sample",
    });
  }
  const numbers = toNumbers(y);
  const wrong = numbers.findIndex(label => !Number.isInteger(label) || label < 0);
  if (wrong >= 0) {
    throw badFormat(at, `label ${numbers[wrong]} of sample ${wrong} is no class index`, {
      help: "labels are integers from 0",
    });
  }
  return Int32Array.from(numbers);
}
