/** @file Trials of the kernels of mean terms: see docs/kernels.md. */

import { packDequantParams, packRequantParams } from "../../compiler/plan/pack.ts";
import { MEAN_NR, withMeans } from "../../compiler/plan/pack-mean.ts";
import { clampTo } from "../../core/interval.ts";
import { type MeanTerm, meanOf } from "../../core/mean-term.ts";
import { requantize, shiftToInt16 } from "../../core/requantize.ts";
import type { Random } from "../fuzz/random.ts";
import type { FamilyTests, TrialMaker } from "./family.ts";
import { write } from "./reference.ts";
import { randomFloats, randomIntegers, type Scene } from "./scene.ts";

const f = Math.fround;
const COUNTS = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33] as const;

/** Rows and columns of pixels, `pixel` bytes apart at least. */
function grid({ random }: Scene, pixel: number) {
  const [rows, cols] = [random.integer(1, 4), random.pick([1, 2, 3, 4, 5, 8, 9])];
  const col = pixel + random.integer(0, 5);
  return { rows, cols, col, row: cols * col + random.integer(0, 9) };
}

const channelSum: TrialMaker = scene => {
  const { random } = scene;
  const channels = random.pick(COUNTS);
  const { rows, cols, col, row } = grid(scene, channels);
  const kind = random.pick(["plain", "extreme", "lowest"] as const);
  const length = (rows - 1) * row + (cols - 1) * col + channels;
  const y = scene.output(rows * cols * 4);
  const x = scene.last(randomIntegers(random, length, kind, [-128, 127]));
  return {
    args: [x, y, rows, cols, row, col, channels],
    model: () => {
      for (let pixel = 0; pixel < rows * cols; pixel++) {
        const from = x + Math.floor(pixel / cols) * row + (pixel % cols) * col;
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += scene.view.getInt8(from + c);
        scene.view.setInt32(y + pixel * 4, sum, true);
      }
    },
  };
};

const windowSum: TrialMaker = scene => {
  const { random } = scene;
  const [rows, cols] = [random.integer(1, 4), random.pick([1, 3, 4, 5, 8, 9, 15])];
  const xCol = 4 * random.pick([1, 1, 2, 3]);
  const taps = Int32Array.from({ length: random.integer(1, 9) }, () => 4 * random.integer(0, 20));
  const xRow = cols * xCol + 4 * random.integer(0, 3);
  const reach = (rows - 1) * xRow + (cols - 1) * xCol + Math.max(...taps) + 4;
  const limit = random.pick([1000, 40000, 2 ** 27]);
  const shift = random.integer(0, 16);
  const yRow = cols * 2 + 2 * random.integer(0, 4);
  const data = Int32Array.from({ length: reach / 4 }, () => random.integer(-limit, limit));
  const table = scene.table(taps);
  const y = scene.output(rows * yRow);
  const x = scene.last(data);
  return {
    args: [x, y, table, taps.length, rows, cols, xRow, xCol, yRow, shift],
    model: () => {
      for (let row = 0; row < rows; row++) {
        for (let col = 0; col < cols; col++) {
          const window = x + row * xRow + col * xCol;
          const sum = taps.reduce((s, tap) => s + scene.view.getInt32(window + tap, true), 0);
          scene.view.setInt16(y + row * yRow + col * 2, shiftToInt16(sum, shift), true);
        }
      }
    },
  };
};

const lineSum: TrialMaker = scene => {
  const { random } = scene;
  const n = random.integer(8, 35);
  const [rows, lines] = [random.integer(1, 3), random.pick([1, 2, 5, 16, 300])];
  const xLine = 2 * (n + random.integer(0, 8));
  const xRow = lines * xLine + 2 * random.integer(0, 9);
  const length = ((rows - 1) * xRow + (lines - 1) * xLine) / 2 + n;
  const kind = random.pick(["plain", "extreme", "lowest"] as const);
  const data = Int16Array.from(randomIntegers(random, length, kind, [-128, 127]));
  const y = scene.output(rows * n * 4);
  const x = scene.last(data);
  return {
    args: [x, y, rows, n, lines, xRow, xLine],
    model: () => {
      for (let i = 0; i < rows * n; i++) {
        const from = x + Math.floor(i / n) * xRow + (i % n) * 2;
        let sum = 0;
        for (let line = 0; line < lines; line++) {
          sum += scene.view.getInt16(from + line * xLine, true);
        }
        scene.view.setInt32(y + i * 4, sum, true);
      }
    },
  };
};

