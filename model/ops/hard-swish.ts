/** @file x times the hard sigmoid of slope 1/6. */

import { hardSwish32 } from "../../core/float32.ts";
import { unaryF32Op } from "./elementwise.ts";

export const hardSwish = unaryF32Op("hard-swish", "x · clamp(x / 6 + 1/2, 0, 1)", hardSwish32);
