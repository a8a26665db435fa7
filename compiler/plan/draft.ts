/**
 * @file A plan in the making: calls whose operands have no addresses yet.
 *
 * Equal constants share one block. The border of a buffer with a halo is
 * filled right before the first call that writes to the buffer.
 */

import { digestOf } from "../../core/hash.ts";
import { regionOf } from "./loops.ts";
import type { Region, StaticRole } from "./plan.ts";
import type { Block, ConstantBlock, Halo, View } from "./view.ts";

/** A place within a block, to be an address. */
export interface Address {
  readonly block: Block;
  readonly offset: number;
}

export type Argument = number | Address;

export interface DraftCall {
  readonly kernel: string;
  readonly args: readonly Argument[];
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
  readonly value: string;
}

/** What a call touches. */
export interface Touch {
  readonly reads: readonly (View | Region)[];
  readonly writes: readonly (View | Region)[];
}

/** The border of a buffer: room around each image, every byte of one value. */
export interface Frame {
  readonly interior: View;
  readonly halo: Halo;
  readonly value: number;
}

export class Draft {
  readonly calls: DraftCall[] = [];
  readonly #constants = new Map<string, ConstantBlock>();
  readonly #frames: ReadonlyMap<string, Frame>;
  readonly #filled = new Set<string>();
  readonly #fill: () => string;

  /** `frames` by buffer name; `fill` names the kernel that fills bytes. */
  constructor(frames: ReadonlyMap<string, Frame>, fill: () => string) {
    this.#frames = frames;
    this.#fill = fill;
  }

  /** The blocks in order of first use. */
  get constants(): readonly ConstantBlock[] {
    return [...this.#constants.values()];
  }

  /** A block that holds `data`; an equal one if there is one. */
  constant(role: StaticRole, data: Uint8Array, name: string): ConstantBlock {
    const key = `${role}:${digestOf(data)}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const block: ConstantBlock = { kind: "constant", name: this.#distinct(name), role, data };
    this.#constants.set(key, block);
    return block;
  }

  call(kernel: string, args: readonly Argument[], touch: Touch, value: string): void {
    const reads = touch.reads.map(asRegion);
    const writes = touch.writes.map(asRegion);
    for (const { block } of writes) this.#fillFrame(block);
    this.calls.push({ kernel, args, reads, writes, value });
  }

  #distinct(name: string): string {
    const taken = this.constants.filter(block => block.name.startsWith(name)).length;
    return taken === 0 ? name : `${name} (${taken + 1})`;
  }

  #fillFrame(name: string): void {
    const frame = this.#frames.get(name);
    if (frame === undefined || this.#filled.has(name)) return;
    this.#filled.add(name);
    const { block } = frame.interior;
    for (const { offset, bytes, rows, step } of borderRuns(frame)) {
      const repeats = rows > 1 ? [{ count: rows, step }] : [];
      const region: Region = { block: name, offset, bytes, repeats };
      const args = [{ block, offset }, rows, bytes, step, frame.value];
      this.call(this.#fill(), args, { reads: [], writes: [region] }, `${name} (halo)`);
    }
  }
}

export function addressOf(view: View): Address {
  return { block: view.block, offset: view.offset };
}

function asRegion(touched: View | Region): Region {
  if ("repeats" in touched) return touched;
  return regionOf(touched);
}

/**
 * The border as runs of bytes: from the first byte to the first pixel, the
 * gaps between rows of pixels, from the last pixel to the end; per image.
 */
function borderRuns({ interior, halo }: Frame): Run[] {
  const [batch, height] = interior.shape as [number, number];
  const [imageStep, rowStep, pixelStep] = interior.steps as [number, number, number];
  const { top, left, bottom, right } = halo;
  const head = top * rowStep + left * pixelStep;
  const gap = (left + right) * pixelStep;
  const tail = right * pixelStep + bottom * rowStep;
  const body = rowStep - gap;
  const runs = Array.from({ length: batch }, (_, n) => {
    const first = interior.offset + n * imageStep;
    const last = first + (height - 1) * rowStep;
    return [
      { offset: first - head, bytes: head, rows: 1, step: rowStep },
      { offset: first + body, bytes: gap, rows: height - 1, step: rowStep },
      { offset: last + body, bytes: tail, rows: 1, step: rowStep },
    ];
  });
  return runs.flat().filter(({ bytes, rows }) => bytes > 0 && rows > 0);
}

interface Run {
  readonly offset: number;
  readonly bytes: number;
  readonly rows: number;
  readonly step: number;
}
