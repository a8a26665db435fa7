/**
 * @file `.npy` files, versions 1 and 2, C order, little-endian; read and written.
 *
 *     \x93NUMPY, version, length of the header, then a Python dictionary with
 *     the keys descr, fortran_order and shape
 */

import {
  F32, I32, I64, I8, INPUTS, INPUT_COUNT, U8, dataOf, dimOf, elementBytes, elementCount, portAt,
  rankOf, typeOf,
} from "./descriptor";
import { EXIT_INPUT, begin, end, fail, putExpected } from "./fail";
import { drain, peek, take, takeBytes } from "./reader";
import { put, putByte, putBytes, putInteger } from "./writer";

/** The element type f64, which only files have. */
const F64 = 5;
const LONGEST_HEADER = 2000;

/** Whether stdin goes on with a `.npy` file. */
export function startsLikeNpy(): bool {
  return peek(0) == 0x93 && peek(1) == 0x4e && peek(2) == 0x55 && peek(3) == 0x4d &&
    peek(4) == 0x50 && peek(5) == 0x59;
}

/** `scratch` has room for a header. */
export function readNpys(descriptor: usize, scratch: usize): void {
  const inputs = load<i32>(descriptor, INPUT_COUNT);
  for (let i = 0; i < inputs; i++) {
    if (!startsLikeNpy()) {
      failNpy(text("stdin has fewer .npy files than the model has inputs"));
    }
    readNpy(portAt(descriptor, INPUTS, i), scratch);
  }
  if (drain() > 0) failNpy(text("there are bytes after the last .npy file"));
}

function readNpy(port: usize, scratch: usize): void {
  for (let i = 0; i < 6; i++) take();
  const version = take();
  take();
  if (version != 1 && version != 2) failNpy(text("the .npy file is not of version 1 or 2"));
  let length = take() | (take() << 8);
  if (version == 2) length |= (take() << 16) | (take() << 24);
  if (length < 0 || length > LONGEST_HEADER || takeBytes(scratch, length) < length) {
    failMalformed();
  }
  const type = parseType(scratch, length);
  demandOrder(scratch, length);
  demandShape(port, scratch, length);
  demandType(port, type);
  const count = elementCount(port);
  if (type == typeOf(port)) {
    const bytes = count * elementBytes(type);
    if (takeBytes(dataOf(port), bytes) < bytes) failTruncated();
  } else {
    for (let i = 0; i < count; i++) {
      store<f32>(dataOf(port) + (<usize>i << 2), takeNumber(type, scratch));
    }
  }
}

function failNpy(message: usize): void {
  fail(text("run/bad-input"), message);
}

function failMalformed(): void {
  failNpy(text("the header of the .npy file is malformed"));
}

function failTruncated(): void {
  failNpy(text("the .npy file ends before its last element"));
}

/** The next element of the file as f32. */
function takeNumber(type: i32, scratch: usize): f32 {
  const bytes = type == F64 ? 8 : elementBytes(type);
  if (takeBytes(scratch, bytes) < bytes) failTruncated();
  if (type == F64) return <f32>load<f64>(scratch);
  if (type == I8) return <f32>load<i8>(scratch);
  if (type == U8) return <f32>load<u8>(scratch);
  return type == I32 ? <f32>load<i32>(scratch) : <f32>load<i64>(scratch);
}

/** Position behind the value's colon of `key` (with its quotes), or fails. */
function valueOf(header: usize, length: i32, key: usize): i32 {
  for (let at = 0; at < length; at++) {
    let same = 0;
    while (at + same < length && byteAt(header, at + same) == byteAt(key, same)) same++;
    if (byteAt(key, same) != 0) continue;
    at = skipSpaces(header, length, at + same);
    if (at < length && byteAt(header, at) == 0x3a) return skipSpaces(header, length, at + 1);
    break;
  }
  failMalformed();
  return 0;
}

@inline
function byteAt(header: usize, at: i32): i32 {
  return load<u8>(header + at);
}

function skipSpaces(header: usize, length: i32, at: i32): i32 {
  while (at < length && byteAt(header, at) == 0x20) at++;
  return at;
}

