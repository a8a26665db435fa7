/** @file Gradient cases of pools. */

import { type GradientCases, op, spaced, window } from "./case.ts";

export const poolCases: GradientCases = {
  "max-pool": [
    op("max-pool", "tiles", [[1, 2, 4, 6]], { ...window(2, 2, 0), layout: "nchw" }, spaced),
    op(
      "max-pool",
      "rows left over",
      [[1, 1, 5, 7]],
      { ...window(2, 2, 0), layout: "nchw" },
      spaced,
    ),
    op("max-pool", "overlapping", [[1, 1, 5, 6]], { ...window(3, 2, 1), layout: "nchw" }, spaced),
  ],
  "average-pool": [
    op("average-pool", "global", [[2, 2, 3, 3]], {
      ...window(3, 1, 0),
      layout: "nchw",
      countIncludePad: false,
    }),
    op("average-pool", "tiles", [[1, 2, 4, 5]], {
      ...window(2, 2, 0),
      layout: "nchw",
      countIncludePad: false,
    }),
    op("average-pool", "border counts", [[1, 2, 4, 5]], {
      ...window(3, 2, 1),
      layout: "nchw",
      countIncludePad: true,
    }),
    op("average-pool", "border left out", [[1, 2, 4, 5]], {
      ...window(3, 2, 1),
      layout: "nchw",
      countIncludePad: false,
    }),
  ],
};
