/** @file What every command is given. */

import type { ExitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** What a command is given besides its arguments. */
export interface Session {
  readonly terminal: Terminal;
  /** Ends the command with this code after what it printed. */
  readonly exitWith: (code: ExitCode) => void;
}