/** The element type, or −1 for one that no model takes. */
function parseType(header: usize, length: i32): i32 {
  const at = valueOf(header, length, text("'descr'"));
  if (at + 5 > length) return -1;
  const order = byteAt(header, at + 1), kind = byteAt(header, at + 2);
  const size = byteAt(header, at + 3) - 0x30;
  if (byteAt(header, at + 4) != byteAt(header, at)) return -1;
  if (order != 0x3c && !(order == 0x7c && size == 1)) return -1;
  if (kind == 0x66) return size == 4 ? F32 : size == 8 ? F64 : -1;
  if (kind == 0x75) return size == 1 ? U8 : -1;
  if (kind != 0x69) return -1;
  return size == 1 ? I8 : size == 4 ? I32 : size == 8 ? I64 : -1;
}

function demandOrder(header: usize, length: i32): void {
  const at = valueOf(header, length, text("'fortran_order'"));
  if (byteAt(header, at) != 0x46) {
    failNpy(text("the .npy file is in Fortran order: save a C-contiguous array"));
  }
}

function demandType(port: usize, type: i32): void {
  if (type == typeOf(port) || (type >= 0 && typeOf(port) == F32)) return;
  begin(text("run/wrong-dtype"));
  putExpected(port);
  put(text("; the .npy file has elements of another type"));
  end(EXIT_INPUT);
}

function demandShape(port: usize, header: usize, length: i32): void {
  const start = valueOf(header, length, text("'shape'"));
  let at = start;
  let rank = 0;
  let same = true;
  if (byteAt(header, at++) != 0x28) failMalformed();
  for (; at < length && byteAt(header, at) != 0x29; rank++) {
    let dim: i64 = 0;
    let digits = 0;
    for (; at < length && isDigit(byteAt(header, at)); at++) {
      dim = dim * 10 + byteAt(header, at) - 0x30;
      digits++;
    }
    if (digits == 0 || digits > 10) failMalformed();
    if (rank >= rankOf(port) || dim != dimOf(port, rank)) same = false;
    at = skipSpaces(header, length, at);
    if (byteAt(header, at) == 0x2c) at = skipSpaces(header, length, at + 1);
  }
  if (at >= length) failMalformed();
  if (same && rank == rankOf(port)) return;
  begin(text("run/wrong-shape"));
  putExpected(port);
  put(text("; the .npy file has shape "));
  putBytes(header + start, at + 1 - start);
  end(EXIT_INPUT);
}

@inline
function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function descrOf(type: i32): usize {
  if (type == F32) return text("<f4");
  if (type == I8) return text("|i1");
  if (type == I32) return text("<i4");
  return type == I64 ? text("<i8") : text("|u1");
}

/** Characters of the decimal number `value` ≥ 0. */
function digitsOf(value: i32): i32 {
  let digits = 1;
  for (; value >= 10; value /= 10) digits++;
  return digits;
}

/** Characters that `putShape` writes. */
function shapeLength(port: usize): i32 {
  let length = 0;
  for (let axis = 0; axis < rankOf(port); axis++) length += digitsOf(dimOf(port, axis)) + 1;
  return length;
}

/** Every dimension with a comma, as Python allows. */
function putShape(port: usize): void {
  for (let axis = 0; axis < rankOf(port); axis++) {
    putInteger(dimOf(port, axis));
    putByte(0x2c);
  }
}

/** Bytes of the header without the shape, with the new line at its end. */
const FIXED_HEADER = 56;
/** Bytes before the header. */
const PREFIX = 10;

/** Writes `port` as a version 1 file, its data from a multiple of 64 on. */
export function writeNpy(port: usize): void {
  const length = FIXED_HEADER + shapeLength(port);
  const padding = -(PREFIX + length) & 63;
  putByte(0x93);
  put(text("NUMPY"));
  putByte(1);
  putByte(0);
  putByte((length + padding) & 255);
  putByte((length + padding) >> 8);
  put(text("{'descr': '"));
  put(descrOf(typeOf(port)));
  put(text("', 'fortran_order': False, 'shape': ("));
  putShape(port);
  put(text("), }"));
  for (let i = 0; i < padding; i++) putByte(0x20);
  putByte(0x0a);
  putBytes(dataOf(port), elementCount(port) * elementBytes(typeOf(port)));
}
