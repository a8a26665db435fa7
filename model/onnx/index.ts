/** @file ONNX in and out. Opset differences end here. */

export { listOperators } from "./decode.ts";
export { supportedOperators } from "./import/index.ts";
export { type ReadOptions, readOnnx } from "./read.ts";
export { readTensor, writeTensor } from "./tensor.ts";
export { type WriteOptions, writeOnnx } from "./write.ts";
