/**
 * @file Proves that a memory plan is sound, or says why not.
 *
 * Shares nothing with the planner: it believes only the addresses. First the
 * records: inside memory, and apart wherever two lives meet. Then it replays
 * the calls on a shadow of the arena that remembers which buffer last wrote
 * each byte: a call may read a byte only while that byte is its own buffer's.
 */

import type { BufferRecord } from "../../core/abi.ts";

/** `bytes` neighbours at `offset`, repeated at the steps of `repeats`. */
export interface Extent {
  readonly block: string;
  readonly offset: number;
  readonly bytes: number;
  readonly repeats: readonly { readonly count: number; readonly step: number }[];
}

/** What the checker takes for granted. */
export interface MemoryClaims {
  readonly totalBytes: number;
  /** Bytes past any buffer that kernels may read. */
  readonly overreadBytes: number;
  /** Addresses below this belong to the kernel library. */
  readonly reservedBytes: number;
  /** Read-only blocks, below the arena. */
  readonly statics: readonly StaticRecord[];
  readonly arenaOffset: number;
  readonly buffers: readonly BufferRecord[];
  /** Written before the first call. */
  readonly inputs: readonly Extent[];
  /** Read after the last call. */
  readonly outputs: readonly Extent[];
  readonly calls: readonly {
    readonly kernel: string;
    readonly reads: readonly Extent[];
    readonly writes: readonly Extent[];
  }[];
}

export interface StaticRecord {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** What is wrong with the plan; nothing if it is sound. */
export function checkMemory(claims: MemoryClaims): string[] {
  const faults = [...recordFaults(claims), ...overlapFaults(claims.buffers)];
  return faults.length > 0 ? faults : replay(claims);
}

function* recordFaults(claims: MemoryClaims): Generator<string> {
  const { statics, buffers, arenaOffset, totalBytes, overreadBytes } = claims;
  const sorted = statics.toSorted((a, b) => a.offset - b.offset);
  let end = claims.reservedBytes;
  for (const { name, offset, bytes } of sorted) {
    if (offset < end) yield `static block ${name} starts at ${offset}, inside what precedes it`;
    end = offset + bytes;
    if (end > arenaOffset) yield `static block ${name} ends at ${end}, inside the arena`;
  }
  const limit = totalBytes - overreadBytes;
  for (const { name, offset, bytes, firstUse, lastUse } of buffers) {
    if (offset < arenaOffset || offset + bytes > limit) {
      yield `buffer ${name} is outside the arena: ${offset} + ${bytes} bytes`;
    }
    if (firstUse > lastUse) yield `buffer ${name} dies at ${lastUse}, before ${firstUse}`;
  }
}

function* overlapFaults(buffers: readonly BufferRecord[]): Generator<string> {
  for (const [index, a] of buffers.entries()) {
    for (const b of buffers.slice(index + 1)) {
      const together = a.firstUse <= b.lastUse && b.firstUse <= a.lastUse;
      const share = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
      if (together && share) yield `buffers ${a.name} and ${b.name} overlap while both are live`;
    }
  }
}

function replay(claims: MemoryClaims): string[] {
  const shadow = new Shadow(claims);
  for (const input of claims.inputs) shadow.write(input, 0, "the host");
  for (const [index, { kernel, reads, writes }] of claims.calls.entries()) {
    const who = `call ${index} (${kernel})`;
    for (const extent of reads) shadow.read(extent, index, who);
    for (const extent of writes) shadow.write(extent, index, who);
  }
  const last = Math.max(0, claims.calls.length - 1);
  for (const output of claims.outputs) shadow.read(output, last, "the host");
  return shadow.faults;
}

/** Which buffer's value each byte of the arena holds. */
class Shadow {
  readonly faults: string[] = [];
  /** By buffer, the extents that were found to be its own and that no other wrote into since. */
  readonly #intact = new Map<number, Set<string>>();
  readonly #statics: ReadonlyMap<string, StaticRecord>;
  readonly #buffers: ReadonlyMap<string, BufferRecord & { readonly owner: number }>;
  readonly #arenaOffset: number;
  readonly #owners: Uint32Array;

