/** @file Trials of pooling, elementwise kernels and data movement. */

import { exp32, hardSwish32, quantize32, sigmoid32, tanh32 } from "../../core/float32.ts";
import { clampTo } from "../../core/interval.ts";
import { type AddRequantization, addRequantized, requantize } from "../../core/requantize.ts";
import type { FamilyTests, TrialMaker } from "./family.ts";
import {
  type Element,
  forEachIndex,
  mapRows,
  type PoolArguments,
  pool,
  type RowOperand,
  read,
  sizeOf,
  write,
} from "./reference.ts";
import { type FloatKind, randomFloats, randomIntegers, type Scene } from "./scene.ts";

const f = Math.fround;
const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 50] as const;
const FLOAT_KINDS = ["plain", "special", "wide", "non-finite"] as const;

function data(scene: Scene, element: Element, count: number, kind?: FloatKind): ArrayBufferView {
  const { random } = scene;
  if (element === "f32") return randomFloats(random, count, kind ?? random.pick(FLOAT_KINDS));
  const kinds = ["plain", "extreme", "lowest"] as const;
  return randomIntegers(random, count, random.pick(kinds), [-128, 127]);
}

type Pooling = (scene: Scene, args: PoolArguments) => { readonly p: number; model(): void };

function poolTrials(element: "f32" | "i8", inside: boolean, pooling: Pooling): TrialMaker {
  return scene => {
    const { random } = scene;
    const size = sizeOf(element);
    const [kh, kw] = [random.integer(1, 4), random.integer(1, 4)];
    const [dilationH, dilationW] = [random.integer(1, 2), random.integer(1, 2)];
    const [strideH, strideW] = [random.integer(1, 3), random.integer(1, 3)];
    const [padTop, padLeft] = inside ? [0, 0] : [random.integer(0, kh), random.integer(0, kw)];
    const [rows, cols] = [random.integer(1, 4), random.integer(1, 4)];
    const inH = (rows - 1) * strideH + (inside ? (kh - 1) * dilationH + 1 : random.integer(1, 3));
    const inW = (cols - 1) * strideW + (inside ? (kw - 1) * dilationW + 1 : random.integer(1, 3));
    const channels = random.pick([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33]);
    const xCol = (channels + random.integer(0, 2)) * size;
    const xRow = inW * xCol + random.integer(0, 2) * size;
    const yCol = channels * size + random.integer(0, 3);
    const yRow = cols * yCol + random.integer(0, 3);
    const count = ((inH - 1) * xRow + (inW - 1) * xCol) / size + channels;
    const y = scene.output(rows * yRow);
    const x = scene.last(data(scene, element, count));
    const window = { kh, kw, strideH, strideW, padTop, padLeft, dilationH, dilationW };
    const shape = { inH, inW, rows, cols, xRow, xCol, yRow, yCol, channels };
    const { p, model } = pooling(scene, { x, y, ...window, ...shape });
    return {
      args: [
        ...[x, y, p, inH, inW, kh, kw, strideH, strideW, padTop, padLeft, dilationH, dilationW],
        ...[rows, cols, xRow, xCol, yRow, yCol, channels],
      ],
      model,
    };
  };
}

const f32Average: Pooling = (scene, args) => {
  const p = scene.random.integer(0, 1);
  const whole = args.kh * args.kw;
  const mean = (values: readonly number[]): number =>
    f(values.reduce((sum, v) => f(sum + v), 0) / (p === 1 ? whole : values.length));
  return { p, model: () => pool(scene, args, "f32", mean) };
};

const qs8Average: Pooling = (scene, args) => {
  const { random } = scene;
  const bias = random.integer(-5000, 5000);
  const multiplier = random.integer(0, 32767);
  const min = random.integer(-128, 0);
  const r = {
    shift: random.integer(-8, 12),
    multipliers: [multiplier],
    zeroPoint: random.integer(-128, 127),
    min,
    max: random.integer(min, 127),
  };
  const p = scene.table(Int32Array.of(bias, r.shift, multiplier, r.zeroPoint, r.min, r.max));
  const mean = (values: readonly number[]): number =>
    requantize(
      values.reduce((sum, v) => sum + v, bias),
      r,
      0,
    );
  return { p, model: () => pool(scene, args, "i8", mean) };
};

function largest(element: "f32" | "i8"): Pooling {
  const start = element === "f32" ? -Infinity : -128;
  return (scene, args) => ({
    p: 0,
    model: () => pool(scene, args, element, values => Math.max(start, ...values)),
  });
}

interface Rows {
  readonly rows: number;
  readonly n: number;
  readonly inputs: readonly RowOperand[];
  readonly output: RowOperand;
}

