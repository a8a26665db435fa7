/** @file Runs command lines in this process and keeps what they print. */

import { runCli } from "../../cli/program.ts";

export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function runTritc(...args: readonly string[]): Promise<Printed> {
  let out = "";
  let err = "";
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    colours: false,
    interactive: false,
  };
  const code = await runCli(args, terminal);
  return { code, out, err };
}
