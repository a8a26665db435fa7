/** @file Closed intervals, as clamps and value ranges use them. */

export interface Interval {
  readonly min: number;
  readonly max: number;
}

/** The clamp that equals `outer` applied after `inner`. */
export function compose(inner: Interval, outer: Interval): Interval {
  return { min: clampTo(inner.min, outer), max: clampTo(inner.max, outer) };
}

export function clampTo(value: number, { min, max }: Interval): number {
  return Math.min(Math.max(value, min), max);
}
