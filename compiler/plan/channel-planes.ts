/**
 * @file Where a value lies that is kept as channel planes (compiler/specialize/planes.ts).
 *
 * **Layout** of a buffer: a head, then per channel the image's rows and as many
 * more as the halo is high. Rows start at multiples of 16 bytes and have room
 * for whole vectors. The halo is shared: what follows a row is the right halo
 * of that row and the left one of the next; what follows a plane is the bottom
 * halo of that plane and the top one of the next; the head is the top of the
 * first. With two phases every row is two half rows, even columns first.
 */

import { ELEMENT_BYTES, LANES, type Planes } from "../specialize/planes.ts";
import type { Address } from "./argument.ts";
import type { Fill } from "./frame.ts";
import { alignUp, BLOCK_ALIGNMENT, type Region } from "./plan.ts";
import { type BufferBlock, type Halo, hasHalo, NO_HALO, unionHalo, type View } from "./view.ts";

export type Phases = Planes["phases"];

/** What a reader asks of a value's planes. */
export interface PlanesNeed {
  readonly phases: Phases;
  readonly halo: Halo;
}

export const NO_NEED: PlanesNeed = { phases: 1, halo: NO_HALO };

/** A value of shape [1, C, H, W] as planes. */
export interface PlanesPlace {
  readonly block: BufferBlock;
  /** Bytes from the block's start to column 0 of row 0 of channel 0. */
  readonly head: number;
  readonly planes: Planes;
}

/** The need that covers both; of one number of phases. */
export function unionNeed(a: PlanesNeed, b: PlanesNeed): PlanesNeed {
  return { ...a, halo: unionHalo(a.halo, b.halo) };
}

/** The planes of [1, C, H, W] with room for the halo. */
export function planesFor(
  [, channels, rows, columns]: readonly number[],
  { phases, halo }: PlanesNeed,
): Planes {
  // Even columns are phase 0, so that both halves of a row start alike.
  const left = alignUp(halo.left, phases);
  const own = Math.ceil(columns! / phases);
  const room = Math.max(own + left / phases, Math.ceil((columns! + halo.right) / phases));
  const halfRow = alignUp(room, LANES / phases) * ELEMENT_BYTES;
  const rowBytes = halfRow * phases;
  return {
    channels: channels!,
    rows: rows!,
    columns: columns!,
    planeBytes: (rows! + Math.max(halo.top, halo.bottom)) * rowBytes,
    rowBytes,
    left,
    phases,
    phaseBytes: phases === 2 ? halfRow : 0,
  };
}

/** A buffer for such planes, and how its halo is filled with `value`, if it has one. */
export function planesBuffer(
  name: string,
  shape: readonly number[],
  need: PlanesNeed,
  value: number,
): { readonly place: PlanesPlace; readonly frame: readonly Fill[] } {
  const planes = planesFor(shape, need);
  const { gap, tail } = haloRuns(planes, need.halo);
  const bytes = tail + planes.channels * planes.planeBytes;
  const place: PlanesPlace = { block: { kind: "buffer", name, bytes }, head: tail, planes };
  return { place, frame: hasHalo(need.halo) ? [planesFill(place, gap, tail, value)] : [] };
}

/**
 * Bytes of halo before a half row that is not the first, and before a plane.
 * In whole vectors: they may cover the end of the row before, which is not
 * written yet.
 */
function haloRuns(planes: Planes, halo: Halo): { readonly gap: number; readonly tail: number } {
  const { rows, columns, rowBytes, planeBytes, phases } = planes;
  const isWide = halo.left + halo.right > 0;
  const shortest = Math.floor(columns / phases) * ELEMENT_BYTES;
  const gap = isWide ? rowBytes / phases - shortest : 0;
  const tail = planeBytes - rows * rowBytes + gap;
  return { gap: alignUp(gap, BLOCK_ALIGNMENT), tail: alignUp(tail, BLOCK_ALIGNMENT) };
}

