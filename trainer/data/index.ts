/** @file Data sets: what users name, open, and turn into inputs of a model. */

export { type Dataset, dataset, pickSamples } from "./dataset.ts";
export type { OpenOptions } from "./kinds.ts";
export { type InputPort, toModelInput } from "./model-input.ts";
export { formatNpy, parseNpy } from "./npy.ts";
export { DATA_KINDS, openData } from "./open.ts";
export { decodePicture } from "./picture.ts";