/** Operands of a row kernel; the first input stands at the end of the memory. */
function placeRows(
  scene: Scene,
  elements: readonly Element[],
  out: Element,
  kind?: FloatKind,
): Rows {
  const { random } = scene;
  const n = random.pick(LENGTHS);
  const rows = random.integer(1, 4);
  const inputs = elements.map((element, i): RowOperand => {
    const size = sizeOf(element);
    const row = (n + random.integer(0, 3)) * size;
    const values = data(scene, element, ((rows - 1) * row) / size + n, kind);
    return { at: i === 0 ? scene.last(values) : scene.activation(values), row, element };
  });
  const row = n * sizeOf(out) + random.integer(0, 6);
  return { rows, n, inputs, output: { at: scene.output(rows * row), row, element: out } };
}

/** What a row kernel does, and the arguments behind the usual ones. */
interface RowOperation {
  readonly extra: readonly number[];
  readonly map: (...values: number[]) => number;
}

function rowTrials(
  elements: readonly Element[],
  out: Element,
  operation: (scene: Scene) => RowOperation,
  kind?: FloatKind,
): TrialMaker {
  return scene => {
    const placed = placeRows(scene, elements, out, kind);
    const { rows, n, inputs, output } = placed;
    const { extra, map } = operation(scene);
    const steps = [...inputs, output].map(operand => operand.row);
    return {
      args: [...inputs.map(input => input.at), output.at, rows, n, ...steps, ...extra],
      model: () => mapRows(scene, { rows, n }, inputs, output, map),
    };
  };
}

const unary = (map: (x: number) => number, kind?: FloatKind): TrialMaker =>
  rowTrials(["f32"], "f32", () => ({ extra: [], map }), kind);

const f32Clamp: TrialMaker = rowTrials(["f32"], "f32", ({ random }) => {
  const min = random.pick([-Infinity, 0, -1, 0.25]);
  const max = random.pick([Infinity, 1, 6]);
  return { extra: [min, max], map: x => clampTo(x, { min, max }) };
});

const s8Clamp: TrialMaker = rowTrials(["i8"], "i8", ({ random }) => {
  const min = random.integer(-128, 127);
  const max = random.integer(min, 127);
  return { extra: [min, max], map: x => clampTo(x, { min, max }) };
});

function quantizeTrials(out: "i8" | "u8"): TrialMaker {
  const [low, high] = out === "i8" ? [-128, 127] : [0, 255];
  return rowTrials(["f32"], out, ({ random }) => {
    const scale = f(random.pick([1, 0.5, 0.037, 1e-30, 1e30]));
    const zeroPoint = random.integer(low, high);
    const min = random.integer(low, high);
    const max = random.integer(min, high);
    const map = (x: number): number => quantize32(x, scale, zeroPoint, min, max);
    return { extra: [scale, zeroPoint, min, max], map };
  });
}

function dequantizeTrials(from: "i8" | "u8"): TrialMaker {
  return rowTrials([from], "f32", ({ random }) => {
    const scale = f(random.uniform());
    const zeroPoint = from === "i8" ? random.integer(-128, 127) : random.integer(0, 255);
    return { extra: [scale, zeroPoint], map: x => f(f(x - zeroPoint) * scale) };
  });
}

const lookup: TrialMaker = rowTrials(["u8"], "i8", scene => {
  const table = Int8Array.from({ length: 256 }, () => scene.random.integer(-128, 127));
  const bias = scene.random.pick([0, 128, -3, 300]);
  return { extra: [scene.table(table), bias], map: x => table[(x + bias) & 255]! };
});

const flip: TrialMaker = rowTrials(["u8"], "i8", () => ({ extra: [], map: x => x ^ 0x80 }));

const add: TrialMaker = rowTrials(["i8", "i8"], "i8", scene => {
  const { random } = scene;
  const min = random.integer(-128, 0);
  const r: AddRequantization = {
    fractionBits: random.integer(1, 6),
    multipliers: [random.integer(0, 32767), random.integer(0, 32767)],
    zeroPoints: [random.integer(-128, 127), random.integer(-128, 127)],
    zeroPoint: random.integer(-128, 127),
    min,
    max: random.integer(min, 127),
  };
  const words = [r.fractionBits, ...r.multipliers, ...r.zeroPoints, r.zeroPoint, r.min, r.max];
  return { extra: [scene.table(Int32Array.from(words))], map: (a, b) => addRequantized(a, b, r) };
});

const softmax: TrialMaker = scene => {
  const placed = placeRows(scene, ["f32"], "f32", scene.random.pick(["plain", "special"] as const));
  const { rows, n, inputs, output } = placed;
  const [input] = inputs as [RowOperand];
  return {
    args: [input.at, output.at, rows, n, input.row, output.row],
    model: () => {
      for (let row = 0; row < rows; row++) {
        const at = input.at + row * input.row;
        const xs = Array.from({ length: n }, (_, i) => read(scene, "f32", at + i * 4));
        const top = Math.max(...xs);
        const es = xs.map(x => exp32(f(x - top)));
        const sum = es.reduce((total, e) => f(total + e), 0);
        for (const [i, e] of es.entries()) {
          write(scene, "f32", output.at + row * output.row + i * 4, f(e / sum));
        }
      }
    },
  };
};

