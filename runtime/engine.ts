/** @file What an engine must know to run a module, and what is said where it does not. */

import { SIMD_TIERS, type SimdTier } from "../core/abi.ts";
import { RunError } from "./error.ts";

type Validate = (bytes: Uint8Array<ArrayBuffer>) => boolean;

/** What precedes a function's code in a module with one function () → v128, and the bodies' count. */
const BEFORE_CODE = [
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
];
const CODE_SECTION = 0x0a;
const END = 0x0b;
/** `i32.const 0`, `i8x16.splat`. */
const VECTOR = [0x41, 0x00, 0xfd, 0x0f];
/** `i16x8.relaxed_dot_i8x16_i7x16_s`. */
const RELAXED_DOT = [0xfd, 0x92, 0x02];

/** A function that an engine accepts which has the instructions of the tier. */
const PROBES: Readonly<Record<SimdTier, readonly number[] | undefined>> = {
  scalar: undefined,
  simd128: VECTOR,
  relaxed: [...VECTOR, ...VECTOR, ...RELAXED_DOT],
};

const WORDS: Readonly<Record<SimdTier, string>> = {
  scalar: "WebAssembly",
  simd128: "128-bit SIMD",
  relaxed: "relaxed SIMD",
};

/** Whether this engine has the instructions of `tier`. */
export function hasTier(tier: SimdTier, isValid: Validate = WebAssembly.validate): boolean {
  const code = PROBES[tier];
  if (code === undefined) return true;
  const body = [0x00, ...code, END];
  const section = [CODE_SECTION, body.length + 2, 0x01, body.length, ...body];
  return isValid(Uint8Array.of(...BEFORE_CODE, ...section));
}

/** @throws RunError run/no-simd if the engine lacks the instructions of `tier` */
export function demandTier(tier: SimdTier, isValid?: Validate): void {
  if (hasTier(tier, isValid)) return;
  const other = SIMD_TIERS.findLast(candidate => hasTier(candidate, isValid))!;
  const expected = `an engine with ${WORDS[tier]}`;
  const got = `one without: compile the model with --simd ${other}, or update the engine`;
  throw new RunError("run/no-simd", "the module", expected, got);
}

/** The tier that the manifest among `bytes` names, without reading the module. */
export function tierIn(bytes: BufferSource): SimdTier | undefined {
  const text = new TextDecoder("latin1").decode(bytes);
  return SIMD_TIERS.find(tier => text.includes(`"simd":"${tier}"`));
}
