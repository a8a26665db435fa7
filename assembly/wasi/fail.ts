/**
 * @file Errors: one line on stderr, then the exit code.
 *
 * `begin` starts the line, the caller describes the problem with the writer,
 * `end` leaves.
 */

import { F32, I32, I64, I8, dimOf, rankOf, typeOf } from "./descriptor";
import { proc_exit } from "./preview1";
import { flush, put, putByte, putBytes, putInteger, switchToStderr } from "./writer";

export const EXIT_INPUT = 1;
export const EXIT_USAGE = 2;
export const EXIT_INTERNAL = 3;

export function begin(code: usize): void {
  switchToStderr();
  put(text("error["));
  put(code);
  put(text("]: "));
}

export function end(exitCode: i32): void {
  putByte(0x0a);
  flush();
  proc_exit(exitCode);
  unreachable();
}

/** An error that a fixed text says. */
export function fail(code: usize, message: usize): void {
  begin(code);
  put(message);
  end(EXIT_INPUT);
}

function typeName(type: i32): usize {
  if (type == F32) return text("f32");
  if (type == I8) return text("i8");
  if (type == I32) return text("i32");
  return type == I64 ? text("i64") : text("u8");
}

/** `input "x" takes u8[1,28,28,1]` */
export function putExpected(port: usize): void {
  put(text("input \""));
  putBytes(load<usize>(port), load<usize>(port, 4));
  put(text("\" takes "));
  put(typeName(typeOf(port)));
  putByte(0x5b);
  for (let axis = 0; axis < rankOf(port); axis++) {
    if (axis > 0) putByte(0x2c);
    putInteger(dimOf(port, axis));
  }
  putByte(0x5d);
}
