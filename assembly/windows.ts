/** @file The part of a pooling window that lies inside the image. */

/** First tap of a window that starts at `start` (negative in the padding). */
@inline
export function firstTap(start: i32, dilation: i32): i32 {
  return start < 0 ? (dilation - 1 - start) / dilation : 0;
}

/** One past the last tap inside; at least `firstTap`'s only if there is one. */
@inline
export function endTap(start: i32, size: i32, taps: i32, dilation: i32): i32 {
  return start >= size ? 0 : min<i32>(taps, (size - start + dilation - 1) / dilation);
}
