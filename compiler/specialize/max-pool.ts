/**
 * @file The largest value of each window, on channel planes: one loop over the
 * channels.
 *
 * Padding never wins: windows read it as the zero point of the input, and no
 * value may be less.
 */

import {
  type CodeFunction,
  MASK,
  PARAMETER_COUNT,
  PARAMETERS,
  workOf,
  X,
  Y,
} from "./code-function.ts";
import { CodeWriter } from "./code-writer.ts";
import { writeStore } from "./finish-block.ts";
import { packSplats } from "./finish-constants.ts";
import {
  FREE_INTEGER,
  type PixelShape,
  type PixelVector,
  vectorsOf,
  walkersOf,
  windowOffsets,
  writePixelLoop,
} from "./pixel-loop.ts";
import * as op from "./vector-ops.ts";

export interface CodePool extends PixelShape {
  readonly kernel: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Left padding; the input's halo is at least as wide. */
  readonly padLeft: number;
  /** What lanes beyond the image hold. */
  readonly zeroPoint: number;
}

const COUNTER = FREE_INTEGER;
const RESULT = FREE_INTEGER + 1;
const UNROLL = 8;

/** The parameters at p. */
export function packPoolParameters({ zeroPoint }: CodePool): Uint8Array {
  return packSplats([zeroPoint]);
}

/** One function for all channels. */
export function generateMaxPool(pool: CodePool): CodeFunction {
  const code = new CodeWriter();
  const { input, output } = pool;
  const { channels, rows } = output;
  const planes = new Map([
    [X, input.planeBytes],
    [Y, output.planeBytes],
  ]);
  const walkers = walkersOf(pool);
  code.loop(COUNTER, channels, () => {
    writePixelLoop(code, output, walkers, vector => writeVector(code, pool, vector), {
      unroll: UNROLL,
    });
    for (const { local, row } of walkers)
      code.advance(local, (planes.get(local) ?? 0) - rows * row);
  });
  const body = code.finish({ i32: COUNTER + 1 - PARAMETER_COUNT, v128: 1 });
  const taps = pool.kernel[0] * pool.kernel[1];
  const work = workOf(body, channels * rows * vectorsOf(output), {
    load: taps,
    add: taps - 1,
    multiply: 0,
    finish: 1,
    addend: 0,
    spill: 0,
  });
  return { body, channels: Array.from({ length: channels }, (_, channel) => channel), work };
}

function writeVector(code: CodeWriter, pool: CodePool, vector: PixelVector): void {
  const { input, output, kernel, dilations, padLeft, zeroPoint } = pool;
  windowOffsets(input, kernel, dilations, padLeft).forEach((offset, tap) => {
    code.get(X).load(offset + vector.offset(X));
    if (tap > 0) code.vector(op.max);
  });
  if (vector.isEdge) {
    if (zeroPoint !== 0) code.get(PARAMETERS).load(0);
    code.get(MASK).load(vector.offset(MASK));
    code.vector(zeroPoint === 0 ? op.and : op.bitselect);
  }
  code.set(RESULT);
  writeStore(code, RESULT, output, vector.offset(Y));
}
