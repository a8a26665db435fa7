/**
 * @file Turns samples into the tensor that a model takes.
 *
 *     real = (q − zeroPoint) · scale     for stored integers with a quantisation
 *     x    = (real − mean) / std         as asked for by the user; pixels are 0…255
 *     x    = (real − mean) · scale       as asked for by the model itself
 *
 * Each step rounds to f32. A model with integer inputs takes the stored
 * integers as they are; i8 takes pixels of 0…255 as pixel − 128.
 */

import type { Port, Preprocess } from "../../core/abi.ts";
import { allocate, type DType, dtypeRange, isFloat } from "../../core/dtype.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import { setNumber, type Tensor } from "../../core/tensor.ts";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Dataset, Layout, SampleDType } from "./dataset.ts";

/** An input of a model, as far as samples must fit it. */
export type InputPort = Pick<Port, "dtype" | "shape" | "layout">;

/** How stored values become the model's; by default they stay as they are. */
export interface Normalization {
  /** Subtracted, in the units of the stored values: one number, or one per channel. */
  readonly mean?: number | readonly number[] | undefined;
  /** Divides, after the mean: one number, or one per channel. */
  readonly std?: number | readonly number[] | undefined;
  /** What the model itself asks for; not used where `mean` or `std` is given. */
  readonly preprocess?: Preprocess | undefined;
}

/** Where each element of the model's sample stands in the stored one, and its channel. */
interface ReadingOrder {
  readonly from: Int32Array;
  readonly channel: Int32Array;
}

const fround = Math.fround;
/** Where i8 pixels have their zero. */
const MIDDLE_PIXEL = 128;
const PERMUTED: { readonly [L in Layout]: readonly [number, number, number] } = {
  nhwc: [0, 1, 2],
  nchw: [2, 0, 1],
};
const STORED_RANGES: { readonly [D in SampleDType]: string } = {
  u8: "0…255",
  i8: "−128…127",
  f32: "real numbers",
};

/** The input tensor of `port` for one sample or one batch; see `inputConverter`. */
export function toModelInput(
  dataset: Dataset,
  indices: number | readonly number[],
  port: InputPort,
  normalization: Normalization = {},
): Tensor {
  const list = typeof indices === "number" ? [indices] : indices;
  return inputConverter(dataset, port, normalization)(list);
}

/**
 * Makes the input tensors of `port` from the samples at given indices.
 *
 * The last sample repeats if there are fewer indices than the port's batch.
 *
 * @throws data/wrong-shape
 */
export function inputConverter(
  dataset: Dataset,
  port: InputPort,
  normalization: Normalization = {},
): (indices: readonly number[]) => Tensor {
  const order = readingOrder(dataset, layoutFor(dataset, port));
  const convert = converter(dataset, port.dtype, normalization);
  const sampleLength = order.from.length;
  const batch = elementCount(port.shape) / sampleLength;
  return indices => {
    const data = allocate(port.dtype, batch * sampleLength);
    for (let b = 0; b < batch; b++) {
      const sample = dataset.sample(indices[Math.min(b, indices.length - 1)]!);
      for (let i = 0; i < sampleLength; i++) {
        const value = convert(sample[order.from[i]!]!, order.channel[i]!);
        setNumber(data, b * sampleLength + i, value);
      }
    }
    return { dtype: port.dtype, shape: port.shape, data };
  };
}

/** How many samples one input tensor of `port` holds: its first dimension, if there are others. */
export function batchOf(port: Pick<Port, "shape">): number {
  return port.shape.length > 1 ? port.shape[0]! : 1;
}

/** The layout that the model wants; the stored one where the order cannot differ. */
function layoutFor(dataset: Dataset, port: InputPort): Layout {
  const sample = sampleShapeOf(port.shape);
  if (elementCount(sample) !== elementCount(dataset.shape)) throw misfit(dataset, port);
  if (sample.length !== 3) return dataset.layout;
  const layouts: readonly Layout[] = port.layout
    ? [port.layout]
    : [dataset.layout, dataset.layout === "nhwc" ? "nchw" : "nhwc"];
  const fitting = layouts.find(layout => {
    const dims = PERMUTED[layout].map(axis => dataset.shape[axis]);
    return dims.join() === sample.join();
  });
  if (fitting === undefined) throw misfit(dataset, port);
  return fitting;
}

