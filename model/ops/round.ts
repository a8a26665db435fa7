/** @file Rounding to the nearest integer, ties to even. */

import { roundHalfEven } from "../../core/float32.ts";
import { unaryOp } from "./elementwise.ts";

/** From here on every float is an integer. */
const INTEGERS_FROM = 2 ** 52;

export const round = unaryOp("round", "the nearest integer, ties to even", {
  float: x => (Math.abs(x) < INTEGERS_FROM ? roundHalfEven(x) : x),
});
