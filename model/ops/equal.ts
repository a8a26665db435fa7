/** @file Whether two operands are equal. */

import { NUMBERS } from "./checks.ts";
import { comparisonOp } from "./elementwise.ts";

export const equal = comparisonOp("equal", "a = b", [...NUMBERS, "bool"], (a, b) => a === b);
