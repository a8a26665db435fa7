/** @file What can be written about a module besides the module itself. */

import type { Graph } from "../../model/ir/graph.ts";
import { printGraph } from "../../model/ir/print.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { printPlan } from "../plan/print-plan.ts";
import { declarationsOf } from "./declarations.ts";
import { emitWasm, emitWat, type ModuleSource } from "./module.ts";

export interface Artefact {
  readonly wasm: Uint8Array;
  /** The module in WebAssembly's text format. */
  readonly wat: string;
  /** TypeScript types of the inputs and outputs. */
  readonly dts: string;
  /** The manifest, as JSON for people. */
  readonly manifest: string;
  /** The graph that the module computes, as an ONNX model. */
  readonly onnx: Uint8Array;
  readonly plan: string;
  readonly graph: string;
}

export type ArtefactKind = keyof Artefact;

/** Every kind with the suffix of its file. */
export const ARTEFACT_SUFFIXES: Readonly<Record<ArtefactKind, string>> = {
  wasm: ".wasm",
  wat: ".wat",
  dts: ".d.ts",
  manifest: ".json",
  onnx: ".onnx",
  plan: ".plan.txt",
  graph: ".graph.txt",
};

type Writers = {
  readonly [K in ArtefactKind]: (graph: Graph, source: ModuleSource) => Artefact[K];
};

const WRITERS: Writers = {
  wasm: (_graph, source) => emitWasm(source),
  wat: (_graph, source) => emitWat(source),
  dts: (_graph, source) => declarationsOf(source.manifest),
  manifest: (_graph, source) => `${JSON.stringify(source.manifest, null, 2)}\n`,
  onnx: graph => writeOnnx(graph),
  plan: (_graph, source) => printPlan(source.plan),
  graph: graph => printGraph(graph),
};

export function writeArtefact<K extends ArtefactKind>(
  kind: K,
  graph: Graph,
  source: ModuleSource,
): Artefact[K] {
  return WRITERS[kind](graph, source);
}
