/** @file Runs a model under ONNX Runtime, with our tensors. */

import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { ArrayOf, DType } from "../../core/dtype.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Values } from "../../model/ops/index.ts";

const TYPES: { readonly [D in DType]?: OrtTensor.Type } = {
  f32: "float32",
  f64: "float64",
  i8: "int8",
  u8: "uint8",
  i16: "int16",
  u16: "uint16",
  i32: "int32",
  u32: "uint32",
  i64: "int64",
  u64: "uint64",
  bool: "bool",
};

export interface RunOptions {
  /** Whether the runtime may rewrite the graph; it does unless told. */
  readonly optimize?: boolean;
}

/** The outputs by name. */
export async function runOnnxRuntime(
  model: Uint8Array,
  inputs: Values,
  { optimize = true }: RunOptions = {},
): Promise<Values> {
  const session = await InferenceSession.create(model, {
    logSeverityLevel: 4,
    graphOptimizationLevel: optimize ? "all" : "disabled",
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  try {
    const feeds = Object.entries(inputs).map(([name, t]) => [name, toOrt(t)] as const);
    const results = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, t]) => [name, fromOrt(t as OrtTensor)]),
    );
  } finally {
    await session.release();
  }
}

function toOrt({ dtype, shape, data }: Tensor): OrtTensor {
  return new OrtTensor(TYPES[dtype]!, data as OrtTensor.DataType, [...shape]);
}

function fromOrt(t: OrtTensor): Tensor {
  const dtype = (Object.keys(TYPES) as DType[]).find(key => TYPES[key] === t.type)!;
  return tensor(dtype, t.dims, t.data as ArrayOf[DType]);
}

/** The largest difference of elements, after checking that types and shapes agree. */
export function largestDifference(a: Tensor, b: Tensor): number {
  const show = ({ dtype, shape }: Tensor): string => `${dtype}[${shape.join(",")}]`;
  if (show(a) !== show(b)) throw new Error(`${show(a)} is not ${show(b)}`);
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [Number(a.data[i]), Number(b.data[i])];
    if (!Object.is(x, y) && x !== y) largest = Math.max(largest, Math.abs(x - y));
  }
  return largest;
}
