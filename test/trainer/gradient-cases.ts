/** @file One or more small graphs per gradient rule, whose gradients are checked numerically. */

import type { GradientCases } from "./gradients/case.ts";
import { elementwiseCases } from "./gradients/elementwise.ts";
import { movementCases } from "./gradients/movement.ts";
import { poolCases } from "./gradients/pools.ts";
import { productCases } from "./gradients/products.ts";

export { type GradientCase, valuesFor } from "./gradients/case.ts";

export const GRADIENT_CASES: GradientCases = {
  ...elementwiseCases,
  ...movementCases,
  ...productCases,
  ...poolCases,
};
