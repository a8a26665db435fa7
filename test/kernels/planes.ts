/** @file Trials of the kernels around channel planes: see docs/kernels.md. */

import { requantize } from "../../core/requantize.ts";
import type { FamilyTests, TrialMaker } from "./family.ts";
import { forEachIndex } from "./reference.ts";
import { randomIntegers, type Scene } from "./scene.ts";

const COLUMNS = [1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 30] as const;
const RANGE = [-128, 127] as const;

/** `count` values of 8 bits in 16. */
function values16({ random }: Scene, count: number): Int16Array {
  const kind = random.pick(["plain", "extreme", "lowest"] as const);
  return Int16Array.from(randomIntegers(random, count, kind, RANGE));
}

/** Planes, rows, and columns in one more dimension of 1, with their steps. */
function randomImage({ random }: Scene, columnStep: number, columns: number) {
  const dims = [1, random.integer(1, 3), random.integer(1, 3), columns];
  const row = columns * columnStep + 2 * random.integer(0, 3);
  const plane = row * dims[2]! + 2 * random.integer(0, 3);
  return { dims, steps: [0, plane, row, columnStep], bytes: plane * dims[1]! };
}

/** Eight bits to 16 or back; neighbours, every second element, or channel-last. */
function convertTrials(fromBytes: 1 | 2, toBytes: 1 | 2): TrialMaker {
  return scene => {
    const columns = scene.random.pick(COLUMNS);
    const [from, to] = scene.random.pick([
      [1, 1],
      [2, 1],
      [1, 2],
      [3, 1],
      [4, 1],
      [5, 1],
      [6, 1],
    ] as const);
    const source = randomImage(scene, from * fromBytes, columns);
    const target = randomImage(scene, to * toBytes, columns);
    const dims = [1, Math.min(source.dims[1]!, target.dims[1]!), 1, columns];
    dims[2] = Math.min(source.dims[2]!, target.dims[2]!);
    const span =
      dims.reduce((sum, dim, axis) => sum + (dim - 1) * source.steps[axis]!, 0) / fromBytes;
    const data =
      fromBytes === 2
        ? values16(scene, span + 1)
        : randomIntegers(scene.random, span + 1, "plain", RANGE);
    const x = { at: scene.last(data), steps: source.steps };
    const y = { at: scene.output(target.bytes), steps: target.steps };
    const convert = (px: number, py: number): void => {
      const value = fromBytes === 2 ? scene.view.getInt16(px, true) : scene.view.getInt8(px);
      if (toBytes === 2) scene.view.setInt16(py, value, true);
      else scene.view.setInt8(py, value);
    };
    return {
      args: [x.at, y.at, ...dims, ...x.steps, ...y.steps],
      model: () => forEachIndex(dims, [x, y], (px, py) => convert(px!, py!)),
    };
  };
}

const frame: TrialMaker = scene => {
  const { random } = scene;
  const [planes, rows] = [random.integer(1, 3), random.integer(1, 5)];
  const rowBytes = 8 * random.integer(1, 6);
  const gap = random.pick([0, 16, 16, 32].filter(bytes => bytes <= rowBytes + 8));
  const tail = gap + 16 * random.integer(0, 3);
  const planeBytes = rows * rowBytes + tail;
  const value = random.integer(-128, 127);
  const y = scene.output(tail + planes * planeBytes + 16) + tail + 16;
  const fill = (end: number, bytes: number): void => {
    for (let at = end - bytes; at < end; at += 2) scene.view.setInt16(at, value, true);
  };
  return {
    args: [y, planes, planeBytes, rows, rowBytes, gap, tail, value],
    model: () => {
      for (let plane = 0; plane <= planes; plane++) {
        fill(y + plane * planeBytes, tail);
        if (plane === planes) break;
        for (let row = 1; row < rows; row++) fill(y + plane * planeBytes + row * rowBytes, gap);
      }
    },
  };
};

const planePool: TrialMaker = scene => {
  const { random } = scene;
  const [planes, rows] = [random.integer(1, 9), random.pick([1, 2, 3, 4, 300])];
  const cols = random.pick(rows > 4 ? [1, 8, 9] : COLUMNS);
  const xRow = 2 * (cols + random.integer(0, 3));
  const xPlane = rows * xRow + 2 * random.integer(0, 3);
  const yPlane = random.integer(1, 3);
  const min = random.integer(-128, 0);
  const r = {
    shift: random.integer(-4, 8),
    multipliers: [random.integer(0, 32767)],
    zeroPoint: random.integer(-128, 127),
    min,
    max: random.integer(min, 127),
  };
  const bias = random.integer(-5000, 5000);
  const words = [bias, r.shift, r.multipliers[0]!, r.zeroPoint, r.min, r.max];
  const p = scene.table(Int32Array.from(words));
  const y = scene.output(planes * yPlane);
  const count = ((planes - 1) * xPlane + (rows - 1) * xRow) / 2 + cols;
  const x = scene.last(values16(scene, count));
  return {
    args: [x, y, p, planes, rows, cols, xPlane, xRow, yPlane],
    model: () => {
      for (let plane = 0; plane < planes; plane++) {
        let sum = bias;
        for (let row = 0; row < rows; row++) {
          for (let col = 0; col < cols; col++) {
            sum += scene.view.getInt16(x + plane * xPlane + row * xRow + col * 2, true);
          }
        }
        scene.view.setInt8(y + plane * yPlane, requantize(sum, r, 0));
      }
    },
  };
};

export const planes: FamilyTests = {
  s8_s16_widen: convertTrials(1, 2),
  s16_s8_narrow: convertTrials(2, 1),
  s16_frame: frame,
  s16_qs8_planepool: planePool,
};
