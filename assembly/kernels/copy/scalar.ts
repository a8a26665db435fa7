/** @file Copies bytes or 4-byte words over four dimensions: see movement.ts. No overlap. */

import { copy4 } from "../../movement";

export function x8_copy__scalar(
  x: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32, x0: i32, x1: i32, x2: i32, x3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  copy4<u8, u64>(x, y, d0, d1, d2, d3, x0, x1, x2, x3, y0, y1, y2, y3);
}

export function x32_copy__scalar(
  x: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32, x0: i32, x1: i32, x2: i32, x3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  copy4<u32, u64>(x, y, d0, d1, d2, d3, x0, x1, x2, x3, y0, y1, y2, y3);
}
