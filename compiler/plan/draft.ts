/**
 * @file A plan in the making: calls whose operands have no addresses yet.
 *
 * Equal constants share one block. The border of a buffer with a halo is
 * filled right before the first call that writes to the buffer.
 */

import { digestOf } from "../../core/hash.ts";
import { regionOf } from "./loops.ts";
import type { Region, StaticRole } from "./plan.ts";
import {
  type Block,
  type ConstantBlock,
  extendView,
  type Halo,
  imageOf,
  sliceView,
  type View,
} from "./view.ts";

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
    for (const border of borders(frame)) {
      const { block, offset, shape, steps } = border;
      const rows = shape[1]!;
      const bytes = shape[2]! * steps[2]!;
      const args = [{ block, offset }, rows, bytes, steps[1]!, frame.value];
      const region: Region = {
        block: block.name,
        offset,
        bytes,
        repeats: rows > 1 ? [{ count: rows, step: steps[1]! }] : [],
      };
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

/** Views, one image each, whose rows of whole pixels make up the border. */
function borders({ interior, halo }: Frame): View[] {
  const { top, left, bottom, right } = halo;
  const [batch, height, width] = interior.shape as [number, number, number];
  const views: View[] = [];
  for (let n = 0; n < batch; n++) {
    const whole = extendView(imageOf(interior, n), halo);
    const body = sliceView(whole, 1, top, height);
    views.push(
      sliceView(whole, 1, 0, top),
      sliceView(body, 2, 0, left),
      sliceView(body, 2, left + width, right),
      sliceView(whole, 1, top + height, bottom),
    );
  }
  return views.filter(view => view.shape[1]! > 0 && view.shape[2]! > 0);
}
