/** @file Whether the first operand is less. */

import { NUMBERS } from "./checks.ts";
import { comparisonOp } from "./elementwise.ts";

export const less = comparisonOp("less", "a < b", NUMBERS, (a, b) => a < b);
