/** @file Trials of the products: `igemm` and `dwconv`. */

import {
  packDequantParams,
  packMinmaxParams,
  packRequantParams,
  packTaps,
  packWeights,
  type WeightElement,
} from "../../compiler/plan/pack.ts";
import { clampTo } from "../../core/interval.ts";
import { type Requantization, requantize } from "../../core/requantize.ts";
import type { KernelRow } from "../../scripts/build-kernels.ts";
import type { Random } from "../fuzz/random.ts";
import type { FamilyTests, Trial, TrialMaker } from "./family.ts";
import { type Finish, type Pixels, sizeOf, sumProducts } from "./reference.ts";
import { type IntegerKind, randomFloats, randomIntegers, type Scene } from "./scene.ts";

const f = Math.fround;

type EpilogueWord = "minmax" | "requant" | "dequant";

interface ProductFamily {
  readonly activation: "f32" | "i8";
  readonly weights: WeightElement;
  readonly epilogue: EpilogueWord;
}

interface Sizes {
  readonly segments: number;
  readonly length: number;
  readonly rows: number;
  readonly cols: number;
  readonly n: number;
}

/** Shapes that are met in networks, or that have broken kernels of this kind. */
const FIXED_SIZES: readonly Sizes[] = [
  { segments: 1, length: 1, rows: 1, cols: 1, n: 1 },
  { segments: 1, length: 400, rows: 1, cols: 1, n: 10 },
  { segments: 1, length: 1100, rows: 1, cols: 1, n: 9 },
  { segments: 1, length: 2100, rows: 1, cols: 2, n: 3 },
  { segments: 5, length: 5, rows: 3, cols: 5, n: 6 },
  { segments: 5, length: 30, rows: 2, cols: 3, n: 16 },
  { segments: 3, length: 9, rows: 2, cols: 4, n: 16 },
  { segments: 3, length: 96, rows: 1, cols: 5, n: 32 },
  { segments: 10, length: 4, rows: 3, cols: 2, n: 64 },
  { segments: 1, length: 61, rows: 7, cols: 1, n: 17 },
  { segments: 16, length: 60, rows: 1, cols: 4, n: 9 },
];

/** Random sizes, after all fixed ones with random and then twice with the largest products. */
function sizesOf(random: Random, index: number): Sizes {
  return (
    [...FIXED_SIZES, ...FIXED_SIZES, ...FIXED_SIZES][index] ?? {
      segments: random.integer(1, 4),
      length: random.pick([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 25, 33]),
      rows: random.integer(1, 4),
      cols: random.integer(1, 6),
      n: random.pick([1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 33]),
    }
  );
}

const FLOAT_KINDS = ["plain", "plain", "special", "wide", "non-finite"] as const;
const INTEGER_KINDS = ["plain", "extreme", "lowest", "zero"] as const;

const RANGES = { i8: [-128, 127], u7: [0, 127], tc2w: [-1, 1] } as const;

/**
 * The kind of the integers of an operand: the second round of fixed sizes sums the largest
 * products, the third the largest that weights above zero make.
 */
function integerKind(random: Random, index: number, element: "i8" | "u7" | "tc2w"): IntegerKind {
  const round = Math.floor(index / FIXED_SIZES.length);
  if (round === 1) return element === "u7" ? "highest" : "lowest";
  if (round === 2) return element === "i8" ? "lowest" : "highest";
  return random.pick(INTEGER_KINDS);
}

/** Activations or weights of the `index`-th trial. */
function operand(
  random: Random,
  element: WeightElement | "u7",
  count: number,
  index: number,
): Float32Array | Int8Array {
  if (element === "f32") return randomFloats(random, count, random.pick(FLOAT_KINDS));
  return randomIntegers(random, count, integerKind(random, index, element), RANGES[element]);
}

function igemmTrials(family: ProductFamily): TrialMaker {
  return (scene, kernel, index) => igemmTrial(scene, kernel, family, index);
}

