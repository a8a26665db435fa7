/** @file Lowers `hard-swish` of f32. */

import { unaryF32 } from "./rows.ts";

export const hardSwish = unaryF32("hard-swish", "f32_vhardswish");
