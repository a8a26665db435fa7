/** @file Lowers `clamp`: f32 bounds as they are; i8 bounds as elements, cut to the type. */

import { dtypeRange } from "../../../core/dtype.ts";
import { clampTo } from "../../../core/interval.ts";
import { unaryRows } from "./rows.ts";

const FAMILIES: Readonly<Record<string, string>> = { f32: "f32_vclamp", i8: "s8_vclamp" };

export const clamp = unaryRows(
  "clamp",
  (_node, x) => FAMILIES[x.type.dtype],
  ({ attrs, type }) => {
    const range = dtypeRange(type.dtype);
    return [clampTo(attrs.min, range) + 0, clampTo(attrs.max, range) + 0];
  },
);
