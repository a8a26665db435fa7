/**
 * @file Requantisation: the one integer definition that every path shares.
 *
 *     t = sat16(acc ⊕ s)            acc includes the bias
 *     q = clamp(zp + ((t·m + 2^14) >> 15), min, max)
 *
 * ⊕ s is a rounding shift right by s when s > 0, a saturating shift left by
 * −s otherwise. s is per layer, m per output channel. The second line is
 * exactly `i16x8.q15mulr_sat_s` followed by narrowing. Ranges and proofs are
 * in docs/numerics.md.
 */

import { clampTo, type Interval } from "./interval.ts";

/** Affine quantisation of a tensor of activations: real = scale · (q − zeroPoint). */
export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** How one layer's accumulators become 8-bit outputs. */
export interface Requantization {
  /** s, in −15…16. */
  readonly shift: number;
  /** m per output channel, in 0…32767. */
  readonly multipliers: readonly number[];
  readonly zeroPoint: number;
  /** Bounds of q: of its type, or tighter where a clamp was fused. */
  readonly min: number;
  readonly max: number;
}

const INT16: Interval = { min: -32768, max: 32767 };
const MAX_SHIFT = 16;
/** Below this, a channel's multiplier has too few bits for the s = 0 fast path. */
const FAST_MULTIPLIER = 512;
/** The largest multiplier of a shifted layer lies at or above this. */
const FULL_MULTIPLIER = 4096;
/** From here on, a saturated t gives a q outside every 8-bit range: saturation is exact. */
const SATURATING_MULTIPLIER = 256;

/** Rounding shift right by `shift` (half up); a saturating shift left if negative. */
export function shiftToInt16(acc: number, shift: number): number {
  if (shift > 0) return clampTo(Math.floor((acc + 2 ** (shift - 1)) / 2 ** shift), INT16);
  return clampTo(clampTo(acc, INT16) * 2 ** -shift, INT16);
}

/** What a rounding shift adds before it drops bits. */
export function roundingOf({ shift }: Pick<Requantization, "shift">): number {
  return shift > 0 ? 2 ** (shift - 1) : 0;
}

/** (t·m + 2^14) >> 15 for t and m in the range of 16-bit integers. */
export function multiplyQ15(t: number, m: number): number {
  return Math.floor((t * m + 16384) / 32768);
}

/** The output of `channel` for the accumulator `acc`, its bias included. */
export function requantize(acc: number, r: Requantization, channel: number): number {
  const t = shiftToInt16(acc, r.shift);
  return clampTo(r.zeroPoint + multiplyQ15(t, r.multipliers[channel]!), r);
}

/**
 * Chooses s and m for a layer.
 *
 * `ratios` are the real multipliers per channel (input scale · weight scale /
 * output scale), `bounds` the proven largest |acc| per channel. s is 0 where
 * every sum is proven to fit 16 bits and the multipliers keep enough bits;
 * else the smallest s that gives multipliers of 13 bits and makes saturation
 * harmless in every channel.
 */
export function deriveRequantization(
  ratios: readonly number[],
  bounds: readonly number[],
  output: Interval & { readonly zeroPoint: number },
): Requantization {
  const largest = Math.max(...ratios, 0);
  const shift = chooseShift(ratios, bounds, largest);
  return {
    shift,
    multipliers: ratios.map(ratio => multiplierAt(ratio, shift)),
    zeroPoint: output.zeroPoint,
    min: output.min,
    max: output.max,
  };
}

function chooseShift(
  ratios: readonly number[],
  bounds: readonly number[],
  largest: number,
): number {
  if (largest === 0) return 0;
  if (exactMultiplier(largest, 0) > INT16.max) {
    let shift = -1;
    while (shift > -15 && exactMultiplier(largest, shift) > INT16.max) shift--;
    return shift;
  }
  const fits16 = bounds.every(bound => bound <= INT16.max);
  if (fits16 && exactMultiplier(largest, 0) >= FAST_MULTIPLIER) return 0;
  const harmless = (shift: number): boolean =>
    ratios.every(
      (ratio, c) =>
        exactMultiplier(ratio, shift) >= SATURATING_MULTIPLIER ||
        shiftToInt16(bounds[c]!, shift) < INT16.max,
    );
  let shift = 0;
  while (
    shift < MAX_SHIFT &&
    exactMultiplier(largest, shift + 1) <= INT16.max &&
    (exactMultiplier(largest, shift) < FULL_MULTIPLIER || !harmless(shift))
  ) {
    shift++;
  }
  return shift;
}

function exactMultiplier(ratio: number, shift: number): number {
  return Math.round(ratio * 2 ** (15 + shift));
}

function multiplierAt(ratio: number, shift: number): number {
  return Math.min(exactMultiplier(ratio, shift), INT16.max);
}

/**
 * Rescales two 8-bit operands to a common output and adds them.
 *
 *     t_x = ((x − z_x) << 7) ⊗ m_x        ⊗ is `multiplyQ15`
 *     q   = clamp(zp + ((sat16(t_a + t_b) + 2^(f−1)) >> f), min, max)
 *
 * f fractional bits survive the multiplications, m_x = ratio_x · 2^(f + 8).
 */
export interface AddRequantization {
  /** f, in 1…6. */
  readonly fractionBits: number;
  readonly multipliers: readonly [number, number];
  readonly zeroPoints: readonly [number, number];
  readonly zeroPoint: number;
  readonly min: number;
  readonly max: number;
}

export function addRequantized(a: number, b: number, r: AddRequantization): number {
  const ta = multiplyQ15((a - r.zeroPoints[0]) * 128, r.multipliers[0]);
  const tb = multiplyQ15((b - r.zeroPoints[1]) * 128, r.multipliers[1]);
  // The rounding constant is added with saturation too, as 16-bit lanes do.
  const sum = clampTo(clampTo(ta + tb, INT16) + 2 ** (r.fractionBits - 1), INT16);
  return clampTo(r.zeroPoint + Math.floor(sum / 2 ** r.fractionBits), r);
}

/** From here on an operand's multiplier does not fit 16 bits even with the fewest bits f. */
export const ADD_RATIO_LIMIT = 2 ** 6 - 2 ** -9;

/**
 * Chooses f and m for an addition; `ratios` are input scale / output scale.
 *
 * **Requires** ratios below `ADD_RATIO_LIMIT`: beyond, m is cut off.
 */
export function deriveAddRequantization(
  ratios: readonly [number, number],
  zeroPoints: readonly [number, number],
  output: Interval & { readonly zeroPoint: number },
): AddRequantization {
  let fractionBits = 6;
  const largest = Math.max(...ratios);
  while (fractionBits > 1 && Math.round(largest * 2 ** (fractionBits + 8)) > INT16.max) {
    fractionBits--;
  }
  const multiplier = (ratio: number): number =>
    Math.min(Math.round(ratio * 2 ** (fractionBits + 8)), INT16.max);
  return {
    fractionBits,
    multipliers: [multiplier(ratios[0]), multiplier(ratios[1])],
    zeroPoints,
    zeroPoint: output.zeroPoint,
    min: output.min,
    max: output.max,
  };
}
