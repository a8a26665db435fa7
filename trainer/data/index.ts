/** @file Data sets: what users name, open, and turn into inputs of a model. */

export {
  type Dataset,
  dataset,
  firstSamples,
  type Layout,
  pickSamples,
  type SampleData,
  type SampleDType,
  type SampleShape,
  type Split,
} from "./dataset.ts";
export type { DataKind, OpenOptions } from "./kinds.ts";
export {
  batchOf,
  type InputPort,
  inputConverter,
  type Normalization,
  toModelInput,
} from "./model-input.ts";
export { formatNpy, parseNpy } from "./npy.ts";
export { DATA_KINDS, openData } from "./open.ts";
export { decodePicture, type Picture, type PictureOptions, readPicture } from "./picture.ts";
