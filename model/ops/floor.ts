/** @file Rounding down. */

import { unaryOp } from "./elementwise.ts";

export const floor = unaryOp("floor", "the largest integer up to x", { float: Math.floor });
