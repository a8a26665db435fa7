/**
 * @file Reads PGM and PPM pictures: `P2` and `P3` in text, `P5` and `P6` in bytes.
 *
 * **Source** the netpbm manual. Values are scaled to 0…255.
 */

import { badFormat } from "./locate.ts";

export interface NetpbmPicture {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

const MAGIC = /^P[2356]\s/;
/** Width, height and largest value, with comments between them; one space ends the header. */
const HEADER = /^P([2356])(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)\s/;
const LONGEST_HEADER = 1024;
const LARGEST_VALUE = 65535;

export function isNetpbm(bytes: Uint8Array): boolean {
  return MAGIC.test(latin1(bytes.subarray(0, 3)));
}

/** Decodes a picture; `at` names it in messages. @throws data/bad-format */
export function parseNetpbm(bytes: Uint8Array, at: string): NetpbmPicture {
  const header = HEADER.exec(latin1(bytes.subarray(0, LONGEST_HEADER)));
  if (header === null) throw badFormat(at, "byte 0: this is no PGM or PPM header");
  const [text, format, width, height, largest] = [header[0], ...header.slice(1).map(Number)] as [
    string,
    number,
    number,
    number,
    number,
  ];
  if (largest === 0 || largest > LARGEST_VALUE) {
    throw badFormat(at, `the largest value is ${largest}; it must be in 1…${LARGEST_VALUE}`);
  }
  const channels = format % 3 === 0 ? 3 : 1;
  const count = width * height * channels;
  const body = bytes.subarray(text.length);
  const values = format < 4 ? textValues(body, count) : binaryValues(body, count, largest);
  if (values === undefined) {
    throw badFormat(at, `byte ${text.length}: the picture ends before its ${count} values`);
  }
  const data = Uint8Array.from(values, value =>
    Math.round((Math.min(value, largest) * 255) / largest),
  );
  return { height, width, channels, data };
}

function textValues(body: Uint8Array, count: number): number[] | undefined {
  const words = latin1(body)
    .replace(/#[^\n]*/g, "")
    .split(/\s+/)
    .filter(word => word !== "");
  return words.length < count ? undefined : words.slice(0, count).map(Number);
}

function binaryValues(body: Uint8Array, count: number, largest: number): number[] | undefined {
  const bytesPerValue = largest < 256 ? 1 : 2;
  if (body.length < count * bytesPerValue) return undefined;
  return Array.from({ length: count }, (_, i) =>
    bytesPerValue === 1 ? body[i]! : body[2 * i]! * 256 + body[2 * i + 1]!,
  );
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
