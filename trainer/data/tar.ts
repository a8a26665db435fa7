/** @file Reads the plain files of a tar archive. **Source** POSIX.1-1988, ustar. */

import { badFormat } from "./locate.ts";

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const SIZE_OFFSET = 124;
const SIZE_BYTES = 12;
const TYPE_OFFSET = 156;
const PREFIX_OFFSET = 345;
const PREFIX_BYTES = 155;
/** Type flags of a plain file: "0", or NUL in old archives. */
const PLAIN_FILE = new Set(["0", ""]);

export interface TarFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** The files of the archive `bytes`, as views into it. @throws data/bad-format */
export function readTar(bytes: Uint8Array, at: string): TarFile[] {
  const files: TarFile[] = [];
  let offset = 0;
  while (offset + BLOCK_BYTES <= bytes.length && bytes[offset] !== 0) {
    const header = bytes.subarray(offset, offset + BLOCK_BYTES);
    const sizeText = textAt(header, SIZE_OFFSET, SIZE_BYTES).trim();
    const size = Number.parseInt(sizeText, 8);
    const start = offset + BLOCK_BYTES;
    if (!/^[0-7]+$/.test(sizeText) || start + size > bytes.length) {
      throw badFormat(at, `byte ${offset}: the archive is damaged or cut off here`);
    }
    const prefix = textAt(header, PREFIX_OFFSET, PREFIX_BYTES);
    const name = textAt(header, 0, NAME_BYTES);
    if (PLAIN_FILE.has(textAt(header, TYPE_OFFSET, 1))) {
      const data = bytes.subarray(start, start + size);
      files.push({ name: prefix === "" ? name : `${prefix}/${name}`, data });
    }
    offset = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return files;
}

/** The NUL-terminated text of a header field. */
function textAt(header: Uint8Array, offset: number, length: number): string {
  const field = header.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
