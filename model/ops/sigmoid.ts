/** @file Logistic function. */

import { sigmoid32 } from "../../core/float32.ts";
import { unaryF32Op } from "./elementwise.ts";

export const sigmoid = unaryF32Op("sigmoid", "1 / (1 + e^−x)", sigmoid32);
