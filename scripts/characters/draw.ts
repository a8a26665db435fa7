/**
 * @file Draws an outline as a small grey picture, slightly distorted.
 *
 * The outline is scaled to the height of the style's capitals, turned,
 * sheared and shifted by a little, filled with exact coverage along x and
 * four lines per pixel along y, blurred, and made bolder or paler.
 */

import type { Random } from "./random.ts";
import type { Contour, Point } from "./typeface.ts";

export const SIDE = 28;
export const LEVELS = 16;
/** Height of capitals before distortion, and the largest box of any character. */
const CAP_HEIGHT = 18;
const LARGEST_SIZE = 22;
const LINES_PER_PIXEL = 4;

/** Ranges of the distortions. Angles in radians, lengths in pixels. */
const ROTATION = 0.14;
const SHEAR = 0.15;
const SCALE = { min: 0.82, max: 1.12 };
const STRETCH = { min: 0.9, max: 1.1 };
const SHIFT = 1.6;
const BLUR = { min: 0.1, max: 0.85 };
const GAIN = { min: 0.9, max: 1.6 };
const INK = { min: 0.7, max: 1 };

/** Height of the style's "H", in its units. */
export function capHeightOf(glyphs: ReadonlyMap<string, readonly Contour[]>): number {
  const box = boxOf(glyphs.get("H")!);
  return box.bottom - box.top;
}

/** Grey levels 0 (paper) to `LEVELS − 1` (ink), row by row. */
export function draw(contours: readonly Contour[], capHeight: number, random: Random): Uint8Array {
  const placed = place(contours, capHeight, random);
  const blurred = blur(fill(placed), random.between(BLUR.min, BLUR.max));
  const gain = random.between(GAIN.min, GAIN.max);
  const ink = random.between(INK.min, INK.max);
  return Uint8Array.from(blurred, coverage =>
    Math.round(Math.min(coverage * gain, 1) * ink * (LEVELS - 1)),
  );
}

function place(contours: readonly Contour[], capHeight: number, random: Random): Contour[] {
  const box = boxOf(contours);
  const largest = Math.max(box.right - box.left, box.bottom - box.top);
  const size = Math.min(CAP_HEIGHT / capHeight, LARGEST_SIZE / largest);
  const scale = size * random.between(SCALE.min, SCALE.max);
  const stretch = random.between(STRETCH.min, STRETCH.max);
  const angle = random.between(-ROTATION, ROTATION);
  const shear = random.between(-SHEAR, SHEAR);
  const center = SIDE / 2;
  const shiftX = center + random.between(-SHIFT, SHIFT);
  const shiftY = center + random.between(-SHIFT, SHIFT);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return contours.map(contour =>
    contour.map(point => {
      const v = (point.y - (box.top + box.bottom) / 2) * scale;
      const u = (point.x - (box.left + box.right) / 2) * scale * stretch + shear * v;
      return { x: shiftX + u * cos - v * sin, y: shiftY + u * sin + v * cos };
    }),
  );
}

function boxOf(contours: readonly Contour[]): {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
} {
  const points = contours.flat();
  const xs = points.map(point => point.x);
  const ys = points.map(point => point.y);
  return {
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
}

interface Crossing {
  readonly x: number;
  /** +1 for an edge that goes down, −1 for one that goes up. */
  readonly winding: number;
}

/** Coverage of each pixel, 0 to 1, by the nonzero rule. */
function fill(contours: readonly Contour[]): Float64Array {
  const coverage = new Float64Array(SIDE * SIDE);
  for (let line = 0; line < SIDE * LINES_PER_PIXEL; line++) {
    const row = coverage.subarray(Math.floor(line / LINES_PER_PIXEL) * SIDE).subarray(0, SIDE);
    let winding = 0;
    let start = 0;
    for (const crossing of crossingsAt(contours, (line + 0.5) / LINES_PER_PIXEL)) {
      if (winding === 0) start = crossing.x;
      winding += crossing.winding;
      if (winding === 0) addSpan(row, start, crossing.x);
    }
  }
  return coverage;
}

function crossingsAt(contours: readonly Contour[], y: number): Crossing[] {
  const crossings: Crossing[] = [];
  for (const contour of contours) {
    let from: Point = contour.at(-1)!;
    for (const to of contour) {
      if (from.y <= y !== to.y <= y) {
        const x = from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x);
        crossings.push({ x, winding: from.y <= y ? 1 : -1 });
      }
      from = to;
    }
  }
  return crossings.sort((a, b) => a.x - b.x);
}

/** Adds the part of each pixel between `start` and `end` on one line. */
function addSpan(row: Float64Array, start: number, end: number): void {
  const [left, right] = [Math.max(start, 0), Math.min(end, SIDE)];
  for (let x = Math.floor(left); x < right; x++) {
    row[x]! += (Math.min(x + 1, right) - Math.max(x, left)) / LINES_PER_PIXEL;
  }
}

/** A Gaussian of standard deviation `sigma` pixels, cut off at 2 pixels, along x then y. */
function blur(picture: Float64Array, sigma: number): Float64Array {
  const kernel = [-2, -1, 0, 1, 2].map(d => Math.exp(-(d * d) / (2 * sigma * sigma)));
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const weights = kernel.map(weight => weight / total);
  return convolve(convolve(picture, weights, 1), weights, SIDE);
}

/** Convolves along the axis whose neighbours are `step` apart; paper lies outside. */
function convolve(picture: Float64Array, weights: readonly number[], step: number): Float64Array {
  const reach = (weights.length - 1) / 2;
  return picture.map((_, index) => {
    const position = step === 1 ? index % SIDE : Math.floor(index / SIDE);
    return weights.reduce((sum, weight, i) => {
      const offset = i - reach;
      const inside = position + offset >= 0 && position + offset < SIDE;
      return inside ? sum + weight * picture[index + offset * step]! : sum;
    }, 0);
  });
}
