/** @file Sections of slots, taken apart and put together wrongly. */

import {
  type LayerSlot,
  readSlots,
  unsigned,
  writeSlots,
} from "../compiler/specialize/layer-slots.ts";

/** The first `count` numbers. */
export function numbersOf(content: Uint8Array, count: number): Uint8Array {
  const ends = [...content.keys()].filter(at => content[at]! < 128);
  return content.slice(0, ends[count - 1]! + 1);
}

/** What precedes the checksum. */
export function unsealed(content: Uint8Array): Uint8Array {
  const last = content.subarray(0, -1).findLastIndex(byte => byte < 128);
  return content.slice(0, last + 1);
}

/** `content` with its checksum behind. */
export function sealed(content: Uint8Array): Uint8Array {
  let sum = 0x811c9dc5;
  for (const byte of content) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  return Uint8Array.from([...content, ...unsigned(sum)]);
}

/** Every slot twice. */
export function moreSlots(content: Uint8Array): Uint8Array {
  const slots = readSlots(content) as LayerSlot[];
  return writeSlots([...slots, ...slots]);
}