  constructor({ statics, buffers, arenaOffset, totalBytes }: MemoryClaims) {
    this.#statics = new Map(statics.map(record => [record.name, record]));
    this.#buffers = new Map(buffers.map((record, i) => [record.name, { ...record, owner: i + 1 }]));
    this.#arenaOffset = arenaOffset;
    this.#owners = new Uint32Array(totalBytes - arenaOffset);
  }

  read(extent: Extent, index: number, who: string): void {
    const constant = this.#statics.get(extent.block);
    if (constant !== undefined) {
      if (!contains(constant, extent)) this.faults.push(`${who} reads outside ${extent.block}`);
      return;
    }
    const owner = this.#ownerFor(extent, index, who);
    if (owner === undefined) return;
    const intact = this.#intact.get(owner) ?? new Set();
    this.#intact.set(owner, intact);
    const key = keyOf(extent);
    if (intact.has(key)) return;
    for (const start of this.#runs(extent)) {
      const found = this.#ownedUpTo(owner, start, start + extent.bytes);
      if (found < start + extent.bytes) {
        const address = found + this.#arenaOffset;
        this.faults.push(`${who} reads byte ${address}, where ${extent.block} is not`);
        return;
      }
    }
    intact.add(key);
  }

  write(extent: Extent, index: number, who: string): void {
    if (this.#statics.has(extent.block)) {
      this.faults.push(`${who} writes to the static block ${extent.block}`);
      return;
    }
    const owner = this.#ownerFor(extent, index, who);
    if (owner === undefined) return;
    for (const start of this.#runs(extent)) this.#owners.fill(owner, start, start + extent.bytes);
    this.#forget(extent, owner);
  }

  /** What was found of the buffers, but for `owner`, that `extent` reaches into. */
  #forget(extent: Extent, owner: number): void {
    const end = endOf(extent);
    for (const buffer of this.#buffers.values()) {
      if (buffer.owner === owner || buffer.offset >= end) continue;
      if (extent.offset < buffer.offset + buffer.bytes) this.#intact.delete(buffer.owner);
    }
  }

  #ownerFor(extent: Extent, index: number, who: string): number | undefined {
    const buffer = this.#buffers.get(extent.block);
    if (buffer === undefined) {
      this.faults.push(`${who} touches ${extent.block}, which is not in memory`);
    } else if (!contains(buffer, extent)) {
      this.faults.push(`${who} reaches outside ${extent.block}`);
    } else if (index < buffer.firstUse || index > buffer.lastUse) {
      this.faults.push(`${who} touches ${extent.block} outside its life`);
    } else {
      return buffer.owner;
    }
    return undefined;
  }

  /** The first byte from `start` on that `owner` does not hold; `end` if there is none. */
  #ownedUpTo(owner: number, start: number, end: number): number {
    let at = start;
    while (at < end && this.#owners[at] === owner) at++;
    return at;
  }

  /** Starts of all runs, relative to the arena. */
  #runs({ offset, repeats }: Extent): number[] {
    let starts = [offset - this.#arenaOffset];
    for (const { count, step } of repeats) {
      starts = starts.flatMap(start => Array.from({ length: count }, (_, k) => start + k * step));
    }
    return starts;
  }
}

function contains(record: { readonly offset: number; readonly bytes: number }, extent: Extent) {
  return extent.offset >= record.offset && endOf(extent) <= record.offset + record.bytes;
}

function endOf({ offset, bytes, repeats }: Extent): number {
  return offset + bytes + repeats.reduce((sum, { count, step }) => sum + (count - 1) * step, 0);
}

/** What equal extents of one block share. */
function keyOf({ offset, bytes, repeats }: Extent): string {
  return `${offset} ${bytes} ${repeats.map(({ count, step }) => `${count}*${step}`).join(" ")}`;
}
