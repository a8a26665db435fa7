/** @file `tritc inspect`: sizes, memory and layers of a module, or what an ONNX model holds. */

import type { Command } from "commander";
import type { Manifest, Port } from "../../core/abi.ts";
import { readInput } from "../files.ts";
import { inspectOnnx, type OnnxReport } from "../onnx-report.ts";
import { addJson, type JsonFlag, positiveInteger } from "../options.ts";
import type { Session } from "../session.ts";
import { bytesText, countText, percent, table } from "../table.ts";
import { printJson } from "../terminal.ts";
import { isWasm, parseWasmFile } from "../wasm-file.ts";

const EXAMPLES = `
Examples:
  tritc inspect digits.wasm
  tritc inspect digits.wasm --json
  tritc inspect model.onnx`;

interface InspectFlags extends JsonFlag {
  readonly batch?: number;
}

/** What `inspect --json` prints for a module. */
export interface ModuleReport {
  readonly kind: "wasm";
  readonly bytes: number;
  readonly codeBytes: number;
  readonly weightBytes: number;
  readonly peakMemoryBytes: number;
  readonly arenaBytes: number;
  readonly arenaLowerBoundBytes: number;
  readonly macs: number;
  readonly layers: Manifest["layers"];
  readonly manifest: Omit<Manifest, "layers">;
}

export function addInspect(program: Command, { terminal }: Session): void {
  const command = program
    .command("inspect")
    .description("show sizes, memory and layers of a module or an ONNX model")
    .argument("<file>", "a module made by tritc, or an ONNX model")
    .option("--batch <n>", "ONNX: bind a symbolic batch", positiveInteger);
  addJson(command)
    .addHelpText("after", EXAMPLES)
    .action((path: string, { json, batch }: InspectFlags) => {
      const bytes = readInput(path);
      if (isWasm(bytes)) {
        const report = inspectModule(bytes, path);
        return json ? printJson(terminal, report) : terminal.out(moduleText(report));
      }
      const report = inspectOnnx(bytes, path, batch);
      return json ? printJson(terminal, report) : terminal.out(onnxText(report));
    });
}

/** @throws run/not-tritc */
export function inspectModule(bytes: Uint8Array, path: string): ModuleReport {
  const { manifest, codeBytes } = parseWasmFile(bytes, path);
  const { layers, ...rest } = manifest;
  return {
    kind: "wasm",
    bytes: bytes.length,
    codeBytes,
    weightBytes: manifest.sizes.weightBytes,
    peakMemoryBytes: manifest.memory.peakMemoryBytes,
    arenaBytes: manifest.memory.arenaBytes,
    arenaLowerBoundBytes: manifest.memory.arenaLowerBoundBytes,
    macs: manifest.macs,
    layers,
    manifest: rest,
  };
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
  return `${facts}\n${layersText(report.layers)}`;
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
