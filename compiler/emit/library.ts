/** @file What the compiler must know of a compiled kernel library before it plans. */

import { alignUp, BLOCK_ALIGNMENT } from "../plan/plan.ts";
import { binaryen, guarded, segmentsOf } from "./binaryen.ts";

export interface LibraryFacts {
  /** Addresses below this hold the library's own data. */
  readonly reservedBytes: number;
}

/** No address is 0: a null pointer is a mistake. */
const LOWEST_ADDRESS = 16;

export function readLibrary(library: Uint8Array): LibraryFacts {
  return guarded("read the kernel library", () => {
    const module = binaryen.readBinary(library);
    try {
      const ends = segmentsOf(module).map(({ offset, data }) => offset + data.length);
      return { reservedBytes: alignUp(Math.max(LOWEST_ADDRESS, ...ends), BLOCK_ALIGNMENT) };
    } finally {
      module.dispose();
    }
  });
}
