/** @file `tritc calibrate-costs`: measures what calls cost on this machine. */

import { arch } from "node:os";
import { basename } from "node:path";
import { type Command, Option } from "commander";
import { DEFAULT_ENGINE, ENGINES, type Engine } from "../../core/abi.ts";
import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { loadKernelLibrary } from "../../targets/kernel-files.ts";
import { type Calibration, calibrate } from "../calibrate/calibrate.ts";
import { writeOutputs } from "../files.ts";
import { optimizingNode, otherProgram } from "../measure/timers.ts";
import { addJson, type JsonFlag } from "../options.ts";
import type { Session } from "../session.ts";
import { percent, table } from "../table.ts";
import { printJson } from "../terminal.ts";

const EXAMPLES = `
Takes less than a minute. The planner uses the costs that come with tritc unless it is told
otherwise; compilation never measures.

Examples:
  tritc calibrate-costs                                  how well costs fit this machine
  tritc calibrate-costs --out here.json
  tritc compile model.onnx -o model.wasm --optimize speed --costs here.json
  tritc calibrate-costs --engine v8-11 --with /opt/node20/bin/node --out v8-11.json`;

interface CalibrateFlags extends JsonFlag {
  readonly engine?: Engine;
  readonly with?: string;
  readonly out?: string;
}

export function addCalibrateCosts(program: Command, { terminal }: Session): void {
  const command = program
    .command("calibrate-costs")
    .description("measure what calls cost on this machine, for the planner")
    .addOption(new Option("--engine <family>", "what the costs are of").choices(ENGINES))
    .option("--with <program>", "measure in another program that runs JavaScript modules")
    .option("--out <file>", "write the costs");
  addJson(command)
    .addHelpText("after", EXAMPLES)
    .action(async ({ engine = thisEngine(), out, json, ...flags }: CalibrateFlags) => {
      if (flags.with === undefined && engine !== thisEngine()) throw notHere(engine);
      const timer = flags.with === undefined ? optimizingNode : otherProgram(flags.with);
      const result = await calibrate(
        loadKernelLibrary().costs[engine],
        machine(flags.with),
        timer,
        ({ name }) => {
          if (terminal.interactive) terminal.err(`measuring ${name}\n`);
        },
      );
      if (out !== undefined) {
        const text = `${JSON.stringify(result.costs, null, 2)}\n`;
        writeOutputs([{ path: out, bytes: new TextEncoder().encode(text) }]);
      }
      if (json) printJson(terminal, result);
      else terminal.out(reportOf(result));
    });
}

function notHere(engine: Engine): UsageError {
  return new UsageError(
    problem("usage/bad-option", `this program runs on ${thisEngine()}, not on ${engine}`, {
      at: `--engine ${engine}`,
      help: "name a program that runs on it: --with PROGRAM",
    }),
  );
}

/** The family of the engine that runs this. */
function thisEngine(): Engine {
  const major = Number.parseInt(process.versions.v8 ?? "", 10);
  return major < 12 ? "v8-11" : DEFAULT_ENGINE;
}

function machine(command: string | undefined): string {
  const engine = command ?? `V8 ${process.versions.v8?.replace(/-.*/, "")}`;
  return `${basename(engine)}, ${arch()}`;
}

function reportOf({ costs, fits, medianRunError, largestRunError }: Calibration): string {
  const rows = fits.map(([kernel, fit]) => [
    kernel,
    fit.calls,
    percent(fit.medianError),
    percent(fit.largestError),
    Object.entries(fit.prices)
      .map(([name, ns]) => `${name} ${ns}`)
      .join(", "),
  ]);
  const runs = `whole runs: predicted within ${percent(medianRunError)} in the median, ${percent(largestRunError)} at most`;
  const head = ["kernel", "calls", "error", "most", "nanoseconds per"];
  return `${costs.engine}: ${costs.measuredOn}\n${table([head, ...rows])}\n${runs}\n`;
}
