/**
 * @file Which functions a function body calls by their index.
 *
 * Knows the operands of instructions, not what they do: those of WebAssembly
 * 2.0 with tail calls left out, and relaxed SIMD, whose instructions have none.
 *
 * **Source:** WebAssembly core specification 2.0, §5.4 (binary format of instructions).
 */

import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import { BinaryReader } from "./binary.ts";

const CALL = 0x10;
const PREFIX = { bulk: 0xfc, vector: 0xfd } as const;

/** Operands: `n` an integer of any length, signed or not; a digit so many bytes; `v` a list. */
type Operands = string;

/** First and last opcode of instructions with equal operands; all others have none. */
type Range = readonly [first: number, last: number, operands: Operands];

const PLAIN: readonly Range[] = [
  [0x02, 0x04, "n"], // block, loop, if
  [0x0c, 0x0d, "n"], // br, br_if
  [0x0e, 0x0e, "vn"], // br_table
  [0x11, 0x11, "nn"], // call_indirect
  [0x1c, 0x1c, "v"], // select of a type
  [0x20, 0x26, "n"], // locals, globals, tables
  [0x28, 0x3e, "nn"], // loads and stores
  [0x3f, 0x42, "n"], // memory.size, memory.grow, i32.const, i64.const
  [0x43, 0x43, "4"], // f32.const
  [0x44, 0x44, "8"], // f64.const
  [0xd0, 0xd0, "n"], // ref.null
  [0xd2, 0xd2, "n"], // ref.func
];
const BULK: readonly Range[] = [
  [8, 8, "nn"], // memory.init
  [9, 9, "n"], // data.drop
  [10, 10, "nn"], // memory.copy
  [11, 11, "n"], // memory.fill
  [12, 12, "nn"], // table.init
  [13, 13, "n"], // elem.drop
  [14, 14, "nn"], // table.copy
  [15, 17, "n"], // table.grow, table.size, table.fill
];
const VECTOR: readonly Range[] = [
  [0, 11, "nn"], // loads and stores
  [12, 13, "88"], // v128.const, i8x16.shuffle
  [21, 34, "1"], // lanes
  [84, 91, "nn1"], // loads and stores of lanes
  [92, 93, "nn"], // loads of a lane and zeros
];

/** Indices of the functions that `body` calls: locals, instructions, `end`. */
export function calledFunctions(body: Uint8Array): ReadonlySet<number> {
  const reader = new BinaryReader(body);
  const called = new Set<number>();
  for (let groups = reader.unsigned(); groups > 0; groups--) {
    reader.unsigned();
    reader.byte();
  }
  while (!reader.atEnd) {
    const op = reader.byte();
    if (op === CALL) called.add(reader.unsigned());
    else if (op === PREFIX.bulk) skip(reader, BULK, reader.unsigned());
    else if (op === PREFIX.vector) skip(reader, VECTOR, reader.unsigned());
    else skip(reader, PLAIN, op);
  }
  return called;
}

function skip(reader: BinaryReader, ranges: readonly Range[], op: number): void {
  const operands = ranges.find(([first, last]) => first <= op && op <= last)?.[2] ?? "";
  for (const operand of operands) {
    if (operand === "n") skipInteger(reader);
    else if (operand === "v") for (let n = reader.unsigned(); n > 0; n--) skipInteger(reader);
    else reader.bytes(Number(operand));
  }
}

const LONGEST_INTEGER = 10;

function skipInteger(reader: BinaryReader): void {
  for (let i = 0; i < LONGEST_INTEGER; i++) if (reader.byte() < 0x80) return;
  throw new InternalError(`the number before byte ${reader.position} is too long`);
}
