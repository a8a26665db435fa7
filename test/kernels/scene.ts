/**
 * @file One call of a kernel on a whole memory, compared byte by byte with a model of it.
 *
 * Every byte outside of the operands is a canary. The operand placed by `last`
 * ends 15 bytes before the memory does, so a kernel that reads further traps.
 */

import { Random } from "../fuzz/random.ts";

/** The memory of a scene. */
export const MEMORY_BYTES = 5 * 65536;
/** How far kernels may read past an activation. */
const OVERREAD_BYTES = 15;
const CANARY = Uint8Array.from({ length: MEMORY_BYTES }, (_, i) => (i * 167 + 13) & 255);

export class Scene {
  readonly random: Random;
  /** What the kernel starts from, and what the model makes of it. */
  readonly bytes = CANARY.slice();
  readonly view = new DataView(this.bytes.buffer);
  /** Addresses at which the model wrote an f32: any NaN equals any other there. */
  readonly #floats: number[] = [];
  /** Addresses and sizes of what kernels leave behind as they like. */
  readonly #scratch: (readonly [number, number])[] = [];
  #next = 64;

  constructor(seed: number, name: string) {
    this.random = new Random(seed, name);
  }

  /** Places weights, parameters or a table. */
  table(data: ArrayBufferView): number {
    this.#next = Math.ceil(this.#next / 16) * 16;
    return this.#place(data);
  }

  /** Places an activation at any address. */
  activation(data: ArrayBufferView): number {
    this.#next += this.random.integer(1, 7);
    return this.#place(data);
  }

  /** Places an activation at the end of the memory. */
  last(data: ArrayBufferView): number {
    const address = MEMORY_BYTES - OVERREAD_BYTES - data.byteLength;
    this.bytes.set(bytesOf(data), address);
    return address;
  }

  /** Room for an output. */
  output(size: number): number {
    this.#next += 16 + this.random.integer(1, 7);
    const address = this.#next;
    this.#next += size + 16;
    return address;
  }

  /** Room for what the kernel notes down meanwhile; afterwards nobody looks at it. */
  scratch(size: number): number {
    this.#next = Math.ceil(this.#next / 16) * 16;
    const address = this.#next;
    this.#scratch.push([address, size]);
    this.#next += size;
    return address;
  }

  /** Writes an f32 of the model. */
  putF32(address: number, value: number): void {
    this.#floats.push(address);
    this.view.setFloat32(address, value, true);
  }

  /** Runs the model on `bytes` and each kernel on a copy; describes the first difference, if any. */
  difference(
    kernels: readonly ((memory: Uint8Array) => void)[],
    model: () => void,
  ): string | undefined {
    const copies = kernels.map(kernel => {
      const actual = this.bytes.slice();
      kernel(actual);
      return actual;
    });
    model();
    for (const actual of copies) {
      const difference = this.#compare(actual);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  #compare(actual: Uint8Array): string | undefined {
    const actualView = new DataView(actual.buffer);
    for (const at of this.#floats) {
      const bothNaN =
        Number.isNaN(this.view.getFloat32(at, true)) &&
        Number.isNaN(actualView.getFloat32(at, true));
      if (bothNaN) actual.set(this.bytes.subarray(at, at + 4), at);
    }
    for (const [at, size] of this.#scratch) {
      actual.set(this.bytes.subarray(at, at + size), at);
    }
    if (Buffer.compare(this.bytes, actual) === 0) return undefined;
    const at = this.bytes.findIndex((byte, i) => byte !== actual[i]);
    return `byte ${at}: model ${this.bytes[at]}, kernel ${actual[at]} (f32 ${describe(this.view, at)}, ${describe(actualView, at)})`;
  }

  #place(data: ArrayBufferView): number {
    const address = this.#next;
    this.bytes.set(bytesOf(data), address);
    this.#next += data.byteLength;
    if (this.#next > MEMORY_BYTES / 2) throw new RangeError("the scene is too large");
    return address;
  }
}

function describe(view: DataView, at: number): number {
  return view.getFloat32(Math.min(at, MEMORY_BYTES - 4), true);
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

const SPECIAL_FLOATS = [0, -0, 1, -1, 1e-45, -1e-45, 3e38, -3e38, 1e-20, -1e-20, 0.5, 1.5, 2.5];
const NON_FINITE_FLOATS = [Infinity, -Infinity, Number.NaN];

export type FloatKind = "plain" | "wide" | "special" | "non-finite";

/** Floats of one kind: around 1, over all exponents, corner cases, or with Inf and NaN. */
export function randomFloats(random: Random, count: number, kind: FloatKind): Float32Array {
  const bits = new Uint32Array(1);
  const asFloat = new Float32Array(bits.buffer);
  return Float32Array.from({ length: count }, () => {
    const roll = random.uniform();
    if (kind === "non-finite" && roll < 0.1) return random.pick(NON_FINITE_FLOATS);
    if ((kind === "special" || kind === "non-finite") && roll < 0.6) {
      return random.pick(SPECIAL_FLOATS);
    }
    if (kind === "wide") {
      bits[0] = random.next();
      return Number.isFinite(asFloat[0]) ? asFloat[0]! : 0;
    }
    return (random.uniform() - 0.5) * 8;
  });
}

export type IntegerKind = "plain" | "extreme" | "lowest" | "highest" | "zero";

/** Integers in min…max: any, only the bounds, only one of them, or only 0. */
export function randomIntegers(
  random: Random,
  count: number,
  kind: IntegerKind,
  [min, max]: readonly [number, number],
): Int8Array {
  return Int8Array.from({ length: count }, () => {
    if (kind === "lowest") return min;
    if (kind === "highest") return max;
    if (kind === "zero") return 0;
    return kind === "extreme" ? random.pick([min, max]) : random.integer(min, max);
  });
}
