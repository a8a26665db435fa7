/** @file Transposed convolution in f32, computed by gathering: each output pixel sums its taps. */

import { clampTo } from "../../core/interval.ts";
import { zeros } from "../../core/tensor.ts";
import type { OpAttributes } from "../ir/attributes.ts";
import type { ValueType } from "../ir/graph.ts";
import { demand, demandBounds, demandF32, demandRank, operandTypes } from "./checks.ts";
import { roundedBounds } from "./epilogue.ts";
import type { Op } from "./op.ts";
import { demandBias } from "./weights.ts";
import {
  demandWindow,
  type Image,
  type ImageStrides,
  imageOf,
  imageStrides,
  reach,
  shapeOfImage,
} from "./window.ts";

const f = Math.fround;
type Attributes = OpAttributes["conv-transpose"];

export const convTranspose: Op<"conv-transpose"> = {
  kind: "conv-transpose",
  summary: "transposed convolution over height and width, in groups, with bias",

  infer(inputs, attrs) {
    const [x, weights, bias] = operandTypes("conv-transpose", inputs, 2, 3);
    demandF32("conv-transpose", "x", x!);
    demandF32("conv-transpose", "weights", weights!);
    const output = outputOf(x!, weights!, attrs);
    demandBias("conv-transpose", bias, output.channels);
    demandBounds("conv-transpose", attrs.clamp);
    return { dtype: "f32", shape: shapeOfImage(output, attrs.layout) };
  },

  evaluate({ inputs, inputTypes, attrs, type }) {
    const input = imageOf("conv-transpose", inputTypes[0]!, attrs.layout);
    const output = imageOf("conv-transpose", type, attrs.layout);
    const [x, weights, bias] = inputs.map(tensor => tensor.data as Float32Array);
    const result = zeros("f32", type.shape);
    const to = imageStrides(output, attrs.layout);
    const bounds = roundedBounds(attrs.clamp);
    const sumAt = gatherer(attrs, input, output.channels, x!, weights!);
    for (let n = 0; n < output.batch; n++) {
      for (let m = 0; m < output.channels; m++) {
        for (let row = 0; row < output.height; row++) {
          for (let column = 0; column < output.width; column++) {
            const sum = sumAt(n, m, row, column);
            const y = bias === undefined ? sum : f(sum + bias[m]!);
            result.data[at(to, n, m, row, column)] = clampTo(y, bounds);
          }
        }
      }
    }
    return result;
  },
};

function outputOf(x: ValueType, weights: ValueType, attrs: Attributes): Image {
  const input = imageOf("conv-transpose", x, attrs.layout);
  demandRank("conv-transpose", "weights", weights, 4);
  demandWindow("conv-transpose", attrs);
  const { group, kernel, strides, pads, dilations, outputPadding } = attrs;
  const [channels, depth, rows, columns] = weights.shape as [number, number, number, number];
  demand(
    Number.isInteger(group) && group >= 1 && input.channels % group === 0,
    "conv-transpose",
    `${group} groups do not divide ${input.channels} input channels`,
  );
  demand(
    channels === input.channels && rows === kernel[0] && columns === kernel[1],
    "conv-transpose",
    `expected weights of shape [${input.channels},M/group,${kernel}], got [${weights.shape}]`,
  );
  const size = (extent: number, axis: 0 | 1): number => {
    const extra = outputPadding[axis];
    demand(
      Number.isInteger(extra) && extra >= 0 && extra < Math.max(strides[axis], dilations[axis]),
      "conv-transpose",
      `expected an output padding below stride or dilation, got [${outputPadding}]`,
    );
    return (extent - 1) * strides[axis] + reach(attrs, axis) - pads[axis] - pads[axis + 2]! + extra;
  };
  const [height, width] = [size(input.height, 0), size(input.width, 1)];
  demand(height >= 1 && width >= 1, "conv-transpose", `pads [${pads}] leave no output`);
  return { batch: input.batch, channels: depth * group, height, width };
}

/** The sum over (ky, kx, c) of the inputs that reach an output pixel. */
function gatherer(
  { kernel, strides, pads, dilations, group, layout }: Attributes,
  input: Image,
  outChannels: number,
  x: Float32Array,
  weights: Float32Array,
): (n: number, m: number, row: number, column: number) => number {
  const from = imageStrides(input, layout);
  const perGroup = outChannels / group;
  const channels = input.channels / group;
  const source = (position: number, tap: number, axis: 0 | 1, size: number): number => {
    const scaled = position + pads[axis] - tap * dilations[axis];
    const index = scaled / strides[axis];
    return Number.isInteger(index) && index >= 0 && index < size ? index : -1;
  };
  return (n, m, row, column) => {
    const first = Math.floor(m / perGroup) * channels;
    let acc = 0;
    for (let ky = 0; ky < kernel[0]; ky++) {
      const y = source(row, ky, 0, input.height);
      if (y < 0) continue;
      for (let kx = 0; kx < kernel[1]; kx++) {
        const column0 = source(column, kx, 1, input.width);
        if (column0 < 0) continue;
        for (let c = first; c < first + channels; c++) {
          const w = ((c * perGroup + (m % perGroup)) * kernel[0] + ky) * kernel[1] + kx;
          acc = f(acc + f(x[at(from, n, c, y, column0)]! * weights[w]!));
        }
      }
    }
    return acc;
  };
}

function at(s: ImageStrides, n: number, c: number, row: number, column: number): number {
  return n * s.batch + c * s.channel + row * s.row + column * s.column;
}
