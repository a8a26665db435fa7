/** @file Raw input: the bytes of all inputs, one after the other, and no more. */

import {
  INPUTS, INPUT_COUNT, dataOf, elementBytes, elementCount, portAt, typeOf,
} from "./descriptor";
import { EXIT_INPUT, begin, end, putExpected } from "./fail";
import { drain, takeBytes } from "./reader";
import { put, putInteger } from "./writer";

function portBytes(port: usize): i32 {
  return elementCount(port) * elementBytes(typeOf(port));
}

export function readRaw(descriptor: usize): void {
  const inputs = load<i32>(descriptor, INPUT_COUNT);
  let expected = 0, got = 0;
  for (let i = 0; i < inputs; i++) {
    const port = portAt(descriptor, INPUTS, i);
    expected += portBytes(port);
    got += takeBytes(dataOf(port), portBytes(port));
  }
  got += drain();
  if (got == expected) return;
  begin(text("run/wrong-shape"));
  for (let i = 0; i < inputs; i++) {
    if (i > 0) put(text(", "));
    putExpected(portAt(descriptor, INPUTS, i));
  }
  put(text(", that is "));
  putInteger(expected);
  put(text(" bytes; stdin has "));
  putInteger(got);
  put(text(", which are no .npy and no PGM or PPM"));
  end(EXIT_INPUT);
}
