/** @file Logical conjunction. */

import { comparisonOp } from "./elementwise.ts";

export const and = comparisonOp("and", "a and b", ["bool"], (a, b) => Boolean(a) && Boolean(b));
