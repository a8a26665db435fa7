/** @file `tritc passes`: the passes of the compiler, in order. */

import type { Command } from "commander";
import { passList } from "../../compiler/passes/index.ts";
import { addJson, type JsonFlag } from "../options.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { printJson } from "../terminal.ts";

const EXAMPLES = `
A pass is exact, or it rounds: then values change. Any name may follow --stop-after.

Examples:
  tritc passes
  tritc compile model.onnx --stop-after fuse-clamp`;

export function addPasses(program: Command, { terminal }: Session): void {
  const command = program.command("passes").description("list the compiler's passes, in order");
  addJson(command)
    .addHelpText("after", EXAMPLES)
    .action(({ json }: JsonFlag) => {
      const rows = passList().map(({ name, accuracy, summary }) => ({ name, accuracy, summary }));
      if (json) return printJson(terminal, rows);
      return terminal.out(table(rows.map(row => [row.name, row.accuracy, row.summary])));
    });
}
