/** @file Seeded random inputs of a module, the same on every machine. */

import type { Sample } from "../compiler/index.ts";
import type { Port } from "../core/abi.ts";
import { allocate, type DType, dtypeRange, isFloat } from "../core/dtype.ts";
import { Random } from "../core/random.ts";
import { elementCount } from "../core/shape.ts";
import { setNumber, type Tensor } from "../core/tensor.ts";

const SEED = 1;
/** Float inputs are pixels in some samples and small signed numbers in others. */
const PIXEL_RANGE = { min: 0, max: 255 };
const SIGNED_RANGE = { min: -3, max: 3 };

export function* randomSamples(inputs: readonly Port[], count: number): Generator<Sample> {
  const random = new Random(SEED);
  for (let i = 0; i < count; i++) {
    const floats = i % 2 === 0 ? PIXEL_RANGE : SIGNED_RANGE;
    yield Object.fromEntries(inputs.map(port => [port.name, randomTensor(port, floats, random)]));
  }
}

function randomTensor({ dtype, shape }: Port, floats: typeof PIXEL_RANGE, random: Random): Tensor {
  const data = allocate(dtype, elementCount(shape));
  const { min, max } = isFloat(dtype) ? floats : integerRange(dtype);
  for (let i = 0; i < data.length; i++) {
    const value = min + random.uniform() * (max - min);
    setNumber(data, i, isFloat(dtype) ? value : Math.round(value));
  }
  return { dtype, shape, data };
}

/** Of wide types, the part that is exact as a number and cannot index far. */
function integerRange(dtype: DType): typeof PIXEL_RANGE {
  const { min, max } = dtypeRange(dtype);
  return { min: Math.max(min, -128), max: Math.min(max, 255) };
}