/** The shape of one sample: without the batch. */
function sampleShapeOf(shape: Shape): Shape {
  return shape.length > 1 ? shape.slice(1) : shape;
}

function readingOrder(dataset: Dataset, wanted: Layout): ReadingOrder {
  const sampleLength = elementCount(dataset.shape);
  const from = new Int32Array(sampleLength);
  const channel = new Int32Array(sampleLength);
  const [rows, columns, depth] = dataset.shape;
  for (let h = 0; h < rows; h++) {
    for (let w = 0; w < columns; w++) {
      for (let c = 0; c < depth; c++) {
        const place = positionIn(wanted, dataset.shape, h, w, c);
        from[place] = positionIn(dataset.layout, dataset.shape, h, w, c);
        channel[place] = c;
      }
    }
  }
  return { from, channel };
}

function positionIn(
  layout: Layout,
  [rows, columns, depth]: Dataset["shape"],
  h: number,
  w: number,
  c: number,
): number {
  return layout === "nhwc" ? (h * columns + w) * depth + c : (c * rows + h) * columns + w;
}

type Convert = (stored: number, channel: number) => number;

function converter(dataset: Dataset, dtype: DType, normalization: Normalization): Convert {
  const normalize = normalizer(dataset, normalization);
  if (!isFloat(dtype)) {
    if (normalize !== undefined) throw notAsStored(dataset, dtype, "it cannot be normalised");
    if (dataset.dtype === "u8" && dtype === "i8") return stored => stored - MIDDLE_PIXEL;
    if (!storesInto(dataset, dtype)) throw notAsStored(dataset, dtype, "it does not fit");
    return stored => stored;
  }
  const { quantization } = dataset;
  if (quantization === undefined) return normalize ?? (stored => stored);
  const scale = fround(quantization.scale);
  const real = (stored: number): number => fround((stored - quantization.zeroPoint) * scale);
  return normalize === undefined ? real : (stored, channel) => normalize(real(stored), channel);
}

function normalizer(dataset: Dataset, normalization: Normalization): Convert | undefined {
  const { mean, std, preprocess } = normalization;
  if (mean !== undefined || std !== undefined) {
    const means = perChannel(dataset, "mean", mean ?? 0);
    const stds = perChannel(dataset, "std", std ?? 1);
    return (stored, channel) => fround(fround(stored - means[channel]!) / stds[channel]!);
  }
  if (preprocess === undefined) return undefined;
  const center = fround(preprocess.mean);
  const scale = fround(preprocess.scale);
  if (center === 0 && scale === 1) return undefined;
  return stored => fround(fround(stored - center) * scale);
}

function perChannel(
  dataset: Dataset,
  word: string,
  value: number | readonly number[],
): Float32Array {
  const depth = dataset.shape[2];
  if (typeof value === "number") return new Float32Array(depth).fill(value);
  if (value.length === 1) return new Float32Array(depth).fill(value[0]!);
  if (value.length === depth) return Float32Array.from(value);
  throw new ModelError(
    problem("data/wrong-shape", `${word} has ${value.length} numbers for ${depth} channels`, {
      at: dataset.name,
      help: `give one number, or ${depth} separated by commas`,
    }),
  );
}

function storesInto(dataset: Dataset, dtype: DType): boolean {
  if (dataset.dtype === "f32") return false;
  const stored = dtypeRange(dataset.dtype);
  const taken = dtypeRange(dtype);
  return taken.min <= stored.min && stored.max <= taken.max;
}

function notAsStored(dataset: Dataset, dtype: DType, why: string): ModelError {
  return new ModelError(
    problem("data/wrong-shape", `the model takes ${dtype} and the data is ${dataset.dtype}`, {
      at: dataset.name,
      notes: [
        `samples hold ${STORED_RANGES[dataset.dtype]}`,
        `an integer input takes stored integers as they are; ${why}`,
      ],
      help: "convert the samples to the model's type and give them as npz",
    }),
  );
}

function misfit(dataset: Dataset, port: InputPort): ModelError {
  const sample = `${dataset.shape.join("×")} (height × width × channels)`;
  return new ModelError(
    problem("data/wrong-shape", `samples of ${sample} do not fit the model's input`, {
      at: dataset.name,
      notes: [
        `the model takes [${port.shape.join(", ")}]${port.layout ? ` in ${port.layout}` : ""}`,
      ],
      help: "choose data of the model's size, or resize and convert the samples first",
    }),
  );
}
