/** @file Lowers `sigmoid` of f32. */

import { unaryF32 } from "./rows.ts";

export const sigmoid = unaryF32("sigmoid", "f32_vsigmoid");
