/** @file Copies the pixels that lists name to scratch memory, as bytes: see byte-list-layout.ts. */

import { type ByteLayout, phaseOf } from "./byte-list-layout.ts";
import { type CodeFunction, PARAMETER_COUNT, SCRATCH, workOf, X } from "./code-function.ts";
import { CodeWriter } from "./code-writer.ts";
import type { CodeConvolution } from "./layer.ts";
import { FREE_INTEGER, VECTOR_BYTES } from "./pixel-loop.ts";
import { ELEMENT_BYTES, LANES } from "./planes.ts";
import * as op from "./vector-ops.ts";

/** Counts channels. */
const COUNTER = FREE_INTEGER - 1;
/** Address of the channel's copy. */
const BYTES = FREE_INTEGER;

/** Copies all slices; first of each is a channel of zeros. */
export function generateCopy(conv: CodeConvolution, layout: ByteLayout): CodeFunction {
  const { planeBytes } = layout;
  const code = new CodeWriter();
  for (const { first, end, pixels } of layout.slices) {
    code.point(BYTES, SCRATCH, pixels);
    for (let byte = 0; byte < planeBytes; byte += VECTOR_BYTES) code.get(BYTES).zero().store(byte);
    code.advance(BYTES, planeBytes);
    code.loop(COUNTER, end - first, () => {
      copyChannel(code, conv, layout);
      code.advance(X, conv.input.planeBytes).advance(BYTES, planeBytes);
    });
  }
  const body = code.finish({ i32: BYTES + 1 - PARAMETER_COUNT, v128: 0 });
  const copies = (conv.input.channels * planeBytes) / LANES;
  const each = { load: 2, add: 1, multiply: 0, finish: 0, addend: 0, spill: 1 };
  return { body, channels: [], leaves: true, work: workOf(body, copies, each) };
}

/**
 * Copies the rows of a channel.
 *
 * A window at the end of a row reads the halo behind it, which lies where the
 * next row begins: with a halo of the same values. Behind the last row of a
 * slice none follows, so the halos behind rows are copied too, before the rows.
 */
function copyChannel(code: CodeWriter, conv: CodeConvolution, layout: ByteLayout): void {
  const { pitch } = layout;
  const halo = Math.ceil(conv.input.left / conv.input.phases);
  for (let end = pitch + halo; end > pitch; end -= LANES) copyRows(code, conv, layout, end - LANES);
  for (let start = 0; start < pitch; start += LANES) copyRows(code, conv, layout, start);
}

/** Copies eight pixels of each row, from pixel `start` of its phase on. */
function copyRows(
  code: CodeWriter,
  conv: CodeConvolution,
  layout: ByteLayout,
  start: number,
): void {
  const { input, output, strides, kernel, dilations } = conv;
  const lastRow = (output.rows - 1) * strides[0] + (kernel[0] - 1) * dilations[0];
  for (let row = 0; row <= lastRow; row++) {
    for (let column = 0; column < input.phases; column++) {
      const phase = layout.phases.indexOf(phaseOf(conv, row, column));
      if (phase < 0) continue;
      const from = row * input.rowBytes + column * input.phaseBytes + start * ELEMENT_BYTES;
      const to = phase * layout.phaseBytes + Math.floor(row / strides[0]) * layout.pitch + start;
      code.get(BYTES).get(X).load(from).get(X).load(from).vector(op.narrowToBytes).storeHalf(to, 0);
    }
  }
}
