/** @file Lowers `tanh` of f32. */

import { unaryF32 } from "./rows.ts";

export const tanh = unaryF32("tanh", "f32_vtanh");
