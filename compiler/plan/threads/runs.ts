/** @file The runs of bytes that a region is made of. */

import type { Region } from "../plan.ts";

/** Calls `visit` with the address and length of every run. */
export function visitRuns(
  { offset, bytes, repeats }: Pick<Region, "offset" | "bytes" | "repeats">,
  visit: (start: number, bytes: number) => void,
): void {
  const nest = (depth: number, start: number): void => {
    const repeat = repeats[depth];
    if (repeat === undefined) visit(start, bytes);
    else for (let i = 0; i < repeat.count; i++) nest(depth + 1, start + i * repeat.step);
  };
  nest(0, offset);
}
