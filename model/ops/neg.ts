/** @file Negation. */

import { unaryOp } from "./elementwise.ts";

export const neg = unaryOp("neg", "−x", { float: x => -x, integer: x => -x });
