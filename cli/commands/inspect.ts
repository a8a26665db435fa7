/** @file `tritc inspect`: sizes, memory and layers of a module, or what an ONNX model holds. */

import type { Command } from "commander";
import type { Compilation } from "../../compiler/index.ts";
import type { Manifest, OptimizeChoice, Port } from "../../core/abi.ts";
import { ModelError, problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { type CompileRequest, compileModel } from "../compile-model.ts";
import { addCompileOptions } from "../compile-options.ts";
import { checkWritable, readInput } from "../files.ts";
import { drawFrontier } from "../frontier-chart.ts";
import { measured } from "../measure/measure-module.ts";
import { methodsText } from "../methods-text.ts";
import { inspectModule, type ModuleReport } from "../module-report.ts";
import { inspectOnnx, type OnnxReport } from "../onnx-report.ts";
import { addJson, DATA_HELP } from "../options.ts";
import type { Session } from "../session.ts";
import { bytesText, countText, percent, table } from "../table.ts";
import { printDiagnostics, printJson } from "../terminal.ts";
import { isWasm } from "../wasm-file.ts";

const EXAMPLES = `
A model is compiled as tritc compile would if --optimize, --measure or --frontier is given. For each
layer the report then shows the method, its predicted time and bytes, and the runner-up: the method
that would have come next. --measure times every layer once the engine is warm.

Examples:
  tritc inspect digits.wasm
  tritc inspect digits.wasm --measure --json
  tritc inspect model.onnx
  tritc inspect model.onnx --optimize balanced --measure
  tritc inspect model.onnx --optimize speed --engine v8-11 --frontier frontier.html`;

interface InspectFlags extends Omit<CompileRequest, "optimize"> {
  readonly optimize?: OptimizeChoice;
  readonly measure?: true;
  readonly frontier?: string;
  readonly json?: true;
}

export function addInspect(program: Command, { terminal }: Session): void {
  const command = program
    .command("inspect")
    .description("show sizes, memory and layers of a module or an ONNX model")
    .argument("<file>", "a module made by tritc, or an ONNX model")
    .option("--measure", "time every layer, as the engine runs it once it is warm")
    .option("--frontier <file.html|.svg>", "ONNX: draw time over size, whatever could be chosen");
  addJson(addCompileOptions(command))
    .addHelpText("after", `${DATA_HELP}\n${EXAMPLES}`)
    .action(async (path: string, flags: InspectFlags) => {
      const bytes = readInput(path);
      if (flags.frontier !== undefined) checkFrontier(flags.frontier, path, isWasm(bytes));
      if (isWasm(bytes)) return showModule(bytes, path, flags);
      if (!isCompiled(flags)) return showModel(bytes, path, flags);
      const request = { ...flags, optimize: flags.optimize ?? "size" };
      if (flags.frontier !== undefined) checkWritable([flags.frontier]);
      const { compilation } = await compileModel(bytes, path, request, terminal);
      if (flags.frontier !== undefined) await drawFrontier(compilation, flags.frontier);
      return showModule(compilation.wasm, path, flags, compilation);
    });

  function showModel(bytes: Uint8Array, path: string, { batch, json }: InspectFlags): void {
    const report = inspectOnnx(bytes, path, batch);
    if (json) printJson(terminal, report);
    else terminal.out(onnxText(report));
  }

  async function showModule(
    bytes: Uint8Array,
    path: string,
    { measure, json }: InspectFlags,
    compilation?: Compilation,
  ): Promise<void> {
    const plain = inspectModule(bytes, path);
    if (measure) demandOneThread(plain, path);
    const report = measure ? await measured(plain, bytes) : plain;
    const frontier = compilation?.choosing?.frontier.points.map(({ ns, bytes: size }) => ({
      predictedNs: Math.round(ns),
      bytes: size,
    }));
    const diagnostics = compilation?.diagnostics ?? [];
    if (json) {
      const more = { ...(frontier && { frontier }), ...(compilation && { diagnostics }) };
      return printJson(terminal, { ...report, ...more });
    }
    printDiagnostics(terminal, diagnostics);
    return terminal.out(moduleText(report));
  }
}

/** @throws usage/bad-option where there is nothing to draw, or no such form of picture */
function checkFrontier(file: string, path: string, isModule: boolean): void {
  if (isModule) {
    throw new UsageError(
      problem("usage/bad-option", "a module's choices are made: it has no frontier", {
        at: `--frontier ${file}`,
        help: `give the model that ${path} was compiled from`,
      }),
    );
  }
  if (/\.(html|svg)$/.test(file)) return;
  throw new UsageError(
    problem("usage/bad-option", "the frontier is drawn as HTML or SVG", {
      at: `--frontier ${file}`,
      help: "give a file that ends in .html or .svg",
    }),
  );
}

/** Whether what is wanted of a model is known of its module only. */
/** @throws run/has-threads: calls of several threads have no times of their own */
function demandOneThread({ manifest }: ModuleReport, path: string): void {
  const { threads } = manifest.options;
  if (threads === undefined) return;
  throw new ModelError(
    problem("run/has-threads", `the layers of a module for ${threads} threads are not timed`, {
      at: path,
      help: "leave --measure out, or compile the model without --threads",
    }),
  );
}

function isCompiled({ optimize, measure, frontier }: InspectFlags): boolean {
  return optimize !== undefined || measure !== undefined || frontier !== undefined;
}

function moduleText(report: ModuleReport): string {
  const { manifest } = report;
  const facts = table([
    ["model", `${manifest.name} (tritc ${manifest.tritc}, ${manifest.target}, ${manifest.simd})`],
    ...manifest.inputs.map(port => ["input", portText(port)]),
    ...manifest.outputs.map(port => ["output", portText(port)]),
    ...(manifest.labels ? [["labels", labelsText(manifest.labels)]] : []),
    ["size", sizesText(report)],
    ["memory", memoryText(report)],
    ["work", `${countText(report.macs)} multiplications`],
  ]);
  return `${facts}\n${layersText(report.layers)}\n${methodsText(report)}`;
}

export function sizesText({ bytes, codeBytes, weightBytes }: ModuleReport): string {
  return `${bytesText(bytes)}: code ${bytesText(codeBytes)}, weights ${bytesText(weightBytes)} in memory`;
}

export function memoryText(report: ModuleReport): string {
  const { peakMemoryBytes, arenaBytes, arenaLowerBoundBytes } = report;
  const share = arenaLowerBoundBytes === 0 ? 1 : arenaBytes / arenaLowerBoundBytes;
  return (
    `${bytesText(peakMemoryBytes)}, fixed; activations ${bytesText(arenaBytes)}, ` +
    `${share.toFixed(2)} times the lower bound of ${bytesText(arenaLowerBoundBytes)}`
  );
}

export function layersText(layers: Manifest["layers"]): string {
  const rows = layers.map(
    ({ name, kernel, weights, weightCount, sparsity, bitsPerWeight, macs }) => {
      const held =
        weights === "none"
          ? ["", "", ""]
          : [countText(weightCount), percent(sparsity), bitsPerWeight.toFixed(2)];
      return [
        name,
        kernel,
        weights === "none" ? "" : weights,
        ...held,
        macs === 0 ? "" : countText(macs),
      ];
    },
  );
  return table([["layer", "kernel", "weights", "count", "zeros", "bits", "macs"], ...rows]);
}

function portText({ name, dtype, shape, layout }: Port): string {
  return `${name}: ${dtype}[${shape.join(",")}]${layout ? ` ${layout}` : ""}`;
}

function labelsText(labels: readonly string[]): string {
  const shown = labels.slice(0, 10).join(", ");
  return labels.length > 10 ? `${shown}, … (${labels.length})` : shown;
}

function onnxText(report: OnnxReport): string {
  const facts = table([
    ["model", report.name],
    ...report.inputs.map(port => ["input", portText(port)]),
    ...report.outputs.map(port => ["output", portText(port)]),
    ["size", `${bytesText(report.bytes)}: weights ${countText(report.weightCount)}`],
    ["operators", report.operators.map(({ kind, count }) => `${count} ${kind}`).join(", ")],
  ]);
  const rows = report.layers.map(({ name, kind, dtype, weightCount, sparsity }) => [
    name,
    kind,
    dtype,
    countText(weightCount),
    percent(sparsity),
  ]);
  return `${facts}\n${table([["layer", "operator", "weights", "count", "zeros"], ...rows])}`;
}
