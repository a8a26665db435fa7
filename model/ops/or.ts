/** @file Logical disjunction. */

import { comparisonOp } from "./elementwise.ts";

export const or = comparisonOp("or", "a or b", ["bool"], (a, b) => Boolean(a) || Boolean(b));
