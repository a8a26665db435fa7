/** @file Whether the first operand is greater. */

import { NUMBERS } from "./checks.ts";
import { comparisonOp } from "./elementwise.ts";

export const greater = comparisonOp("greater", "a > b", NUMBERS, (a, b) => a > b);
