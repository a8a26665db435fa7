/** @file The loops over rows and vectors of pixels, which all generated code shares. */

import { MASK, PARAMETER_COUNT, X, Y, Z } from "./code-function.ts";
import type { CodeWriter } from "./code-writer.ts";
import { columnOffset, ELEMENT_BYTES, LANES, type Planes } from "./planes.ts";

export const VECTOR_BYTES = LANES * ELEMENT_BYTES;
const ROW_COUNTER = PARAMETER_COUNT;
const COLUMN_COUNTER = PARAMETER_COUNT + 1;
/** The first i32 local that the loops leave free. */
export const FREE_INTEGER = PARAMETER_COUNT + 2;

/** An address that moves with the pixels: bytes from one vector, and from one row, to the next. */
export interface Walker {
  readonly local: number;
  readonly vector: number;
  readonly row: number;
}

/** What pixels are read and written: one vector of the output at a time. */
export interface PixelShape {
  readonly input: Planes;
  readonly output: Planes;
  /** Along rows and columns; the input has as many phases as the latter. */
  readonly strides: readonly [number, number];
  readonly addend?: { readonly planes: Planes };
}

export function vectorsOf({ columns }: Planes): number {
  return Math.ceil(columns / LANES);
}

/** Whether the last vector of a row reaches beyond the image. */
export function isMasked({ columns }: Planes): boolean {
  return columns % LANES !== 0;
}

/** The masks at m: i16 per column, −1 within the image; empty if rows fill their vectors. */
export function packMask({ output }: { readonly output: Planes }): Uint8Array {
  if (!isMasked(output)) return new Uint8Array(0);
  const mask = new Int16Array(vectorsOf(output) * LANES).fill(-1, 0, output.columns);
  return new Uint8Array(mask.buffer);
}

/** The addresses x, y, z and m, as far as they are used. */
export function walkersOf({ input, output, strides, addend }: PixelShape): Walker[] {
  const walkers: Walker[] = [
    { local: X, vector: VECTOR_BYTES, row: strides[0] * input.rowBytes },
    { local: Y, vector: VECTOR_BYTES / output.phases, row: output.rowBytes },
  ];
  if (addend !== undefined) {
    walkers.push({ local: Z, vector: VECTOR_BYTES, row: addend.planes.rowBytes });
  }
  if (isMasked(output)) walkers.push({ local: MASK, vector: VECTOR_BYTES, row: 0 });
  return walkers;
}

/** One vector of the output, seen from the addresses: bytes to add to each, by local. */
export interface PixelVector {
  readonly offset: (local: number) => number;
  /** Whether the vector may reach beyond the image. */
  readonly isEdge: boolean;
}

export interface PixelLoopOptions {
  /** So many vectors at most are written out, one after the other; 1 unless told. */
  readonly unroll?: number;
  /** Neighbouring vectors of a row that `body` computes together: a divisor of their number; 1 unless told. */
  readonly together?: number;
}

/** Runs `body` for every vector of the output; addresses are past the last row in the end. */
export function writePixelLoop(
  code: CodeWriter,
  output: Planes,
  single: readonly Walker[],
  body: (vector: PixelVector) => void,
  { unroll = 1, together = 1 }: PixelLoopOptions = {},
): void {
  const walkers = single.map(walker => ({ ...walker, vector: together * walker.vector }));
  const vectors = vectorsOf(output) / together;
  const columns = largestDivisor(vectors, unroll);
  const rows = columns === vectors ? largestDivisor(output.rows, unroll / columns) : 1;
  code.loop(ROW_COUNTER, output.rows / rows, () => {
    code.loop(COLUMN_COUNTER, vectors / columns, () => {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const offset = (local: number): number => {
            const walker = walkers.find(candidate => candidate.local === local);
            return walker === undefined ? 0 : row * walker.row + column * walker.vector;
          };
          body({ offset, isEdge: isMasked(output) && column === columns - 1 });
        }
      }
      if (columns === vectors) return;
      for (const { local, vector } of walkers) code.advance(local, columns * vector);
    });
    const passed = columns === vectors ? 0 : vectors;
    for (const { local, vector, row } of walkers) code.advance(local, rows * row - passed * vector);
  });
}

/** The largest divisor of `count` up to `most`. */
export function largestDivisor(count: number, most: number): number {
  let divisor = Math.max(1, Math.min(count, Math.floor(most)));
  while (count % divisor !== 0) divisor--;
  return divisor;
}

/** Byte offset from x of each tap of a window, [kH][kW], within one channel. */
export function windowOffsets(
  input: Planes,
  kernel: readonly [number, number],
  dilations: readonly [number, number],
  padLeft: number,
): number[] {
  return Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
    const [ky, kx] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
    const column = kx * dilations[1] - padLeft;
    return ky * dilations[0] * input.rowBytes + columnOffset(input, column);
  });
}
