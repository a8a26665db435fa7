/** @file Buffered text and bytes, to stdout or stderr. */

import { fd_write, proc_exit } from "./preview1";

const STDOUT = 1;
const STDERR = 2;
/** Exit code when not even a message can be written. */
const EXIT_IO = 1;

let fd: i32 = STDOUT;
let buffer: usize = 0;
let capacity: usize = 0;
let used: usize = 0;
/** 12 bytes: one pair of address and length, and the number of bytes written. */
let vector: usize = 0;

export function openWriter(vectorAt: usize, bufferAt: usize, bytes: usize): void {
  fd = STDOUT;
  vector = vectorAt;
  buffer = bufferAt;
  capacity = bytes;
  used = 0;
}

/** Drops what is pending; what follows goes to stderr. */
export function switchToStderr(): void {
  fd = STDERR;
  used = 0;
}

export function putByte(byte: i32): void {
  if (used == capacity) flush();
  store<u8>(buffer + used, <u8>byte);
  used++;
}

/** Writes all that is pending. A write may take several calls. */
export function flush(): void {
  let start = buffer;
  const end = buffer + used;
  while (start < end) {
    store<usize>(vector, start);
    store<usize>(vector, end - start, 4);
    if (fd_write(fd, vector, 1, vector + 8) != 0) proc_exit(EXIT_IO);
    start += load<usize>(vector, 8);
  }
  used = 0;
}

export function putBytes(from: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) putByte(load<u8>(from + i));
}

/** Writes a text of this program, made by `text`. */
export function put(from: usize): void {
  for (; load<u8>(from) != 0; from++) putByte(load<u8>(from));
}

export function putInteger(value: i64): void {
  if (value < 0) putByte(0x2d);
  let rest = <u64>(value < 0 ? -value : value);
  let power: u64 = 1;
  while (rest / power >= 10) power *= 10;
  for (; power != 0; power /= 10) {
    putByte(0x30 + <i32>(rest / power));
    rest %= power;
  }
}
