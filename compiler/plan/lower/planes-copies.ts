/** @file Carries values between dense images and channel planes. */

import { type PlanesPlace, phaseViews } from "../channel-planes.ts";
import { sliceView, type View } from "../view.ts";
import { type Caller, callCopy, callNested } from "./rows.ts";

/** Writes a dense [1, C, H, W] image to planes. */
export function callWiden(step: Caller, source: View, target: PlanesPlace): void {
  for (const [phase, view] of phaseViews(target).entries()) {
    callNested(step, "s8_s16_widen", [columnsOf(source, target, phase)], view);
  }
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
