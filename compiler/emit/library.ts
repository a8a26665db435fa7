/** @file What the compiler must know of a compiled kernel library before it plans. */

import { alignUp, BLOCK_ALIGNMENT } from "../plan/plan.ts";
import { binaryen, guarded, segmentsOf } from "./binaryen.ts";
import { exportedParts, type FunctionPart } from "./split-run.ts";

export interface LibraryFacts {
  /** Addresses below this hold the library's own data. */
  readonly reservedBytes: number;
  /** The functions that each kernel brings along: itself, and those that it calls. */
  readonly kernelParts: ReadonlyMap<string, readonly FunctionPart[]>;
}

/** The library's compiler leaves out zeros at the end: a UTF-16 text lacks its last byte. */
const TRIMMED_BYTES = 2;
/** No address is 0: a null pointer is a mistake. */
const LOWEST_ADDRESS = 16;

const known = new WeakMap<Uint8Array, LibraryFacts>();

/** Facts about `library`; remembered, since libraries are few and compilations many. */
export function readLibrary(library: Uint8Array): LibraryFacts {
  const facts = known.get(library) ?? guarded("read the kernel library", () => examine(library));
  known.set(library, facts);
  return facts;
}

function examine(library: Uint8Array): LibraryFacts {
  const module = binaryen.readBinary(library);
  try {
    const ends = segmentsOf(module).map(({ offset, data }) => offset + data.length + TRIMMED_BYTES);
    return {
      reservedBytes: alignUp(Math.max(LOWEST_ADDRESS, ...ends), BLOCK_ALIGNMENT),
      kernelParts: exportedParts(library),
    };
  } finally {
    module.dispose();
  }
}
