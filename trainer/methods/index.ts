/** @file The weight methods, by name. */

import { bitnetKind } from "./bitnet.ts";
import { floatKind } from "./float.ts";
import { int8Kind } from "./int8.ts";
import type { MethodChoice, MethodKind } from "./kind.ts";
import type { WeightMethod } from "./method.ts";
import { pruneKind } from "./prune.ts";
import { softKind } from "./soft.ts";
import { ternaryKind } from "./ternary.ts";
import { ttqKind } from "./ttq.ts";
import { twnKind } from "./twn.ts";

export const METHOD_KINDS: readonly MethodKind[] = [
  floatKind,
  pruneKind,
  int8Kind,
  twnKind,
  bitnetKind,
  ternaryKind,
  ttqKind,
  softKind,
];

/** The method that `choice` describes. Requires a known kind and valid options. */
export function buildMethod(choice: MethodChoice): WeightMethod {
  return METHOD_KINDS.find(kind => kind.name === choice.kind)!.build(choice);
}

/** Whether methods of this kind leave integers. */
export function quantizes(kind: string): boolean {
  return buildMethod({ kind }).quantize !== undefined;
}
