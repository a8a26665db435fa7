/** @file Hyperbolic tangent. */

import { tanh32 } from "../../core/float32.ts";
import { unaryF32Op } from "./elementwise.ts";

export const tanh = unaryF32Op("tanh", "tanh x", tanh32);
