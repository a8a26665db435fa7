/** @file Square root, correctly rounded. */

import { unaryOp } from "./elementwise.ts";

export const sqrt = unaryOp("sqrt", "√x", { float: Math.sqrt });