function planesFill(
  { block, head, planes }: PlanesPlace,
  gap: number,
  tail: number,
  value: number,
) {
  const { channels, planeBytes, phases } = planes;
  const rows = planes.rows * phases;
  const rowBytes = planes.rowBytes / phases;
  const between = { count: channels + 1, step: planeBytes };
  const regions: Region[] = [
    { block: block.name, offset: head - tail, bytes: tail, repeats: [between] },
  ];
  if (gap > 0 && rows > 1) {
    regions.push({
      block: block.name,
      offset: head + rowBytes - gap,
      bytes: gap,
      repeats: [
        { count: channels, step: planeBytes },
        { count: rows - 1, step: rowBytes },
      ],
    });
  }
  const start = { block, offset: head };
  const args = [start, channels, planeBytes, rows, rowBytes, gap, tail, value];
  return { family: "s16_frame", args, writes: regions };
}

/** Padded column 0 of row `row` of channel 0: what generated code takes. */
export function planesAddress({ block, head, planes }: PlanesPlace, row = 0): Address {
  const left = (planes.left / planes.phases) * ELEMENT_BYTES;
  return { block, offset: head - left + row * planes.rowBytes };
}

/** The image as views of its even and its odd columns, or as one. */
export function phaseViews(place: PlanesPlace): View[] {
  const { planes } = place;
  const { channels, rows, columns, phases } = planes;
  return Array.from({ length: Math.min(phases, columns) }, (_, phase) => ({
    block: place.block,
    offset: place.head + phase * planes.phaseBytes,
    shape: [1, channels, rows, Math.ceil((columns - phase) / phases)],
    steps: [0, planes.planeBytes, planes.rowBytes, ELEMENT_BYTES],
    elementBytes: ELEMENT_BYTES,
  }));
}

/** Rows `top` … `bottom` and columns `left` … `right` of all channels, both ends included. */
export function planesRegions(
  { block, head, planes }: PlanesPlace,
  [top, left, bottom, right]: readonly [number, number, number, number],
): Region[] {
  const { channels, planeBytes, rowBytes, phases, phaseBytes } = planes;
  return Array.from({ length: phases }, (_, phase) => {
    const first = Math.ceil((left - phase) / phases);
    const last = Math.floor((right - phase) / phases);
    return {
      block: block.name,
      offset: head + phase * phaseBytes + top * rowBytes + first * ELEMENT_BYTES,
      bytes: (last - first + 1) * ELEMENT_BYTES,
      repeats: [
        { count: channels, step: planeBytes },
        { count: bottom - top + 1, step: rowBytes },
      ],
    };
  }).filter(({ bytes }) => bytes > 0);
}

/**
 * What code writes that makes `channels`, ascending: their images, rows
 * rounded up to whole vectors.
 */
export function writtenRegions(place: PlanesPlace, channels: readonly number[]): Region[] {
  const { head, planes } = place;
  const { rows, columns, planeBytes } = planes;
  return runsOf(channels).flatMap(([first, count]) => {
    const part = {
      ...place,
      head: head + first * planeBytes,
      planes: { ...planes, channels: count },
    };
    return planesRegions(part, [0, 0, rows - 1, alignUp(columns, LANES) - 1]);
  });
}

/** Ascending numbers as runs of neighbours: the first, and how many. */
function runsOf(numbers: readonly number[]): (readonly [number, number])[] {
  const starts = numbers.filter((n, i) => i === 0 || n !== numbers[i - 1]! + 1);
  return starts.map((start, i) => {
    const next = starts[i + 1];
    const index = numbers.indexOf(start);
    const end = next === undefined ? numbers.length : numbers.indexOf(next);
    return [start, end - index];
  });
}

/** The image alone. */
export function imageRegions(place: PlanesPlace): Region[] {
  const { rows, columns } = place.planes;
  return planesRegions(place, [0, 0, rows - 1, columns - 1]);
}
