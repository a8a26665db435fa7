/**
 * @file The WASI command around a module: a tensor from stdin, the result to stdout.
 *
 * docs/wasi.md describes what it reads and prints, and the descriptor.
 */

import { SCRATCH } from "./descriptor";
import { EXIT_INTERNAL, EXIT_USAGE, begin, end } from "./fail";
import { readNpys, startsLikeNpy } from "./npy";
import { writeJson, writeNpys } from "./output";
import { readPnm, startsLikePnm } from "./pnm";
import { args_get, args_sizes_get, proc_exit } from "./preview1";
import { readRaw } from "./raw";
import { openReader } from "./reader";
import { openWriter, put } from "./writer";

/** The model. Returns a status, 0 for success. */
@external("tritc", "run")
declare function run(): i32;

// The scratch area: vectors for the reader and the writer, headers, buffers.
const READ_VECTOR: usize = 0;
const WRITE_VECTOR: usize = 16;
const HEADER: usize = 32;
const HEADER_BYTES: usize = 2016;
const READ_BUFFER: usize = HEADER + HEADER_BYTES;
const BUFFER_BYTES: usize = 1024;
const WRITE_BUFFER: usize = READ_BUFFER + BUFFER_BYTES;

/** Runs the command once. Returns 0, or leaves with an exit code. */
export function tritc_command(descriptor: usize): i32 {
  const scratch = load<usize>(descriptor, SCRATCH);
  openWriter(scratch + WRITE_VECTOR, scratch + WRITE_BUFFER, BUFFER_BYTES);
  openReader(scratch + READ_VECTOR, scratch + READ_BUFFER, BUFFER_BYTES);
  const asNpy = parseArguments(scratch + HEADER);
  if (startsLikeNpy()) readNpys(descriptor, scratch + HEADER);
  else if (startsLikePnm()) readPnm(descriptor);
  else readRaw(descriptor);
  if (run() != 0) proc_exit(EXIT_INTERNAL);
  if (asNpy) writeNpys(descriptor);
  else writeJson(descriptor);
  return 0;
}

/** Whether `--npy` is given. There is no other argument. */
function parseArguments(scratch: usize): bool {
  args_sizes_get(scratch, scratch + 4);
  const count = load<i32>(scratch), bytes = load<i32>(scratch, 4);
  if (<usize>(count * 4 + bytes) > HEADER_BYTES) failArgument();
  args_get(scratch, scratch + (<usize>count << 2));
  let asNpy = false;
  for (let i = 1; i < count; i++) {
    if (!isNpyFlag(load<usize>(scratch + (<usize>i << 2)))) failArgument();
    asNpy = true;
  }
  return asNpy;
}

/** Whether the zero-terminated text is `--npy`. */
function isNpyFlag(text: usize): bool {
  return load<u32>(text) == 0x706e2d2d && load<u16>(text, 4) == 0x79;
}

function failArgument(): void {
  begin(text("usage/bad-option"));
  put(text("the only argument is --npy, for .npy on stdout instead of JSON; "));
  put(text("the input comes on stdin"));
  end(EXIT_USAGE);
}