function igemmTrial(scene: Scene, kernel: KernelRow, family: ProductFamily, index: number): Trial {
  const { random } = scene;
  const { segments, length, rows, cols, n } = sizesOf(random, index);
  const size = sizeOf(family.activation);
  const offsets = Int32Array.from(
    { length: segments },
    (_, s) => (s * length + random.integer(0, 2)) * size,
  );
  const reach = Math.max(...offsets) + length * size;
  const xCol = random.integer(0, 9) * size;
  const xRow = random.integer(0, 40) * size;
  const input = operand(
    random,
    kernel.x ?? family.activation,
    ((rows - 1) * xRow + (cols - 1) * xCol + reach) / size,
    index,
  );
  const data = operand(random, family.weights, n * segments * length, index);
  const matrix = { n, segments, length, data };
  const { params, out } = epilogueOf(random, kernel, family, n);
  const yCol = n * sizeOf(out.element) + random.integer(0, 5);
  const yRow = cols * yCol + random.integer(0, 5);

  const w = scene.table(packWeights(family.weights, kernel, matrix));
  const p = scene.table(params);
  const table = scene.table(offsets);
  const y = scene.output(rows * yRow);
  const x = scene.last(input);
  const pixels: Pixels = { x, y, rows, cols, xRow, xCol, yRow, yCol };
  const addresses = [...offsets].flatMap(start =>
    Array.from({ length }, (_, k) => start + k * size),
  );
  return {
    args: [x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n],
    model: () =>
      sumProducts(
        scene,
        pixels,
        {
          element: family.activation,
          channels: n,
          addresses: () => addresses,
          weight: (c, k) => data[c * segments * length + k]!,
        },
        out,
      ),
  };
}

/** Random parameters of an epilogue, packed, and what they do. */
function epilogueOf(
  random: Random,
  { nr }: KernelRow,
  { weights, epilogue }: ProductFamily,
  n: number,
): { params: Uint8Array; out: Finish } {
  switch (epilogue) {
    case "minmax":
      return minmaxOf(random, nr, n, weights !== "f32");
    case "requant":
      return requantOf(random, nr, n);
    case "dequant":
      return dequantOf(random, nr, n);
    default:
      return epilogue satisfies never;
  }
}

const BOUNDS = [
  { min: -Infinity, max: Infinity },
  { min: 0, max: Infinity },
  { min: 0, max: 6 },
  { min: -1, max: 1 },
  { min: 0.5, max: 2 },
] as const;

function minmaxOf(random: Random, nr: number, n: number, scaled: boolean) {
  const bounds = random.pick(BOUNDS);
  const scales = scaled ? randomFloats(random, n, random.pick(FLOAT_KINDS)) : undefined;
  const bias =
    random.uniform() < 0.8 ? randomFloats(random, n, random.pick(FLOAT_KINDS)) : undefined;
  const params = packMinmaxParams(nr, {
    n,
    ...bounds,
    ...(scales ? { scales } : {}),
    ...(bias ? { bias } : {}),
  });
  const finish = (acc: number, c: number): number => {
    const scaledSum = scales ? f(acc * scales[c]!) : acc;
    return clampTo(bias ? f(scaledSum + bias[c]!) : scaledSum, bounds);
  };
  return { params, out: { element: "f32" as const, finish } };
}

/** Small biases, and ones that carry a sum to the end of the 32-bit range. */
function biasOf(random: Random, n: number): Int32Array {
  const limit = random.pick([0, 1000, 40000, 2 ** 30]);
  return Int32Array.from({ length: n }, () => random.integer(-limit, limit));
}

function requantOf(random: Random, nr: number, n: number) {
  const bias = biasOf(random, n);
  const min = random.integer(-128, 0);
  const r: Requantization = {
    shift: random.integer(-15, 16),
    multipliers: Array.from({ length: n }, () =>
      random.integer(0, random.pick([0, 600, 32767, 32767])),
    ),
    zeroPoint: random.integer(-128, 127),
    min,
    max: random.integer(min, 127),
  };
  const finish = (acc: number, c: number): number => requantize((acc + bias[c]!) | 0, r, c);
  return { params: packRequantParams(nr, bias, r), out: { element: "i8" as const, finish } };
}

