/** @file The weight methods, by name. */

import { float } from "./float.ts";
import { int8 } from "./int8.ts";
import type { WeightMethod } from "./method.ts";
import { twn } from "./twn.ts";

export const WEIGHT_METHODS: readonly WeightMethod[] = [float, int8, twn];

export function weightMethod(name: string): WeightMethod | undefined {
  return WEIGHT_METHODS.find(method => method.name === name);
}
