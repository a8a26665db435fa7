/**
 * @file A plan in the making: calls whose operands have no addresses yet.
 *
 * Equal constants share one block. The border of a buffer with a halo is
 * filled right before the first call that writes to the buffer.
 */

import { digestOf } from "../../core/hash.ts";
import type { Work } from "../costs/work.ts";
import type { Argument } from "./argument.ts";
import type { Fill } from "./frame.ts";
import { regionOf } from "./loops.ts";
import type { CodeBlock, Region, StaticRole } from "./plan.ts";
import { workOf } from "./touched-work.ts";
import type { BufferBlock, ConstantBlock, View } from "./view.ts";

export interface DraftCall {
  readonly kernel: string;
  readonly args: readonly Argument[];
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
  readonly value: string;
  readonly work: Work;
  readonly share?: number;
  /** Of a call through a slot: where the loader puts the data of code. */
  readonly room?: ConstantBlock;
}

/** What a call touches. */
export interface Touch {
  readonly reads: readonly (View | Region)[];
  readonly writes: readonly (View | Region)[];
  /** What the call does, for the planner's costs; what it touches, unless told. */
  readonly work?: Work;
  /** The part of a result that the call makes, and the thread that makes it. */
  readonly share?: number;
}

export class Draft {
  readonly calls: DraftCall[] = [];
  /** Functions that were written for this plan. */
  readonly code: CodeBlock[] = [];
  /** Memory that the calls of a node use among themselves, by name. */
  readonly buffers = new Map<string, BufferBlock>();
  readonly #constants = new Map<string, ConstantBlock>();
  readonly #frames: ReadonlyMap<string, readonly Fill[]>;
  readonly #filled = new Set<string>();
  readonly #kernel: (family: string) => string;

  /** `frames` by buffer name; `kernel` names the kernel of a family. */
  constructor(frames: ReadonlyMap<string, readonly Fill[]>, kernel: (family: string) => string) {
    this.#frames = frames;
    this.#kernel = kernel;
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

  /** A block of its own that a loader writes, not the module. */
  reserve(name: string, bytes: number): ConstantBlock {
    const data = new Uint8Array(bytes);
    const block: ConstantBlock = { kind: "constant", name, role: "reserved", data };
    this.#constants.set(`reserved:${name}`, block);
    return block;
  }

  /** Memory of which nothing is known when a node's calls begin. */
  scratch(name: string, bytes: number): BufferBlock {
    const block: BufferBlock = { kind: "buffer", name, bytes };
    this.buffers.set(name, block);
    return block;
  }

  /** Adds a function of the layer `layer`, unless it is there; returns the name that calls use for it. */
  addCode(layer: string, body: Uint8Array): string {
    const known = this.code.find(block => block.layer === layer && block.body === body);
    if (known !== undefined) return known.name;
    const name = `code:${layer}/${this.code.filter(block => block.layer === layer).length}`;
    this.code.push({ name, layer, body });
    return name;
  }

  call(
    kernel: string,
    args: readonly Argument[],
    touch: Touch,
    value: string,
    room?: ConstantBlock,
  ): void {
    const reads = touch.reads.map(asRegion);
    const writes = touch.writes.map(asRegion);
    for (const { block } of writes) this.fillFrame(block);
    const work = touch.work ?? workOf(reads, writes);
    const { share } = touch;
    this.calls.push({
      ...{ kernel, args, reads, writes, value, work },
      ...(share !== undefined && { share }),
      ...(room && { room }),
    });
  }

  #distinct(name: string): string {
    const taken = this.constants.filter(block => block.name.startsWith(name)).length;
    return taken === 0 ? name : `${name} (${taken + 1})`;
  }

  /** Fills the halo of a buffer, if it has one; else this happens before the first call that writes there. */
  fillFrame(name: string): void {
    const frame = this.#frames.get(name);
    if (frame === undefined || this.#filled.has(name)) return;
    this.#filled.add(name);
    for (const { family, args, writes } of frame) {
      this.call(this.#kernel(family), args, { reads: [], writes }, `${name} (halo)`);
    }
  }
}

function asRegion(touched: View | Region): Region {
  if ("repeats" in touched) return touched;
  return regionOf(touched);
}
