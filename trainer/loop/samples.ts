/** @file Training samples in the network's own layout, 8 bits each. */

import type { Shape } from "../../core/shape.ts";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Dataset } from "../data/index.ts";

/** The images and labels that a network trains on. */
export interface Samples {
  readonly dtype: "u8" | "i8";
  readonly count: number;
  /** Of one sample: as the network's input. */
  readonly shape: Shape;
  /** Which axes of `shape` are channels, rows, columns. */
  readonly order: "chw" | "hwc";
  readonly data: Uint8Array | Int8Array;
  readonly labels: Int32Array;
}

/** The samples of `dataset` for a network with input `shape`. @throws data/wrong-shape, data/bad-format */
export function samplesOf(dataset: Dataset, shape: Shape): Samples {
  const { dtype, labels } = dataset;
  if (dtype === "f32")
    throw unusable(
      dataset,
      "its samples are not 8-bit integers",
      "store samples as u8 or i8: a module takes them so",
    );
  if (labels === undefined)
    throw unusable(dataset, "it has no labels", "give a set with one class per sample");
  const order = orderOf(dataset, shape);
  return { dtype, count: dataset.count, shape, order, data: arranged(dataset, order), labels };
}

/** Rows, columns and channels of a sample. */
export function extentOf({ shape, order }: Pick<Samples, "shape" | "order">): {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
} {
  const [a, b, c] = shape as readonly [number, number, number];
  if (order === "chw") return { channels: a, height: b, width: c };
  return { height: a, width: b, channels: c };
}

function orderOf(dataset: Dataset, shape: Shape): "chw" | "hwc" {
  const [height, width, channels] = dataset.shape;
  if (`${shape}` === `${[channels, height, width]}`) return "chw";
  if (`${shape}` === `${[height, width, channels]}`) return "hwc";
  throw new ModelError(
    problem("data/wrong-shape", "samples do not fit the network's input", {
      at: dataset.name,
      notes: [
        `samples are ${dataset.shape.join("×")} (height × width × channels)`,
        `the network takes [${shape.join(", ")}]`,
      ],
      help: "choose data of the network's size, or a model for this data",
    }),
  );
}

/** All samples in `order`; the data set's own array where it is stored so. */
function arranged(dataset: Dataset, order: "chw" | "hwc"): Uint8Array | Int8Array {
  const data = dataset.data as Uint8Array | Int8Array;
  const [height, width, channels] = dataset.shape;
  const stored = dataset.layout === "nchw" ? "chw" : "hwc";
  if (stored === order || channels === 1) return data;
  const pixels = height * width;
  const result =
    data instanceof Uint8Array ? new Uint8Array(data.length) : new Int8Array(data.length);
  const [outer, inner] = order === "chw" ? [channels, pixels] : [pixels, channels];
  for (let sample = 0; sample < data.length; sample += pixels * channels) {
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < inner; j++) {
        result[sample + i * inner + j] = data[sample + j * outer + i]!;
      }
    }
  }
  return result;
}

function unusable(dataset: Dataset, why: string, help: string): ModelError {
  return new ModelError(
    problem("data/bad-format", `cannot train on this data set: ${why}`, { at: dataset.name, help }),
  );
}
