/** @file Runs commands of tritc in this process, for their JSON. */

import { runCli } from "../../cli/program.ts";

/** What `tritc ARGS --json` prints. Messages go to standard error. @throws if the command fails */
export async function tritc<Result>(...args: readonly string[]): Promise<Result> {
  let out = "";
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      process.stderr.write(text);
    },
    colours: false,
    interactive: false,
  };
  const code = await runCli([...args, "--json"], terminal);
  if (code !== 0) throw new Error(`tritc ${args.join(" ")} ended with ${code}:\n${out}`);
  return JSON.parse(out) as Result;
}
