/** @file Absolute value. */

import { unaryOp } from "./elementwise.ts";

export const abs = unaryOp("abs", "|x|", { float: Math.abs, integer: x => (x < 0n ? -x : x) });
