/** @file Rounding up. */

import { unaryOp } from "./elementwise.ts";

export const ceil = unaryOp("ceil", "the smallest integer from x", { float: Math.ceil });
