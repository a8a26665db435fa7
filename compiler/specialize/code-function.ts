/** @file What the generators of code make: functions of one signature. */

/**
 * One function of a module, of six i32 addresses (x, y, z, p, m, s) and no result.
 *
 * x: padded column 0 of the first row that a window reads, channel 0; y:
 * padded column 0 of row 0, channel 0 of the output; z: the same of the
 * addend; p: parameters; m: the mask of `packMask`; s: scratch memory, a
 * multiple of 16. z, m and s are used only where there is an addend, a mask,
 * or scratch. Functions of a layer run in order, all with the same arguments.
 */
export interface CodeFunction {
  /** As it stands in the code section: locals, instructions, `end`. */
  readonly body: Uint8Array;
  /** Output channels that it writes, ascending; none if it only leaves something for others. */
  readonly channels: readonly number[];
  /** Whether it writes scratch memory. */
  readonly leaves?: boolean;
  /** Whether it reads what functions before it left in scratch memory. */
  readonly takes?: boolean;
  readonly work: CodeWork;
}

/** What one call executes, in vectors of all passes together, for cost models. */
export interface CodeWork {
  /** Runs of the loop body. */
  readonly pass: number;
  readonly load: number;
  /** Additions and subtractions. */
  readonly add: number;
  readonly multiply: number;
  /** Results that are requantised and stored. */
  readonly finish: number;
  /** Second operands that are added to results. */
  readonly addend: number;
  /** Sums that are written to scratch memory, or read from there. */
  readonly spill: number;
  /** Bytes of code: read from memory once in a call, where caches are small. */
  readonly code: number;
  /** Bytes of code beyond `CACHED_CODE_BYTES` in a loop body, times passes. */
  readonly excess: number;
}

/** Code that a loop runs from the caches of decoded instructions. */
const CACHED_CODE_BYTES = 36_000;

/** The work of `passes` runs of a loop body that is nearly all of `body`. */
export function workOf(
  body: Uint8Array,
  passes: number,
  each: Omit<CodeWork, "pass" | "code" | "excess">,
): CodeWork {
  const total = Object.entries(each).map(([name, count]) => [name, count * passes]);
  return {
    pass: passes,
    ...(Object.fromEntries(total) as typeof each),
    code: body.length,
    excess: Math.max(0, body.length - CACHED_CODE_BYTES) * passes,
  };
}

/** Addresses among the parameters of a function. */
export const X = 0;
export const Y = 1;
export const Z = 2;
export const PARAMETERS = 3;
export const MASK = 4;
export const SCRATCH = 5;
/** Parameters of every function; locals of its own follow. */
export const PARAMETER_COUNT = 6;
