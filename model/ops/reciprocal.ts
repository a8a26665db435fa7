/** @file Reciprocal, correctly rounded. */

import { unaryOp } from "./elementwise.ts";

export const reciprocal = unaryOp("reciprocal", "1 / x", { float: x => 1 / x });
