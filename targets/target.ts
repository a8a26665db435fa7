/** @file What the compiler must know of a place where modules run. */

import type { SimdTier, TargetName } from "../core/abi.ts";

export interface Target {
  readonly name: TargetName;
  /** One line for help texts. */
  readonly summary: string;
  /** Whether the module is a WASI command as well. */
  readonly shell: boolean;
  /** The instruction set that every engine of this kind has had for years. */
  readonly simd: SimdTier;
}
