/** @file What the command prints: JSON, or `.npy` files. */

import {
  F32, I32, I64, I8, LABELS, LABEL_COUNT, OUTPUTS, OUTPUT_COUNT, TEXT_BYTES, dataOf, dimOf,
  elementCount, portAt, rankOf, typeOf,
} from "./descriptor";
import { writeNpy } from "./npy";
import { putF32 } from "./number";
import { flush, put, putByte, putInteger } from "./writer";

export function writeNpys(descriptor: usize): void {
  const outputs = load<i32>(descriptor, OUTPUT_COUNT);
  for (let i = 0; i < outputs; i++) writeNpy(portAt(descriptor, OUTPUTS, i));
  flush();
}

export function writeJson(descriptor: usize): void {
  const outputs = load<i32>(descriptor, OUTPUT_COUNT);
  const first = portAt(descriptor, OUTPUTS, 0);
  if (outputs == 1 && isScores(first)) writeScores(descriptor, first);
  else writeOutputs(descriptor, outputs);
  putByte(0x0a);
  flush();
}

/** Whether `port` has at least two elements, all along one dimension. */
function isScores(port: usize): bool {
  let long = 0;
  for (let axis = 0; axis < rankOf(port); axis++) if (dimOf(port, axis) != 1) long++;
  return long == 1 && elementCount(port) >= 2;
}

function writeScores(descriptor: usize, port: usize): void {
  const top = indexOfLargest(port);
  put(text("{\"top1\":"));
  putInteger(top);
  if (top < load<i32>(descriptor, LABEL_COUNT)) {
    put(text(",\"label\":"));
    const label = load<usize>(descriptor, LABELS) + <usize>top * TEXT_BYTES;
    putQuoted(load<usize>(label), load<usize>(label, 4));
  }
  put(text(",\"scores\":"));
  putElements(port);
  putByte(0x7d);
}

function writeOutputs(descriptor: usize, outputs: i32): void {
  put(text("{\"outputs\":{"));
  for (let i = 0; i < outputs; i++) {
    const port = portAt(descriptor, OUTPUTS, i);
    if (i > 0) putByte(0x2c);
    putQuoted(load<usize>(port), load<usize>(port, 4));
    putByte(0x3a);
    putElements(port);
  }
  put(text("}}"));
}

/** The first of the largest elements; NaN is never one, unless all are. */
function indexOfLargest(port: usize): i32 {
  let best = 0;
  for (let i = 1; i < elementCount(port); i++) if (exceeds(port, i, best)) best = i;
  return best;
}

function exceeds(port: usize, i: i32, j: i32): bool {
  if (typeOf(port) == F32) {
    const a = load<f32>(dataOf(port) + (<usize>i << 2));
    const b = load<f32>(dataOf(port) + (<usize>j << 2));
    return a > b || (a == a && b != b);
  }
  return integerAt(port, i) > integerAt(port, j);
}

function integerAt(port: usize, index: i32): i64 {
  const type = typeOf(port);
  const data = dataOf(port);
  if (type == I64) return load<i64>(data + (<usize>index << 3));
  if (type == I32) return load<i32>(data + (<usize>index << 2));
  return type == I8 ? <i64>load<i8>(data + index) : <i64>load<u8>(data + index);
}

function putElements(port: usize): void {
  putByte(0x5b);
  for (let i = 0; i < elementCount(port); i++) {
    if (i > 0) putByte(0x2c);
    if (typeOf(port) == F32) putF32(load<f32>(dataOf(port) + (<usize>i << 2)));
    else putInteger(integerAt(port, i));
  }
  putByte(0x5d);
}

/** UTF-8 text as a JSON string. */
function putQuoted(text: usize, bytes: usize): void {
  putByte(0x22);
  for (let i: usize = 0; i < bytes; i++) {
    const byte = <i32>load<u8>(text + i);
    if (byte == 0x22 || byte == 0x5c) putByte(0x5c);
    if (byte < 0x20) putEscape(byte);
    else putByte(byte);
  }
  putByte(0x22);
}

function putEscape(byte: i32): void {
  put(text("\\u00"));
  putHexDigit(byte >> 4);
  putHexDigit(byte & 15);
}

function putHexDigit(digit: i32): void {
  putByte(digit < 10 ? 0x30 + digit : 0x57 + digit);
}
