/**
 * @file Where a value lies that is kept as channel planes (compiler/specialize/planes.ts).
 *
 * **Layout** of a buffer: the image's rows, in each the lines of all channels,
 * one after the other, so that windows read memory in order; and before and
 * behind them as many rows as the halo is high. Lines start at multiples of 16
 * bytes and have room for whole vectors. The halo is shared: what follows a
 * line is its right halo and the left one of the next. With two phases every
 * line is two half lines, even columns first.
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
  const halfLine = alignUp(room, LANES / phases) * ELEMENT_BYTES;
  const planeBytes = halfLine * phases;
  return {
    channels: channels!,
    rows: rows!,
    columns: columns!,
    planeBytes,
    rowBytes: spreadRows(channels! * planeBytes, halo),
    left,
    phases,
    phaseBytes: phases === 2 ? halfLine : 0,
  };
}

/** Bytes that a cache moves at once. */
const CACHE_LINE = 64;

/**
 * `rowBytes` with room behind: for the halo of the last line, and such that
 * windows over several rows do not crowd into the same places of a cache.
 */
function spreadRows(rowBytes: number, halo: Halo): number {
  const room = halo.left + halo.right > 0 ? BLOCK_ALIGNMENT : 0;
  const lines = Math.ceil((rowBytes + room) / CACHE_LINE);
  return (lines % 2 === 0 ? lines + 1 : lines) * CACHE_LINE;
}

/** A buffer for such planes, and how its halo is filled with `value`, if it has one. */
export function planesBuffer(
  name: string,
  shape: readonly number[],
  need: PlanesNeed,
  value: number,
): { readonly place: PlanesPlace; readonly frame: readonly Fill[] } {
  const planes = planesFor(shape, need);
  const runs = haloRuns(planes, need.halo);
  const { rowBytes } = planes;
  const head = need.halo.top * rowBytes + runs.between;
  const bytes = head + (planes.rows + need.halo.bottom) * rowBytes;
  const place: PlanesPlace = { block: { kind: "buffer", name, bytes }, head, planes };
  return { place, frame: hasHalo(need.halo) ? haloFills(place, runs, value) : [] };
}

interface HaloRuns {
  /** Bytes above the first row, and below what follows the last. */
  readonly top: number;
  readonly bottom: number;
  /** Before every row, and behind the last. */
  readonly between: number;
  /** Before a half line that is not the first of its row. */
  readonly gap: number;
}

/** In whole vectors: they may cover the end of what comes before, which is not written yet. */
function haloRuns(
  { channels, columns, planeBytes, rowBytes, phases }: Planes,
  halo: Halo,
): HaloRuns {
  const isWide = halo.left + halo.right > 0;
  const shortest = Math.floor(columns / phases) * ELEMENT_BYTES;
  const gap = isWide ? alignUp(planeBytes / phases - shortest, BLOCK_ALIGNMENT) : 0;
  const between = isWide ? rowBytes - channels * planeBytes + gap : 0;
  return { top: halo.top * rowBytes, bottom: halo.bottom * rowBytes, between, gap };
}

function haloFills(place: PlanesPlace, { top, bottom, between, gap }: HaloRuns, value: number) {
  const { block, head, planes } = place;
  const { channels, rows, rowBytes, phases } = planes;
  const halfLine = planes.planeBytes / phases;
  const fills: Fill[] = [];
  for (const [bytes, end] of [
    [top, head - between],
    [bottom, head + rows * rowBytes + bottom],
  ] as const) {
    if (bytes === 0) continue;
    const writes = [{ block: block.name, offset: end - bytes, bytes, repeats: [] }];
    const args = [{ block, offset: end }, 0, 0, 0, 0, 0, bytes, value];
    fills.push({ family: "s16_frame", args, writes });
  }
  if (between === 0) return fills;
  const writes: Region[] = [
    {
      ...{ block: block.name, offset: head - between, bytes: between },
      repeats: [{ count: rows + 1, step: rowBytes }],
    },
  ];
  if (channels * phases > 1) {
    writes.push({
      ...{ block: block.name, offset: head + halfLine - gap, bytes: gap },
      repeats: [
        { count: rows, step: rowBytes },
        { count: channels * phases - 1, step: halfLine },
      ],
    });
  }
  const start = { block, offset: head };
  const args = [start, rows, rowBytes, channels * phases, halfLine, gap, between, value];
  fills.push({ family: "s16_frame", args, writes });
  return fills;
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

/** Rows of an image: the first, and how many. */
export interface RowRange {
  readonly first: number;
  readonly count: number;
}

export function allRows({ planes }: PlanesPlace): RowRange {
  return { first: 0, count: planes.rows };
}

/**
 * What code writes that makes `channels`, ascending: their images, rows
 * rounded up to whole vectors.
 */
export function writtenRegions(
  place: PlanesPlace,
  channels: readonly number[],
  rows = allRows(place),
): Region[] {
  const { head, planes } = place;
  const { columns, planeBytes } = planes;
  const last = rows.first + rows.count - 1;
  return runsOf(channels).flatMap(([first, count]) => {
    const part = {
      ...place,
      head: head + first * planeBytes,
      planes: { ...planes, channels: count },
    };
    return planesRegions(part, [rows.first, 0, last, alignUp(columns, LANES) - 1]);
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
export function imageRegions(place: PlanesPlace, { first, count } = allRows(place)): Region[] {
  return planesRegions(place, [first, 0, first + count - 1, place.planes.columns - 1]);
}