function dequantOf(random: Random, nr: number, n: number) {
  const bounds = random.pick(BOUNDS);
  const bias = biasOf(random, n);
  const scales = randomFloats(random, n, random.pick(["plain", "wide"] as const));
  const params = packDequantParams(nr, { ...bounds, bias, scales });
  const finish = (acc: number, c: number): number =>
    clampTo(f(f((acc + bias[c]!) | 0) * scales[c]!), bounds);
  return { params, out: { element: "f32" as const, finish } };
}

/** A filter, and how many of its pixels windows are apart: often 3×3 and 1, for which there is other code. */
function filterOf(random: Random, index: number) {
  if (index % 3 === 0) return { kh: 3, kw: 3, stride: 1 };
  return { kh: random.integer(1, 5), kw: random.integer(1, 5), stride: random.integer(0, 2) };
}

function dwconvTrials(activation: "f32" | "i8"): TrialMaker {
  return (scene, kernel, index) => {
    const { random } = scene;
    const size = sizeOf(activation);
    const channels = random.pick([1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 33]);
    const { kh, kw, stride } = filterOf(random, index);
    const [rows, cols] = [random.integer(1, 4), random.integer(1, 9)];
    const xTapCol = (channels + random.integer(0, 3)) * size;
    const xTapRow = (kw + random.integer(0, 3)) * xTapCol;
    const xCol = stride * xTapCol;
    const xRow = random.integer(0, 2) * xTapRow;
    const reach = (kh - 1) * xTapRow + (kw - 1) * xTapCol + channels * size;
    const input = operand(
      random,
      activation,
      ((rows - 1) * xRow + (cols - 1) * xCol + reach) / size,
      index,
    );
    const taps = kh * kw;
    const element = activation;
    const data = operand(random, element, channels * taps, index);
    const family: ProductFamily = {
      activation,
      weights: element,
      epilogue: activation === "f32" ? "minmax" : "requant",
    };
    const { params, out } = epilogueOf(random, kernel, family, channels);
    const yCol = channels * sizeOf(out.element) + random.integer(0, 5);
    const yRow = cols * yCol + random.integer(0, 5);

    const w = scene.table(packTaps(element, kernel, { channels, taps, data }));
    const p = scene.table(params);
    const y = scene.output(rows * yRow);
    const x = scene.last(input);
    const offsets = Array.from(
      { length: taps },
      (_, t) => Math.floor(t / kw) * xTapRow + (t % kw) * xTapCol,
    );
    const pixels: Pixels = { x, y, rows, cols, xRow, xCol, yRow, yCol };
    return {
      args: [x, w, p, y, kh, kw, xTapRow, xTapCol, rows, cols, xRow, xCol, yRow, yCol, channels],
      model: () =>
        sumProducts(
          scene,
          pixels,
          {
            element: activation,
            channels,
            addresses: c => offsets.map(offset => offset + c * size),
            weight: (c, k) => data[c * taps + k]!,
          },
          out,
        ),
    };
  };
}

const f32 = { activation: "f32", epilogue: "minmax" } as const;
const i8 = { activation: "i8" } as const;

export const contractions: FamilyTests = {
  f32_f32_igemm_minmax: igemmTrials({ ...f32, weights: "f32" }),
  f32_qc8w_igemm_minmax: igemmTrials({ ...f32, weights: "i8" }),
  f32_tc2w_igemm_minmax: igemmTrials({ ...f32, weights: "tc2w" }),
  qs8_qc8w_igemm_requant: igemmTrials({ ...i8, weights: "i8", epilogue: "requant" }),
  qs8_qc8w_igemm_dequant: igemmTrials({ ...i8, weights: "i8", epilogue: "dequant" }),
  qs8_tc2w_igemm_requant: igemmTrials({ ...i8, weights: "tc2w", epilogue: "requant" }),
  qs8_tc2w_igemm_dequant: igemmTrials({ ...i8, weights: "tc2w", epilogue: "dequant" }),
  f32_f32_dwconv_minmax: dwconvTrials("f32"),
  qs8_qc8w_dwconv_requant: dwconvTrials("i8"),
};
