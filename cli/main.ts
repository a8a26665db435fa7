/** @file The process behind `tritc`. */

import { runCli } from "./program.ts";
import { processTerminal } from "./terminal.ts";

// A reader that has seen enough, such as `head`, is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runCli(process.argv.slice(2), processTerminal());
