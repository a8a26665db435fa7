/** @file Reads and writes the pieces that WebAssembly's binary format is made of. */

import { InternalError } from "../../model/diagnostics/diagnostic.ts";

/** Bits of a byte of a LEB128 number, and the mark that another byte follows. */
const GROUP_BITS = 7;
const MORE = 0x80;
/** Bytes of a number of 32 bits. */
const MAX_GROUPS = 5;

/** Goes through bytes from front to back. */
export class BinaryReader {
  readonly #bytes: Uint8Array;
  #position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#position];
    if (byte === undefined) throw new InternalError(`the module ends at byte ${this.#position}`);
    this.#position++;
    return byte;
  }

  bytes(count: number): Uint8Array {
    const end = this.#position + count;
    if (end > this.#bytes.length) {
      throw new InternalError(
        `the module needs ${count} bytes at ${this.#position} of ${this.#bytes.length}`,
      );
    }
    const found = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return found;
  }

  /** An unsigned LEB128 number of 32 bits. */
  unsigned(): number {
    let value = 0;
    for (let group = 0; group < MAX_GROUPS; group++) {
      const byte = this.byte();
      value += (byte & (MORE - 1)) * 2 ** (GROUP_BITS * group);
      if (byte < MORE) return value;
    }
    throw new InternalError(`the number before byte ${this.#position} is too long`);
  }

  /** A length and that many bytes of UTF-8. */
  name(): string {
    return new TextDecoder().decode(this.bytes(this.unsigned()));
  }
}

/** `value` as unsigned LEB128. */
export function unsignedBytes(value: number): Uint8Array {
  const groups: number[] = [];
  let rest = value;
  while (rest >= MORE) {
    groups.push((rest % MORE) | MORE);
    rest = Math.floor(rest / MORE);
  }
  return Uint8Array.from([...groups, rest]);
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
