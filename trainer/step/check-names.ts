/** @file Whether the layers that a method's options name are those that it concerns. */

import { type Diagnostic, problem } from "../../model/diagnostics/diagnostic.ts";
import type { WeightMethod } from "../methods/method.ts";
import { OTHERS } from "../methods/zeros.ts";
import { distinctMethods, type StagePlan } from "./plan.ts";

/** One problem for names that are no layers of the method, one for layers that are not named. */
export function checkNames(plan: StagePlan, at: string): Diagnostic[] {
  return distinctMethods(plan).flatMap(method => {
    const { names } = method;
    if (names === undefined) return [];
    if (method.holding?.share !== undefined) {
      const help = "give one share, or count zeros per layer";
      return [wrong(at, "zeros over all layers have one share, not one for each layer", [], help)];
    }
    const layers = layersOf(plan, method);
    const unknown = names.filter(name => name !== OTHERS && !layers.includes(name));
    const missing = names.includes(OTHERS) ? [] : layers.filter(name => !names.includes(name));
    const notes = [`layers of this method: ${layers.join(", ")}`];
    return [
      ...(unknown.length === 0
        ? []
        : [wrong(at, `zeros for layers that there are not: ${unknown.join(", ")}`, notes, RENAME)]),
      ...(missing.length === 0
        ? []
        : [wrong(at, `no zeros for the layers ${missing.join(", ")}`, notes, NAME_OTHERS)]),
    ];
  });
}

const RENAME = "use the names of the layers between the first and the last";
const NAME_OTHERS = `name them, or give "${OTHERS}" for all others`;

function layersOf(plan: StagePlan, method: WeightMethod): string[] {
  return [...plan.methods].filter(([, own]) => own === method).map(([name]) => name);
}

function wrong(at: string, message: string, notes: readonly string[], help: string): Diagnostic {
  return problem("train/bad-config", message, { at, notes, help });
}
