/** @file Weights of contractions as kernels and reports want them. */

import type { Interval } from "../../../core/interval.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { sparsityOf } from "../../../core/ternary.ts";
import type { Epilogue } from "../../../model/ir/attributes.ts";
import type { Node } from "../../../model/ir/graph.ts";
import {
  packDequantParams,
  packMinmaxParams,
  packRequantParams,
  type WeightElement,
} from "../pack.ts";
import type { WeightFacts } from "./lowering.ts";

const ELEMENTS: Readonly<Record<string, WeightElement>> = { f32: "f32", i8: "i8", i2: "tc2w" };

/** How kernels hold weights of this type; `undefined` if none does. */
export function elementOf({ type }: Node): WeightElement | undefined {
  return ELEMENTS[type.dtype];
}

/** The `<wgt>` part of a kernel's name. */
export const WEIGHT_WORDS = { f32: "f32", i8: "qc8w", tc2w: "tc2w" } as const;
const REPORT_WORDS = { f32: "f32", i8: "int8", tc2w: "ternary" } as const;

export function weightFacts(weights: Node, storedBytes: number, macs: number): WeightFacts {
  const { data } = (weights as Node<"const">).attrs.tensor;
  return {
    weights: REPORT_WORDS[elementOf(weights)!],
    weightCount: data.length,
    sparsity: sparsityOf(data),
    storedBytes,
    macs,
  };
}

/** What an epilogue needs, for the channels `first` … `first + n` of a layer. */
export interface EpilogueSource {
  /** `minmax`, `requant` or `dequant`: the end of the family's name. */
  readonly word: string;
  pack(nr: number, first: number, n: number): Uint8Array;
}

/** f32: optional scale per channel, optional bias, clamp. */
export function floatEpilogue(
  weights: Node,
  bias: Tensor | undefined,
  clamp: Interval | undefined,
): EpilogueSource {
  const scales = weights.type.dtype === "f32" ? undefined : weights.type.quantization!.scales;
  return {
    word: "minmax",
    pack: (nr, first, n) =>
      packMinmaxParams(nr, {
        n,
        min: clamp?.min ?? -Infinity,
        max: clamp?.max ?? Infinity,
        ...(scales === undefined ? {} : { scales: scales.slice(first, first + n) }),
        ...(bias === undefined
          ? {}
          : { bias: (bias as Tensor<"f32">).data.slice(first, first + n) }),
      }),
  };
}

/** 32-bit sums: bias, then back to 8 bits or to f32. */
export function integerEpilogue(bias: Tensor, epilogue: Epilogue): EpilogueSource {
  const biases = (bias as Tensor<"i32">).data;
  if (epilogue.kind === "requantize") {
    return {
      word: "requant",
      pack: (nr, first, n) => {
        const multipliers = epilogue.multipliers.slice(first, first + n);
        const own = biases.slice(first, first + n);
        return packRequantParams(nr, own, { ...epilogue, multipliers });
      },
    };
  }
  return {
    word: "dequant",
    pack: (nr, first, n) =>
      packDequantParams(nr, {
        min: epilogue.clamp?.min ?? -Infinity,
        max: epilogue.clamp?.max ?? Infinity,
        bias: biases.slice(first, first + n),
        scales: epilogue.scales.slice(first, first + n),
      }),
  };
}
