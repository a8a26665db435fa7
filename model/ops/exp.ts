/** @file Exponential, for x between -87.3 and 88.3. */

import { exp32 } from "../../core/float32.ts";
import { unaryF32Op } from "./elementwise.ts";

export const exp = unaryF32Op("exp", "e^x", exp32);
