/** @file Carries values between dense images and channel planes. */

import type { Work } from "../../costs/work.ts";
import { ELEMENT_BYTES, LANES } from "../../specialize/planes.ts";
import { type PlanesPlace, phaseViews } from "../channel-planes.ts";
import { sliceView, type View } from "../view.ts";
import { type Caller, callCopy, callNested } from "./rows.ts";

/** Writes a dense [1, C, H, W] image to planes. */
export function callWiden(step: Caller, source: View, target: PlanesPlace): void {
  for (const [phase, view] of phaseViews(target).entries()) {
    callNested(step, "s8_s16_widen", [columnsOf(source, target, phase)], view, widenWork);
  }
}

/** Eight columns this far apart in a source are read in vectors, as neighbours are. */
const MAX_APART = 6;

/** Rows are runs; elements are, where they are read one by one. */
function widenWork(
  counts: readonly number[],
  [source, target]: readonly (readonly number[])[],
): Work {
  const elements = counts.reduce((product, count) => product * count, 1);
  const apart = source![3]!;
  const columns = counts[3]!;
  const isNear = apart === 1 || (apart > 0 && apart <= MAX_APART && columns >= LANES);
  const isVector = isNear && target![3] === ELEMENT_BYTES;
  return { byte: (1 + ELEMENT_BYTES) * elements, run: isVector ? elements / columns : elements };
}

/** Writes planes to a dense [1, C, H, W] image. */
export function callNarrow(step: Caller, source: PlanesPlace, target: View): void {
  for (const [phase, view] of phaseViews(source).entries()) {
    callNested(step, "s16_s8_narrow", [view], columnsOf(target, source, phase));
  }
}

/** Writes planes of one phase to planes of two. */
export function callSplit(step: Caller, source: PlanesPlace, target: PlanesPlace): void {
  const [image] = phaseViews(source) as [View];
  for (const [phase, view] of phaseViews(target).entries()) {
    callCopy(step, columnsOf(image, target, phase), view);
  }
}

/** The columns of an image that one phase of the planes holds. */
function columnsOf(image: View, { planes }: PlanesPlace, phase: number): View {
  const { columns, phases } = planes;
  return sliceView(image, 3, phase, Math.ceil((columns - phase) / phases), phases);
}
