/** @file What is said where quantising without training cost much. */

import type { WeightChoice } from "../core/abi.ts";
import { type Diagnostic, warning } from "../model/diagnostics/diagnostic.ts";
import type { Loss } from "./loss.ts";
import { percent } from "./table.ts";

/** What few users would take for a smaller module: in accuracy, and in samples told otherwise. */
const MUCH = { loss: 0.05, disagreement: 0.1 } as const;

export interface LossyRequest {
  readonly weights: WeightChoice;
  readonly calibrate?: string;
}

/** One warning if `loss` is large, else none. */
export function lossWarnings(
  loss: Loss,
  path: string,
  { weights, calibrate }: LossyRequest,
): readonly Diagnostic[] {
  if (!isMuch(loss)) return [];
  // Training takes labels.
  const data = loss.loss === undefined || calibrate === undefined ? "DATA" : calibrate;
  const train = `tritc quantize ${path} --data ${data} trains them to ternary ones`;
  const help =
    weights === "ternary"
      ? `${train}; --weights int8 loses less without training`
      : "calibrate on samples like the real ones, normalised as in training: --mean and --std";
  const notes =
    weights === "ternary" ? ["weights that were trained as floats make poor ternary ones"] : [];
  return [warning("compile/lossy", sentence(loss), { at: path, notes, help })];
}

function isMuch({ agreement, loss }: Loss): boolean {
  return loss === undefined ? 1 - agreement > MUCH.disagreement : loss > MUCH.loss;
}

function sentence({ agreement, loss }: Loss): string {
  if (loss !== undefined) return `quantising lost ${(100 * loss).toFixed(2)} points of accuracy`;
  const share = percent(1 - agreement);
  return `the quantised model finds another class than the float one for ${share} of the samples`;
}
