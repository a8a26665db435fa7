/** @file What can go wrong when a module is loaded or run. */

/** Codes as in docs/errors.md. */
export type RunErrorCode =
  | "run/wrong-shape"
  | "run/wrong-dtype"
  | "run/not-tritc"
  | "run/no-simd"
  | "run/has-threads"
  | "run/no-threads";

export class RunError extends Error {
  override readonly name = "RunError";
  readonly code: RunErrorCode;
  readonly expected: string;
  readonly got: string;

  constructor(code: RunErrorCode, what: string, expected: string, got: string) {
    super(`${code}: ${what}: expected ${expected}, got ${got}`);
    this.code = code;
    this.expected = expected;
    this.got = got;
  }
}
