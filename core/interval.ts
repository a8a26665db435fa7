/** @file Closed intervals, as clamps and value ranges use them. */

export interface Interval {
  readonly min: number;
  readonly max: number;
}

/** What no value lies outside of: a clamp that does nothing. */
export const EVERYTHING: Interval = { min: -Infinity, max: Infinity };

/** The clamp that equals `outer` applied after `inner`. */
export function compose(inner: Interval, outer: Interval): Interval {
  return { min: clampTo(inner.min, outer), max: clampTo(inner.max, outer) };
}

/** The smallest interval that holds `value` too. */
export function including({ min, max }: Interval, value: number): Interval {
  return { min: Math.min(min, value), max: Math.max(max, value) };
}

export function clampTo(value: number, { min, max }: Interval): number {
  return Math.min(Math.max(value, min), max);
}
