/**
 * @file Kernels called as modules call them: operands of a layer's shape in the
 * memory of a kernel library, with seeded contents.
 */

import { packedSize, packMinmaxParams, packRequantParams } from "../compiler/plan/pack.ts";
import { Random } from "../core/random.ts";
import type { KernelRow } from "../scripts/build-kernels.ts";
import type { Candidate } from "./timing.ts";

/** A layer as convolution: `size` is the height and width of its image, input and output. */
export interface LayerShape {
  readonly name: string;
  readonly op: "conv" | "depthwise";
  readonly size: number;
  readonly kernel: number;
  readonly inputs: number;
  readonly outputs: number;
}

export function macsOf({ op, size, kernel, inputs, outputs }: LayerShape): number {
  return size * size * kernel * kernel * outputs * (op === "conv" ? inputs : 1);
}

type KernelFunction = (...args: number[]) => void;

const PAGE_BYTES = 65536;
const VECTOR_BYTES = 16;
/** Where operands start: below lies what the library holds. */
const FIRST_ADDRESS = 1024;

/** The memory of one library, into which operands are placed one after another. */
class Arena {
  readonly #memory: WebAssembly.Memory;
  readonly #random = new Random(1);
  #next = FIRST_ADDRESS;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  place(data: Uint8Array): number {
    const address = this.#room(data.length);
    new Uint8Array(this.#memory.buffer).set(data, address);
    return address;
  }

  /** Any bytes that `mask` leaves: small floats are made of few bits. */
  random(bytes: number, mask: number): number {
    const data = Uint8Array.from({ length: bytes }, () => this.#random.integer(0, 255) & mask);
    return this.place(data);
  }

  /** Room, and a vector's more: kernels may read so far. */
  #room(bytes: number): number {
    const address = this.#next;
    this.#next += Math.ceil(bytes / VECTOR_BYTES + 1) * VECTOR_BYTES;
    const missing = this.#next - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  }
}

const U7_MASK = 0x7f;
const ANY_MASK = 0xff;

/** One call of `kernel` on a layer of `shape`, ready to be timed. */
export function kernelCandidate(
  kernel: KernelRow,
  library: Uint8Array<ArrayBuffer>,
  shape: LayerShape,
): Candidate {
  const module = new WebAssembly.Module(library);
  const { exports } = new WebAssembly.Instance(module);
  const arena = new Arena(exports.memory as WebAssembly.Memory);
  const args =
    shape.op === "conv" ? productArgs(kernel, shape, arena) : tapArgs(kernel, shape, arena);
  const call = exports[kernel.name] as KernelFunction;
  return { name: kernel.name, run: () => call(...args) };
}

function operands(
  kernel: KernelRow,
  { size, kernel: taps, inputs, outputs }: LayerShape,
  arena: Arena,
) {
  const isFloat = kernel.family.startsWith("f32");
  const elementBytes = isFloat ? 4 : 1;
  const width = size + taps - 1;
  const x = isFloat
    ? arena.place(floatBytes(width * width * inputs))
    : arena.random(width * width * inputs, kernel.x === "u7" ? U7_MASK : ANY_MASK);
  const yCol = outputs * elementBytes;
  return {
    elementBytes,
    x,
    y: arena.place(new Uint8Array(size * size * yCol)),
    p: arena.place(parametersOf(kernel, outputs)),
    xCol: inputs * elementBytes,
    xRow: width * inputs * elementBytes,
    yCol,
    yRow: size * yCol,
  };
}

function productArgs(kernel: KernelRow, shape: LayerShape, arena: Arena): number[] {
  const { size, kernel: taps, inputs, outputs } = shape;
  const { x, y, p, xCol, xRow, yCol, yRow } = operands(kernel, shape, arena);
  const element = elementOf(kernel);
  const matrix = { n: outputs, segments: taps, length: taps * inputs };
  const bytes = packedSize(element, kernel, matrix);
  // Codes 0 and 1: code 3 is none.
  const w =
    element === "f32"
      ? arena.place(floatBytes(bytes / 4))
      : arena.random(bytes, element === "tc2w" ? 0x55 : ANY_MASK);
  const offsets = Int32Array.from({ length: taps }, (_, ky) => ky * xRow);
  const table = arena.place(new Uint8Array(offsets.buffer));
  const isMatrix = taps === 1;
  const [rows, cols] = isMatrix ? [1, size * size] : [size, size];
  return [x, w, p, y, table, taps, matrix.length, rows, cols, xRow, xCol, yRow, yCol, outputs];
}

function tapArgs(kernel: KernelRow, shape: LayerShape, arena: Arena): number[] {
  const { size, kernel: taps, outputs } = shape;
  const { elementBytes, x, y, p, xCol, xRow, yCol, yRow } = operands(kernel, shape, arena);
  const slots =
    Math.ceil(outputs / kernel.nr) * kernel.nr * Math.ceil((taps * taps) / kernel.kr) * kernel.kr;
  const w = elementBytes === 4 ? arena.place(floatBytes(slots)) : arena.random(slots, ANY_MASK);
  return [x, w, p, y, taps, taps, xRow, xCol, size, size, xRow, xCol, yRow, yCol, outputs];
}

function elementOf({ family }: KernelRow): "f32" | "i8" | "tc2w" {
  if (family.includes("_tc2w_")) return "tc2w";
  return family.includes("_qc8w_") ? "i8" : "f32";
}

function parametersOf({ family, nr }: KernelRow, n: number): Uint8Array {
  if (family.endsWith("_minmax")) {
    const scales = family.includes("_f32_f32_") ? {} : { scales: new Float32Array(n).fill(1) };
    return packMinmaxParams(nr, { n, min: -Infinity, max: Infinity, ...scales });
  }
  const multipliers = new Array<number>(n).fill(1 << 12);
  return packRequantParams(nr, new Int32Array(n), {
    shift: 0,
    multipliers,
    zeroPoint: 0,
    min: 0,
    max: 127,
  });
}

function floatBytes(count: number): Uint8Array {
  const random = new Random(2);
  return new Uint8Array(Float32Array.from({ length: count }, () => random.uniform() - 0.5).buffer);
}
