/** @file `tritc kernels`: the kernels that modules are made of. */

import type { Command } from "commander";
import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { loadKernelLibrary } from "../../targets/kernel-files.ts";
import { addJson, type JsonFlag } from "../options.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { printJson } from "../terminal.ts";

const EXAMPLES = `
A name is <activation>_<weight>_<op>[_<epilogue>]_<MR>x<NR>[c<KR>]__<isa>; docs/kernels.md says more.

Examples:
  tritc kernels tc2w        only those with "tc2w", ternary weights, in their name`;

export function addKernels(program: Command, { terminal }: Session): void {
  const command = program
    .command("kernels")
    .description("list the kernels that modules are made of")
    .argument("[word]", "only kernels whose name has this word");
  addJson(command)
    .addHelpText("after", EXAMPLES)
    .action((word: string | undefined, { json }: JsonFlag) => {
      const { table: all } = loadKernelLibrary();
      const rows = all.filter(({ name }) => word === undefined || name.includes(word));
      if (word !== undefined && rows.length === 0) throw noKernels(word, all);
      if (json) return printJson(terminal, rows);
      return terminal.out(table(rows.map(row => [row.name, row.family, row.isa])));
    });
}

function noKernels(word: string, all: readonly { readonly family: string }[]): UsageError {
  const parts = new Set(all.flatMap(({ family }) => family.split("_")));
  return new UsageError(
    problem("usage/bad-option", `no kernel has "${word}" in its name`, {
      notes: [`names are made of ${[...parts].join(", ")}, the tile and the instruction set`],
      help: "tritc kernels lists all",
    }),
  );
}
