/**
 * @file Proves that a division over threads is sound, or says why not.
 *
 * Shares nothing with what divides: it believes only the addresses. It replays
 * the steps on a shadow of memory that remembers, for every byte, which thread
 * touched it in the step, and which calls touched it at all. Threads of one
 * step may share a byte only to read it; calls that touch a byte, one of them
 * writing, keep the order of the plan; and all that the calls of the plan
 * write is written. What a thread keeps for itself may be written in any order:
 * only the call before is believed to have left there what a call reads.
 */

import type { Extent } from "../check-memory.ts";

/** What the checker takes for granted. */
export interface StepClaims {
  readonly arenaOffset: number;
  readonly totalBytes: number;
  /** The calls of the plan, one after the other. */
  readonly calls: readonly { readonly writes: readonly Extent[] }[];
  /** Blocks that a thread keeps for itself, in place of one of the plan's. */
  readonly own: ReadonlySet<string>;
  /** Per step, per thread. */
  readonly steps: readonly (readonly (readonly SharedCall[])[])[];
}

export interface SharedCall {
  readonly kernel: string;
  /** The call of the plan that it is, or is part of. */
  readonly origin: number;
  readonly reads: readonly Extent[];
  readonly writes: readonly Extent[];
}

/** What is wrong with the division; nothing if it is sound. */
export function checkSteps(claims: StepClaims): string[] {
  const shadow = new StepShadow(claims);
  for (const [step, threads] of claims.steps.entries()) {
    for (const [thread, calls] of threads.entries()) {
      const who = `step ${step}, thread ${thread}`;
      for (const call of calls) shadow.touch(call, thread + 1, who);
    }
    shadow.endStep();
  }
  return [...shadow.faults, ...coverageFaults(claims)];
}

const NOBODY = 0;
/** Marks a byte that several threads read. */
const SEVERAL = 255;

class StepShadow {
  readonly faults: string[] = [];
  readonly #arenaOffset: number;
  readonly #own: ReadonlySet<string>;
  /** In this step: who wrote, and who read. */
  readonly #writer: Uint8Array;
  readonly #reader: Uint8Array;
  /** The latest call of the plan that wrote, and read, plus one. */
  readonly #written: Uint32Array;
  readonly #read: Uint32Array;

  constructor({ arenaOffset, totalBytes, own }: StepClaims) {
    const bytes = totalBytes - arenaOffset;
    this.#arenaOffset = arenaOffset;
    this.#own = own;
    this.#writer = new Uint8Array(bytes);
    this.#reader = new Uint8Array(bytes);
    this.#written = new Uint32Array(bytes);
    this.#read = new Uint32Array(bytes);
  }

  endStep(): void {
    this.#writer.fill(NOBODY);
    this.#reader.fill(NOBODY);
  }

  touch({ kernel, origin, reads, writes }: SharedCall, thread: number, step: string): void {
    const who = `${step}: call ${origin} (${kernel})`;
    for (const extent of reads) {
      // Constants lie below the arena, and nobody writes there.
      if (extent.offset < this.#arenaOffset) continue;
      const isOwn = this.#own.has(extent.block);
      this.#visit(extent, at => this.#readByte(at, thread, origin + 1, isOwn), `${who} reads`);
    }
    for (const extent of writes) {
      const isOwn = this.#own.has(extent.block);
      this.#visit(extent, at => this.#writeByte(at, thread, origin + 1, isOwn), `${who} writes`);
    }
  }

  /** What is wrong with it, as a clause. */
  #readByte(at: number, thread: number, call: number, isOwn: boolean): string | undefined {
    const writer = this.#writer[at]!;
    if (writer !== NOBODY && writer !== thread) return "which another thread writes";
    if (this.#written[at]! > call) return "which a later call wrote";
    if (isOwn && this.#written[at] !== call - 1) return "which the call before did not write";
    const reader = this.#reader[at]!;
    this.#reader[at] = reader === NOBODY || reader === thread ? thread : SEVERAL;
    if (this.#read[at]! < call) this.#read[at] = call;
    return undefined;
  }

  #writeByte(at: number, thread: number, call: number, isOwn: boolean): string | undefined {
    const [writer, reader] = [this.#writer[at]!, this.#reader[at]!];
    if (writer !== NOBODY && writer !== thread) return "which another thread writes";
    if (reader !== NOBODY && reader !== thread) return "which another thread reads";
    const isLate = this.#written[at]! > call || this.#read[at]! > call;
    if (isLate && !isOwn) return "which a later call touched";
    this.#writer[at] = thread;
    this.#written[at] = call;
    return undefined;
  }

  /** Visits every byte, up to the first fault. */
  #visit(extent: Extent, visit: (at: number) => string | undefined, who: string): void {
    for (const start of startsOf(extent)) {
      const end = start + extent.bytes - this.#arenaOffset;
      for (let at = start - this.#arenaOffset; at < end; at++) {
        const fault = visit(at);
        if (fault === undefined) continue;
        this.faults.push(`${who} byte ${at + this.#arenaOffset}, ${fault}`);
        return;
      }
    }
  }
}

function startsOf({ offset, repeats }: Extent): number[] {
  let starts = [offset];
  for (const { count, step } of repeats) {
    starts = starts.flatMap(start => Array.from({ length: count }, (_, k) => start + k * step));
  }
  return starts;
}

/** Calls of the plan whose parts, together, write something else. */
function* coverageFaults({ calls, steps, own }: StepClaims): Generator<string> {
  const parts: SharedCall[][] = calls.map(() => []);
  for (const call of steps.flat(2)) parts[call.origin]!.push(call);
  for (const [index, { writes }] of calls.entries()) {
    const done = parts[index]!.flatMap(part => part.writes);
    const moved = done.filter(({ block }) => own.has(block));
    const kept = done.filter(({ block }) => !own.has(block));
    const others = moved.reduce<readonly Extent[]>(without, writes);
    const isWhole = others.length + moved.length === writes.length;
    if (parts[index]!.length > 0 && isWhole && bytesIn(kept) === bytesIn(others)) continue;
    yield `call ${index} of the plan is not done as a whole`;
  }
}

/** `writes` less one that is as long as `moved`, which a thread does elsewhere. */
function without(writes: readonly Extent[], moved: Extent): readonly Extent[] {
  const index = writes.findIndex(({ bytes }) => bytes === moved.bytes);
  return index < 0 ? writes : writes.toSpliced(index, 1);
}

/** The bytes that `extents` cover, as text. */
function bytesIn(extents: readonly Extent[]): string {
  const runs = extents.flatMap(extent => startsOf(extent).map(start => [start, extent.bytes]));
  const merged: [number, number][] = [];
  for (const [start, bytes] of runs.sort((a, b) => a[0]! - b[0]!) as [number, number][]) {
    const last = merged.at(-1);
    if (last === undefined || start > last[1]) merged.push([start, start + bytes]);
    else last[1] = Math.max(last[1], start + bytes);
  }
  return merged.map(([start, end]) => `${start}-${end}`).join(" ");
}
