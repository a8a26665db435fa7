/** @file Runs the generated code of a layer in a memory that shows what it must not touch. */

import { expect } from "vitest";
import {
  byteListScratchBytes,
  generateByteLists,
  packByteLists,
} from "../../compiler/specialize/byte-lists.ts";
import {
  type CodeConvolution,
  generateConvolution,
  packCodeParameters,
  packMask,
  scratchBytesOf,
} from "../../compiler/specialize/convolution.ts";
import { denseScratchBytes, generateDense, packDense } from "../../compiler/specialize/dense.ts";
import {
  byteScratchBytes,
  generateBytes,
  packBytes,
} from "../../compiler/specialize/dense-bytes.ts";
import { VECTOR_BYTES, vectorsOf, windowOffsets } from "../../compiler/specialize/pixel-loop.ts";
import { elementAt } from "./layer-problem.ts";
import { instantiate } from "./run-code.ts";

/** What writes the code of a layer. */
interface Generator {
  readonly generate: typeof generateConvolution;
  readonly pack: typeof packCodeParameters;
  readonly scratchBytes: typeof scratchBytesOf;
}

export const CHOSEN: Generator = {
  generate: generateConvolution,
  pack: packCodeParameters,
  scratchBytes: scratchBytesOf,
};
export const BY_DIGITS: Generator = {
  generate: generateDense,
  pack: packDense,
  scratchBytes: denseScratchBytes,
};
export const BY_LISTS: Generator = {
  generate: generateByteLists,
  pack: packByteLists,
  scratchBytes: byteListScratchBytes,
};
export const IN_BYTES: Generator = {
  generate: generateBytes,
  pack: packBytes,
  scratchBytes: byteScratchBytes,
};

/** What scratch memory holds before, and the memory behind it for ever. */
const GARBAGE = 0xa5;

/** Memory may end behind the last byte that a window reads, and no sooner. */
export function expectNoOverreading(
  conv: CodeConvolution,
  { generate, pack, scratchBytes }: Generator,
) {
  const { input, output, kernel, dilations, padLeft, strides } = conv;
  const lastTap = Math.max(...windowOffsets(input, kernel, dilations, padLeft));
  const lastRow = (output.rows - 1) * strides[0] * input.rowBytes;
  const lastChannel = (input.channels - 1) * input.planeBytes;
  const read = lastChannel + lastRow + lastTap + vectorsOf(output) * VECTOR_BYTES;
  const memory = new WebAssembly.Memory({ initial: 32 });
  const place = placer(memory);
  const [pAt, mAt] = [place(pack(conv)), place(packMask(conv))];
  const yAt = place(new Uint8Array(output.channels * output.planeBytes + 128));
  const zAt = place(new Uint8Array(conv.addend === undefined ? 0 : yAt));
  const sAt = place(new Uint8Array(scratchBytes(conv)));
  const run = (spare: number): void => {
    const xAt = memory.buffer.byteLength - read - spare;
    for (const each of instantiate(generate(conv), memory)) each(xAt, yAt, zAt, pAt, mAt, sAt);
  };
  run(0);
  expect(() => run(-1)).toThrow(WebAssembly.RuntimeError);
}

/** The output, dense, after running the code; lanes beyond rows hold the zero point. */
export function compute(
  conv: CodeConvolution,
  x: Int16Array,
  z: Int16Array,
  { generate, pack, scratchBytes } = CHOSEN,
): number[] {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const place = placer(memory);
  const [xAt, zAt] = [place(x), place(z)];
  const [pAt, mAt] = [place(pack(conv)), place(packMask(conv))];
  const { output } = conv;
  const yAt = place(new Int16Array((output.channels * output.planeBytes) / 2 + 64));
  const spare = 64;
  const sAt = place(new Uint8Array(scratchBytes(conv) + spare).fill(GARBAGE));
  const functions = generate(conv);
  for (const run of instantiate(functions, memory)) run(xAt, yAt, zAt, pAt, mAt, sAt);
  expect(functions.flatMap(({ channels }) => channels).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: conv.output.channels }, (_, channel) => channel),
  );
  expect(new Uint8Array(memory.buffer, sAt + scratchBytes(conv), spare)).toEqual(
    new Uint8Array(spare).fill(GARBAGE),
  );
  const y = new Int16Array(memory.buffer, yAt);
  const { channels, rows, columns } = output;
  const zero = conv.addend?.requantization.zeroPoint ?? conv.requantization.zeroPoint;
  for (let column = columns; column < Math.ceil(columns / 8) * 8; column++) {
    expect(y[elementAt(output, 0, 0, column)]).toBe(zero);
  }
  return Array.from({ length: channels * rows * columns }, (_, i) => {
    const [m, row] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows];
    return y[elementAt(output, m, row, i % columns)]!;
  });
}

function placer(memory: WebAssembly.Memory): (data: ArrayBufferView) => number {
  let next = 64;
  return data => {
    const at = next;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(memory.buffer, at).set(bytes);
    next = Math.ceil((at + bytes.length) / 16) * 16;
    return at;
  };
}
