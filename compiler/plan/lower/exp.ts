/** @file Lowers `exp` of f32. */

import { unaryF32 } from "./rows.ts";

export const exp = unaryF32("exp", "f32_vexp");
