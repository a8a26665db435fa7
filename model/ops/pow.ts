/** @file Power of two operands; the host's `Math.pow`, rounded once: no kernel computes it. */

import { binaryOp } from "./elementwise.ts";

export const pow = binaryOp("pow", "a to the power b", { float: (a, b) => a ** b });
