/** @file The program `tritc`: its commands, and how each ends. */

import { Command, CommanderError } from "commander";
import { VERSION } from "../core/version.ts";
import { problem, UsageError } from "../model/diagnostics/diagnostic.ts";
import { addCalibrateCosts } from "./commands/calibrate-costs.ts";
import { addCompile } from "./commands/compile.ts";
import { addEval } from "./commands/eval.ts";
import { addExplain } from "./commands/explain.ts";
import { addInspect } from "./commands/inspect.ts";
import { addKernels } from "./commands/kernels.ts";
import { addPasses } from "./commands/passes.ts";
import { addPrune } from "./commands/prune.ts";
import { addQuantize } from "./commands/quantize.ts";
import { addRun } from "./commands/run.ts";
import { addTrain } from "./commands/train.ts";
import { addVerify } from "./commands/verify.ts";
import { EXIT, type ExitCode, reportFailure } from "./exit.ts";
import type { Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/** In the order of the help text: along the road from data to module. */
const COMMANDS: readonly ((program: Command, session: Session) => void)[] = [
  addTrain,
  addQuantize,
  addPrune,
  addCompile,
  addRun,
  addEval,
  addVerify,
  addInspect,
  addPasses,
  addKernels,
  addCalibrateCosts,
  addExplain,
];

const AFTER_HELP = `
Exit codes: 0 done, 1 the model or the data is at fault, 2 the call is, 3 tritc itself is,
130 interrupted.
TRITC_DEBUG=1…5 prints what the compiler does; TRITC_DATA names the folder of data sets.`;

/** Runs one command line, without the program's own name. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const session: Session = {
    terminal,
    exitWith: given => {
      code = given;
    },
  };
  try {
    await programFor(session).parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (isHelp(error)) return EXIT.ok;
    return reportFailure(asUsage(error), terminal, args.includes("--json"));
  }
}

function programFor(session: Session): Command {
  const { terminal } = session;
  const program = new Command("tritc")
    .description("Compiles a trained network into one small WebAssembly module.")
    .version(VERSION, "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      // Faults of the call come back as errors and are printed like all others.
      outputError: () => {},
    })
    .showHelpAfterError(false)
    .addHelpText("after", AFTER_HELP);
  for (const add of COMMANDS) add(program, session);
  return program;
}

function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

function asUsage(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === "commander.help") {
    return new UsageError(
      problem("usage/bad-option", "no command was given", { help: "tritc --help lists them" }),
    );
  }
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const lines = rest.map(line => line.trim()).filter(line => line !== "");
  const guess = lines.map(line => GUESS.exec(line)?.[1]).find(words => words !== undefined);
  const listing =
    error.code === "commander.unknownCommand"
      ? "tritc --help lists the commands"
      : "tritc COMMAND --help shows the options and examples";
  return new UsageError(
    problem("usage/bad-option", first.replace(/\.$/, ""), {
      notes: lines.filter(line => !GUESS.test(line)),
      help: guess === undefined ? listing : `did you mean ${guess}? ${listing}`,
    }),
  );
}

/** How commander ends a message about a word that is like one it knows. */
const GUESS = /^\(Did you mean (.*)\?\)$/;
