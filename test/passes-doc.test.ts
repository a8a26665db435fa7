/** @file docs/passes.md lists the passes that there are, in their order. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { passList } from "../compiler/passes/index.ts";

test("the table of passes is the pipeline", () => {
  const text = readFileSync(new URL("../docs/passes.md", import.meta.url), "utf8");
  const rows = text.split("\n").filter(line => /^\| `.*` \| (exact|rounds) \|/.test(line));
  expect(rows).toEqual(
    passList().map(({ name, accuracy, summary }) => `| \`${name}\` | ${accuracy} | ${summary} |`),
  );
});