function meanTerm(random: Random, n: number): MeanTerm {
  const most = random.pick([0, 600, 32767, 32767]);
  return {
    shift: 0,
    fraction: random.pick([0, 1, 7, 14, 15, 15]),
    multipliers: Array.from({ length: n }, () => random.integer(-most, most)),
  };
}

function biasOf(random: Random, n: number): Int32Array {
  const limit = random.pick([0, 40000, 2 ** 28]);
  return Int32Array.from({ length: n }, () => random.integer(-limit, limit));
}

/** Parameters of an epilogue, packed, and what it makes of accumulators. */
function requantOf(random: Random, bias: Int32Array) {
  const n = bias.length;
  const min = random.integer(-128, 0);
  const r = {
    shift: random.integer(-15, 16),
    multipliers: Array.from({ length: n }, () => random.integer(0, 32767)),
    zeroPoint: random.integer(-128, 127),
    min,
    max: random.integer(min, 127),
  };
  const finish = (acc: number, c: number): number => requantize(acc, r, c);
  return { block: packRequantParams(MEAN_NR, bias, r), element: "i8" as const, finish };
}

function dequantOf(random: Random, bias: Int32Array) {
  const bounds = random.pick([
    { min: -Infinity, max: Infinity },
    { min: 0, max: 6 },
  ]);
  const scales = randomFloats(random, bias.length, "plain");
  const finish = (acc: number, c: number): number => clampTo(f(f(acc) * scales[c]!), bounds);
  const block = packDequantParams(MEAN_NR, { ...bounds, bias, scales });
  return { block, element: "f32" as const, finish };
}

function endings(epilogue: typeof requantOf | typeof dequantOf): TrialMaker {
  return scene => {
    const { random } = scene;
    const n = random.pick(COUNTS);
    const [rows, cols] = [random.integer(1, 3), random.integer(1, 5)];
    const xCol = 4 * (n + random.integer(0, 3));
    const xRow = cols * xCol + 4 * random.integer(0, 3);
    const tRow = cols * 2 + 2 * random.integer(0, 3);
    const limit = random.pick([300, 40000, 2 ** 24]);
    const sums = Float32Array.from({ length: ((rows - 1) * xRow + cols * xCol) / 4 }, () =>
      random.integer(-limit, limit),
    );
    const windows = Int16Array.from({ length: (rows * tRow) / 2 }, () =>
      random.integer(-32768, 32767),
    );
    const mean = meanTerm(random, n);
    const bias = biasOf(random, n);
    const { block, element, finish } = epilogue(random, bias);
    const size = element === "f32" ? 4 : 1;
    const yCol = n * size + random.integer(0, 5);
    const yRow = cols * yCol + random.integer(0, 5);
    const p = scene.table(withMeans(block, mean));
    const t = scene.activation(windows);
    const y = scene.output(rows * yRow);
    const x = scene.last(sums.subarray(0, ((rows - 1) * xRow + (cols - 1) * xCol) / 4 + n));
    return {
      args: [x, t, p, y, rows, cols, xRow, xCol, tRow, yRow, yCol, n],
      model: () => {
        for (let pixel = 0; pixel < rows * cols; pixel++) {
          const [row, col] = [Math.floor(pixel / cols), pixel % cols];
          const window = scene.view.getInt16(t + row * tRow + col * 2, true);
          for (let c = 0; c < n; c++) {
            const sum = scene.view.getFloat32(x + row * xRow + col * xCol + c * 4, true);
            const acc = (sum + meanOf(window, mean, c) + bias[c]!) | 0;
            write(scene, element, y + row * yRow + col * yCol + c * size, finish(acc, c));
          }
        }
      },
    };
  };
}

export const means: FamilyTests = {
  qs8_s32_channelsum: channelSum,
  s32_s16_windowsum: windowSum,
  s16_s32_linesum: lineSum,
  f32_s16_mean_requant: endings(requantOf),
  f32_s16_mean_dequant: endings(dequantOf),
};
