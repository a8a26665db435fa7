/** @file Gauss error function. */

import { erf32 } from "../../core/float32.ts";
import { unaryF32Op } from "./elementwise.ts";

export const erf = unaryF32Op("erf", "erf x", erf32);
