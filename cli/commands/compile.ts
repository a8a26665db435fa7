/** @file `tritc compile`: an ONNX model becomes a module. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { ARTEFACT_SUFFIXES, type ArtefactKind } from "../../compiler/index.ts";
import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { printGraph } from "../../model/ir/print.ts";
import { TARGETS } from "../../targets/index.ts";
import {
  type CompiledModel,
  type CompileRequest,
  compileModel,
  lowerUntil,
} from "../compile-model.ts";
import { addCompileOptions } from "../compile-options.ts";
import { checkWritable, isSameFile, readInput, writeOutputs } from "../files.ts";
import { lossText } from "../loss.ts";
import { lossWarnings } from "../loss-warning.ts";
import { inspectModule } from "../module-report.ts";
import { addJson, DATA_HELP, words } from "../options.ts";
import type { Session } from "../session.ts";
import { countText, table } from "../table.ts";
import { printDiagnostics, printJson } from "../terminal.ts";
import { layersText, memoryText, sizesText } from "./inspect.ts";

const KINDS = Object.keys(ARTEFACT_SUFFIXES) as ArtefactKind[];
const EXAMPLES = `
Weights: auto keeps what the model has (ternary where its floats are ternary), ternary and int8
quantise float weights, f32 keeps them. With --calibrate activations are held in 8 bits, and the
loss in accuracy is measured on up to 1000 of the samples. Normalisation is that of training.

Aims: each layer is computed by kernels, by lists of its nonzero weights, or by code of its own,
which is fast and large; the last two are for ternary weights with --calibrate. speed takes what
is fastest, size what is smallest, balanced the least product of time and bytes. tritc inspect
shows what was chosen and why. With --specialize-at-load, and one of the last two aims, the module
stays small and its loader writes that code, where it can. The results are the same, to the bit.

Examples:
  tritc compile model.onnx -o model.wasm
  tritc compile mnist.onnx -o mnist.wasm --weights int8 --calibrate mnist:data/mnist
  tritc compile model.onnx -o model.wasm --target wasi --emit wasm,manifest,dts
  tritc compile model.onnx --stop-after fuse-clamp`;

interface CompileFlags extends CompileRequest {
  readonly output?: string;
  readonly emit: readonly ArtefactKind[];
  readonly stopAfter?: string;
  readonly json?: true;
}

export function addCompile(program: Command, { terminal }: Session): void {
  const targets = Object.values(TARGETS).map(({ name, summary }) => `  ${name}: ${summary}`);
  const command = program
    .command("compile")
    .description("compile an ONNX model into a WebAssembly module")
    .argument("<model.onnx>", "the model")
    .option("-o, --output <out.wasm>", "where to write the module")
    .addOption(
      new Option("--emit <kinds>", `what to write: ${KINDS.join(", ")}`)
        .argParser(artefactKinds)
        .default(["wasm"], "wasm"),
    )
    .option("--stop-after <pass>", "print the graph after this pass, and write nothing");
  addJson(addCompileOptions(command, "size"))
    .addHelpText("after", `\nTargets:\n${targets.join("\n")}\n${DATA_HELP}\n${EXAMPLES}`)
    .action(async (path: string, flags: CompileFlags) => {
      if (flags.stopAfter !== undefined) return stopAfter(path, flags.stopAfter, flags);
      if (!flags.output) throw noOutput();
      const paths = pathsFor(flags.output, flags.emit);
      const written = paths.map(([, file]) => file);
      checkWritable(written);
      demandOthers(path, written);
      const compiled = await compileModel(readInput(path), path, flags, terminal);
      const { compilation } = compiled;
      writeOutputs(
        paths.map(([kind, file]) => ({ path: file, bytes: compilation.artefact(kind) })),
      );
      return report(compiled, path, written, flags);
    });

  async function stopAfter(path: string, pass: string, flags: CompileFlags): Promise<void> {
    const text = printGraph(await lowerUntil(readInput(path), path, flags, pass, terminal));
    if (flags.json) printJson(terminal, { pass, graph: text });
    else terminal.out(text);
  }

  function report(
    { compilation, loss }: CompiledModel,
    path: string,
    files: readonly string[],
    flags: CompileFlags,
  ): void {
    const module = inspectModule(compilation.wasm, files[0]!);
    const diagnostics = [
      ...compilation.diagnostics,
      ...(loss ? lossWarnings(loss, path, flags) : []),
    ];
    if (flags.json) {
      const { manifest: _, kind: __, ...sizes } = module;
      printJson(terminal, { files, ...sizes, ...(loss && { loss }), diagnostics });
      return;
    }
    printDiagnostics(terminal, diagnostics);
    const rows = [
      ["wrote", files.join(", ")],
      ["size", sizesText(module)],
      ["memory", memoryText(module)],
      ["work", `${countText(module.macs)} multiplications`],
      ...(loss ? [["accuracy", lossText(loss, `${flags.calibrate} (${flags.split})`)]] : []),
    ];
    terminal.out(`${table(rows)}\n${layersText(module.layers)}`);
  }
}

function artefactKinds(text: string): ArtefactKind[] {
  return words(text).map(word => {
    const kind = KINDS.find(known => known === word);
    if (kind === undefined) throw new InvalidArgumentError(`Kinds are ${KINDS.join(", ")}.`);
    return kind;
  });
}

/** Each kind and its file: the output's name with the suffix of the kind. */
function pathsFor(
  output: string,
  kinds: readonly ArtefactKind[],
): readonly (readonly [ArtefactKind, string])[] {
  const stem = output.replace(/\.wasm$/, "");
  return kinds.map(kind => [kind, kind === "wasm" ? output : `${stem}${ARTEFACT_SUFFIXES[kind]}`]);
}

/** @throws usage/bad-option where an output would replace the model */
function demandOthers(model: string, written: readonly string[]): void {
  const same = written.find(file => isSameFile(file, model));
  if (same === undefined) return;
  throw new UsageError(
    problem("usage/bad-option", "this output would replace the model", {
      at: same,
      help: "give the module another name or folder with -o",
    }),
  );
}

function noOutput(): UsageError {
  return new UsageError(
    problem("usage/bad-option", "where should the module go?", { help: "give -o OUT.wasm" }),
  );
}
