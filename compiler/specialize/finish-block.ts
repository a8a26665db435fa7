/**
 * @file The end of a block: accumulators become 8-bit results and are stored.
 *
 * The same arithmetic as core/requantize.ts, in eight 16-bit lanes; constants
 * come from the block of parameters that `packCodeParameters` writes.
 */

import type { AddRequantization, Requantization } from "../../core/requantize.ts";
import type { CodeWriter } from "./code-writer.ts";
import { columnOffset, type Planes } from "./planes.ts";

/** Vectors at the start of the parameters, one constant each in all lanes. */
const CONSTANTS = [
  "rounding",
  "zeroPoint",
  "min",
  "max",
  "sumZero",
  "sumMultiplier",
  "addendZero",
  "addendMultiplier",
  "addRounding",
  "addZeroPoint",
  "addMin",
  "addMax",
] as const;
type Constant = (typeof CONSTANTS)[number];

const VECTOR_BYTES = 16;
const LANES = 8;
/** Before the multiplication of an addition: core/requantize.ts. */
const ADD_SHIFT = 7;
/** i16 lanes 0 2 4 6, then 1 3 5 7. */
const EVEN_THEN_ODD = [0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15];

export interface Finish {
  readonly requantization: Requantization;
  readonly output: Planes;
  readonly addend?: { readonly planes: Planes; readonly requantization: AddRequantization };
  /** Whether lanes beyond the image have to be blended with the zero point. */
  readonly masked: boolean;
}

/** Locals: addresses of parameters, result, second operand and mask. */
export interface FinishLocals {
  readonly parameters: number;
  readonly y: number;
  readonly z: number;
  readonly mask: number;
}

/** The parameters: constants, then for each channel 8 × bias and 8 × multiplier. */
export function packParameters(
  bias: Int32Array,
  finish: Omit<Finish, "output" | "masked">,
): Uint8Array {
  const values = constantsOf(finish);
  const { multipliers } = finish.requantization;
  const words = [
    ...CONSTANTS.map(name => values[name]),
    ...[...bias].flatMap((value, channel) => [value, multipliers[channel]!]),
  ];
  const packed = new Uint8Array(words.length * VECTOR_BYTES);
  const view = new DataView(packed.buffer);
  words.forEach((word, i) => {
    for (let lane = 0; lane < LANES; lane++) {
      view.setInt16(i * VECTOR_BYTES + 2 * lane, word, true);
    }
  });
  return packed;
}

function constantsOf({ requantization: r, addend }: Pick<Finish, "requantization" | "addend">) {
  const add = addend?.requantization;
  const values: Record<Constant, number> = {
    rounding: r.shift > 0 ? 2 ** (r.shift - 1) : 0,
    zeroPoint: r.zeroPoint,
    min: r.min,
    max: r.max,
    sumZero: add?.zeroPoints[0] ?? 0,
    sumMultiplier: add?.multipliers[0] ?? 0,
    addendZero: add?.zeroPoints[1] ?? 0,
    addendMultiplier: add?.multipliers[1] ?? 0,
    addRounding: add === undefined ? 0 : 2 ** (add.fractionBits - 1),
    addZeroPoint: add?.zeroPoint ?? 0,
    addMin: add?.min ?? 0,
    addMax: add?.max ?? 0,
  };
  return values;
}

/** Pushes the bias of `channel`. */
export function pushBias(code: CodeWriter, parameters: number, channel: number): void {
  code.get(parameters).load((CONSTANTS.length + 2 * channel) * VECTOR_BYTES);
}

/** Turns local `accumulator` into results of `channel` and stores them. */
export function writeFinish(
  code: CodeWriter,
  accumulator: number,
  channel: number,
  finish: Finish,
  locals: FinishLocals,
): void {
  const writer = new FinishWriter(code, finish, locals);
  writer.requantize(accumulator, channel);
  if (finish.addend !== undefined) writer.add(accumulator, channel, finish.addend);
  if (finish.masked) writer.mask(accumulator);
  writer.store(accumulator, channel);
}

class FinishWriter {
  readonly #code: CodeWriter;
  readonly #finish: Finish;
  readonly #locals: FinishLocals;

  constructor(code: CodeWriter, finish: Finish, locals: FinishLocals) {
    this.#code = code;
    this.#finish = finish;
    this.#locals = locals;
  }

  requantize(accumulator: number, channel: number): void {
    const { shift, zeroPoint } = this.#finish.requantization;
    const code = this.#code.get(accumulator);
    if (shift > 0) {
      this.#constant("rounding");
      code.vector("add").constant(shift).vector("shiftRight");
    }
    if (shift < 0) code.constant(-shift).vector("shiftLeft");
    code.get(this.#locals.parameters).load((CONSTANTS.length + 2 * channel + 1) * VECTOR_BYTES);
    code.vector("multiplyQ15");
    this.#offsetAndClamp(zeroPoint, "zeroPoint", "min", "max");
    code.set(accumulator);
  }

  /** `addRequantized` of the result so far and the second operand. */
  add(
    accumulator: number,
    channel: number,
    { planes, requantization: add }: NonNullable<Finish["addend"]>,
  ): void {
    const code = this.#code;
    code.get(accumulator);
    this.#scale(add.zeroPoints[0], "sumZero", "sumMultiplier");
    code.get(this.#locals.z).load(channel * planes.planeBytes + columnOffset(planes, 0));
    this.#scale(add.zeroPoints[1], "addendZero", "addendMultiplier");
    code.vector("addSaturating");
    this.#constant("addRounding");
    code.vector("addSaturating").constant(add.fractionBits).vector("shiftRight");
    this.#offsetAndClamp(add.zeroPoint, "addZeroPoint", "addMin", "addMax");
    code.set(accumulator);
  }

  /** Lanes beyond the image get what the halo holds: the zero point of the result. */
  mask(accumulator: number): void {
    const code = this.#code.get(accumulator);
    this.#constant(this.#finish.addend === undefined ? "zeroPoint" : "addZeroPoint");
    code.get(this.#locals.mask).load(0).vector("bitselect").set(accumulator);
  }

  store(accumulator: number, channel: number): void {
    const { output } = this.#finish;
    const code = this.#code;
    const plane = channel * output.planeBytes;
    if (output.phases === 1) {
      code
        .get(this.#locals.y)
        .get(accumulator)
        .store(plane + columnOffset(output, 0));
      return;
    }
    code.get(accumulator).get(accumulator).shuffle(EVEN_THEN_ODD).set(accumulator);
    for (const half of [0, 1] as const) {
      code.get(this.#locals.y).get(accumulator);
      code.storeHalf(plane + columnOffset(output, half), half);
    }
  }

  #scale(zeroPoint: number, zero: Constant, multiplier: Constant): void {
    if (zeroPoint !== 0) {
      this.#constant(zero);
      this.#code.vector("sub");
    }
    this.#code.constant(ADD_SHIFT).vector("shiftLeft");
    this.#constant(multiplier);
    this.#code.vector("multiplyQ15");
  }

  #offsetAndClamp(zeroPoint: number, offset: Constant, min: Constant, max: Constant): void {
    if (zeroPoint !== 0) {
      this.#constant(offset);
      this.#code.vector("addSaturating");
    }
    this.#constant(min);
    this.#code.vector("max");
    this.#constant(max);
    this.#code.vector("min");
  }

  #constant(name: Constant): void {
    this.#code.get(this.#locals.parameters).load(CONSTANTS.indexOf(name) * VECTOR_BYTES);
  }
}
