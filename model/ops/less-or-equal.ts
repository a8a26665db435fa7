/** @file Whether the first operand is at most the second. */

import { NUMBERS } from "./checks.ts";
import { comparisonOp } from "./elementwise.ts";

export const lessOrEqual = comparisonOp("less-or-equal", "a ≤ b", NUMBERS, (a, b) => a <= b);
