/**
 * @file Golden tests of passes: `test/passes/<pass>.txt` holds cases graph ==> graph.
 *
 * A case begins with what it shows (`// …`), then options for the pass as JSON
 * if it takes any (`with {…}`), a graph, `==>`, and the graph that the pass
 * makes of it, `unchanged`, or the diagnostics. Cases are separated by `---`.
 * UPDATE=1 writes what the passes do now. Graphs are also evaluated before and
 * after: an exact pass must keep every bit, one that rounds must stay close.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assignPlanes } from "../compiler/passes/assign-planes.ts";
import { checkSupported } from "../compiler/passes/check-supported.ts";
import { foldConstants } from "../compiler/passes/fold-constants.ts";
import { type Pass, passList } from "../compiler/passes/index.ts";
import { insertQuantization } from "../compiler/passes/insert-quantization.ts";
import { quantizeWeights } from "../compiler/passes/quantize-weights.ts";
import type { WeightChoice } from "../core/abi.ts";
import { ModelError } from "../model/diagnostics/diagnostic.ts";
import type { Graph } from "../model/ir/graph.ts";
import { parseGraph } from "../model/ir/parse.ts";
import { printGraph } from "../model/ir/print.ts";
import { verifyGraph } from "../model/ops/index.ts";
import { expectSameMeaning } from "./passes/same-meaning.ts";

const FOLDER = new URL("./passes/", import.meta.url);
const UPDATE = process.env.UPDATE === "1";

interface Options {
  readonly keepWeights?: boolean;
  readonly weights?: WeightChoice;
  readonly ranges?: Record<string, [number, number]>;
  readonly unsupported?: Record<string, string>;
  /** Names, or kinds, of what runs on planes. */
  readonly planes?: readonly string[];
}

interface Case {
  readonly title: string;
  readonly options: Options;
  readonly before: string;
  readonly after: string;
}

/** The pass named `name`, made for the options of a case. */
function passOf(name: string, options: Options): Pass {
  switch (name) {
    case "fold-constants":
      return foldConstants({ keepWeights: options.keepWeights ?? true });
    case "quantize-weights":
      return quantizeWeights(options.weights ?? "auto");
    case "insert-quantization":
      return insertQuantization(options.ranges ?? {});
    case "assign-planes":
      return assignPlanes(({ name, kind }) => options.planes?.includes(name ?? kind) ?? false);
    case "check-supported":
      return checkSupported(node => options.unsupported?.[node.kind]);
    default: {
      const pass = passList().find(candidate => candidate.name === name);
      if (pass === undefined) throw new Error(`there is no pass ${name}`);
      return pass;
    }
  }
}

function parseCase(text: string): Case {
  const [head = "", after = ""] = text.split(/^==>\n?/m);
  const lines = head.trim().split("\n");
  const start = lines.findIndex(line => line.startsWith("graph "));
  const preface = lines.slice(0, start);
  const withLine = preface.find(line => line.startsWith("with "));
  const title = preface.filter(line => line.startsWith("//")).map(line => line.slice(2).trim());
  return {
    title: title.join(" "),
    options: withLine === undefined ? {} : (JSON.parse(withLine.slice(5)) as Options),
    before: `${lines.slice(start).join("\n")}\n`,
    after: `${after.trim()}\n`,
  };
}

function formatCase({ title, options, before, after }: Case): string {
  const withLine = Object.keys(options).length === 0 ? "" : `with ${JSON.stringify(options)}\n`;
  return `// ${title}\n${withLine}${before}==>\n${after}`;
}

/** What the pass makes of a graph, as it stands in the file. */
function resultOf(pass: Pass, before: Graph): { readonly text: string; readonly graph?: Graph } {
  try {
    const graph = pass.run(before);
    verifyGraph(graph);
    return { text: graph === before ? "unchanged\n" : printGraph(graph), graph };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const lines = error.diagnostics.map(
      ({ code, at, message }) => `error[${code}] at ${at}: ${message}`,
    );
    return { text: `${lines.join("\n")}\n` };
  }
}

const files = readdirSync(FOLDER).filter(name => name.endsWith(".txt"));

describe.each(files)("%s", file => {
  const name = file.replace(".txt", "");
  const cases = readFileSync(new URL(file, FOLDER), "utf8")
    .split(/^---\n/m)
    .map(parseCase);
  const results = cases.map(({ before, options }) => {
    const graph = parseGraph(before);
    verifyGraph(graph);
    const pass = passOf(name, options);
    return { graph, pass, result: resultOf(pass, graph) };
  });
  if (UPDATE) {
    const updated = cases.map((item, i) => ({ ...item, after: results[i]!.result.text }));
    writeFileSync(new URL(file, FOLDER), updated.map(formatCase).join("---\n"));
  }

  test.each(cases.map((item, i) => [item.title, item, results[i]!] as const))(
    "%s",
    (_, item, { graph, pass, result }) => {
      if (!UPDATE) expect(result.text).toBe(item.after);
      expect(item.title).not.toBe("");
      if (result.graph !== undefined) expectSameMeaning(pass, graph, result.graph);
    },
  );

  test("shows the pass doing something", () => {
    expect(results.some(({ result }) => result.text !== "unchanged\n")).toBe(true);
  });

  test("is written as the runner writes it", () => {
    if (UPDATE) return;
    const text = readFileSync(new URL(file, FOLDER), "utf8");
    expect(cases.map(formatCase).join("---\n")).toBe(text);
  });
});

test("every pass has a golden file", () => {
  const names = passList().map(pass => pass.name);
  expect(files.map(file => file.replace(".txt", "")).toSorted()).toEqual(names.toSorted());
});