/** Steps of a dense operand of `size`-byte elements, its dimensions in random order. */
function randomSteps(scene: Scene, dims: readonly number[], size: number): number[] {
  const order = scene.random.uniform() < 0.5 ? [3, 2, 1, 0] : [...scene.random.permutation(4)];
  const steps = [0, 0, 0, 0];
  let step = size;
  for (const axis of order) {
    steps[axis] = step;
    step *= dims[axis]!;
  }
  return steps;
}

function randomDims(scene: Scene): number[] {
  return [1, 2, 3, 3].map((most, axis) =>
    axis === 3 ? scene.random.pick(LENGTHS) : scene.random.integer(1, most),
  );
}

function binaryTrials(map: (a: number, b: number) => number): TrialMaker {
  return scene => {
    const dims = randomDims(scene);
    const count = dims.reduce((product, dim) => product * dim, 1);
    const broadcast = (): number[] =>
      randomSteps(scene, dims, 4).map(step => (scene.random.uniform() < 0.2 ? 0 : step));
    const a = { at: scene.last(data(scene, "f32", count)), steps: broadcast() };
    const b = { at: scene.activation(data(scene, "f32", count)), steps: broadcast() };
    const y = { at: scene.output(count * 4), steps: randomSteps(scene, dims, 4) };
    return {
      args: [a.at, b.at, y.at, ...dims, ...a.steps, ...b.steps, ...y.steps],
      model: () =>
        forEachIndex(dims, [a, b, y], (pa, pb, py) =>
          write(scene, "f32", py!, f(map(read(scene, "f32", pa!), read(scene, "f32", pb!)))),
        ),
    };
  };
}

function copyTrials(size: 1 | 4): TrialMaker {
  return scene => {
    const dims = randomDims(scene);
    const count = dims.reduce((product, dim) => product * dim, 1);
    const x = {
      at: scene.last(data(scene, "i8", count * size)),
      steps: randomSteps(scene, dims, size),
    };
    const y = { at: scene.output(count * size), steps: randomSteps(scene, dims, size) };
    return {
      args: [x.at, y.at, ...dims, ...x.steps, ...y.steps],
      model: () =>
        forEachIndex(dims, [x, y], (px, py) => scene.bytes.copyWithin(py!, px!, px! + size)),
    };
  };
}

const fill: TrialMaker = scene => {
  const { random } = scene;
  const [rows, bytes] = [random.integer(1, 5), random.pick([0, ...LENGTHS, 100])];
  const yRow = bytes + random.integer(0, 9);
  const value = random.pick([0, -128, 127, -1]);
  const y = scene.output(rows * yRow);
  return {
    args: [y, rows, bytes, yRow, value],
    model: () => {
      for (let row = 0; row < rows; row++) {
        scene.bytes.fill(value & 255, y + row * yRow, y + row * yRow + bytes);
      }
    },
  };
};

export const elementwise: FamilyTests = {
  f32_maxpool: poolTrials("f32", false, largest("f32")),
  s8_maxpool: poolTrials("i8", false, largest("i8")),
  f32_avgpool: poolTrials("f32", false, f32Average),
  qs8_avgpool: poolTrials("i8", true, qs8Average),
  f32_vclamp: f32Clamp,
  s8_vclamp: s8Clamp,
  f32_vsigmoid: unary(sigmoid32),
  f32_vhardswish: unary(hardSwish32),
  f32_vtanh: unary(tanh32),
  f32_vexp: unary(exp32),
  f32_vsoftmax: softmax,
  f32_qs8_vquantize: quantizeTrials("i8"),
  f32_u8_vquantize: quantizeTrials("u8"),
  qs8_f32_vdequantize: dequantizeTrials("i8"),
  u8_f32_vdequantize: dequantizeTrials("u8"),
  x8_vlookup: lookup,
  x8_vflip: flip,
  qs8_vadd: add,
  f32_vbinary_add: binaryTrials((a, b) => a + b),
  f32_vbinary_sub: binaryTrials((a, b) => a - b),
  f32_vbinary_mul: binaryTrials((a, b) => a * b),
  f32_vbinary_div: binaryTrials((a, b) => a / b),
  f32_vbinary_min: binaryTrials(Math.min),
  f32_vbinary_max: binaryTrials(Math.max),
  x8_copy: copyTrials(1),
  x32_copy: copyTrials(4),
  x8_fill: fill,
};
