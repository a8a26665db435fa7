/** @file Buffered bytes from stdin, which may come in any number of reads. */

import { fail } from "./fail";
import { fd_read } from "./preview1";

const STDIN = 0;

let buffer: usize = 0;
let capacity: usize = 0;
/** Unread bytes are those in start…end. */
let start: usize = 0;
let end: usize = 0;
let vector: usize = 0;

export function openReader(vectorAt: usize, bufferAt: usize, bytes: usize): void {
  vector = vectorAt;
  buffer = bufferAt;
  capacity = bytes;
  start = buffer;
  end = buffer;
}

/** Reads once more; whether there was something to read. */
function refill(): bool {
  store<usize>(vector, end);
  store<usize>(vector, buffer + capacity - end, 4);
  if (fd_read(STDIN, vector, 1, vector + 8) != 0) {
    fail(text("run/io"), text("stdin cannot be read"));
  }
  const count = load<usize>(vector, 8);
  end += count;
  return count > 0;
}

/** Makes `count` bytes, at most a bufferful, available; fewer only at the end of the input. */
export function available(count: usize): usize {
  if (end - start < count) {
    memory.copy(buffer, start, end - start);
    end = buffer + (end - start);
    start = buffer;
    while (end - start < count && refill()) {}
  }
  return end - start;
}

/** The byte `ahead` of the next one, or −1. */
export function peek(ahead: usize): i32 {
  return available(ahead + 1) > ahead ? <i32>load<u8>(start + ahead) : -1;
}

/** Takes the next byte, or −1. */
export function take(): i32 {
  if (start == end && available(1) == 0) return -1;
  return load<u8>(start++);
}

/** Takes `count` bytes to `to`; returns how many there were. */
export function takeBytes(to: usize, count: i32): i32 {
  for (let i = 0; i < count; i++) {
    const byte = take();
    if (byte < 0) return i;
    store<u8>(to + i, <u8>byte);
  }
  return count;
}

/** Takes and counts all that is left. */
export function drain(): i32 {
  let count = 0;
  while (take() >= 0) count++;
  return count;
}
