/** @file What each op refuses: every check of every op can fire, and says what it got. */

import { describe, expect, test } from "vitest";
import type { OpKind } from "../../model/ir/graph.ts";
import { refusal } from "./compute.ts";
import { axes } from "./refusals/axes.ts";
import { contractions } from "./refusals/contractions.ts";
import { elementwise } from "./refusals/elementwise.ts";
import { integer } from "./refusals/integer.ts";
import { movement } from "./refusals/movement.ts";
import type { Refusals } from "./refusals/operands.ts";
import { pools } from "./refusals/pools.ts";

const REFUSALS: Refusals = {
  ...movement,
  ...contractions,
  ...integer,
  ...pools,
  ...elementwise,
  ...axes,
};

describe.each(Object.entries(REFUSALS))("%s refuses", (kind, cases) => {
  test.each(cases.map((item, i) => [i, ...item] as const))(
    "case %i",
    (_, operands, attrs, message) => {
      const said = refusal(kind as OpKind, operands, attrs);
      expect(said).toMatch(message);
      expect(said).toContain(kind);
    },
  );
});
