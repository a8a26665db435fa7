/** @file Whether the first operand is at least the second. */

import { NUMBERS } from "./checks.ts";
import { comparisonOp } from "./elementwise.ts";

export const greaterOrEqual = comparisonOp("greater-or-equal", "a ≥ b", NUMBERS, (a, b) => a >= b);
