/** @file Natural logarithm: the host's, rounded once; no kernel computes it. */

import { unaryOp } from "./elementwise.ts";

export const log = unaryOp("log", "ln x", { float: Math.log });
