/**
 * @file A module gives the same bits in every engine that this machine has.
 *
 * Each engine runs every case in a process of its own; what it saw is compared
 * with the oracle. In continuous integration engines are installed first, and
 * one that could have been but is not there is a failure.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesOf } from "../../core/tensor.ts";
import { BROWSERS } from "../targets/engines/browsers.ts";
import { buildCases } from "../targets/engines/cases.ts";
import { commandFaults, outputFaults } from "../targets/engines/compare.ts";
import { type Engine, type Found, IS_CI, type Missing } from "../targets/engines/engine.ts";
import { PROCESSES } from "../targets/engines/processes.ts";
import type { Observation } from "../targets/engines/program.ts";
import { stage } from "../targets/engines/stage.ts";
import { WASI_RUNTIMES } from "../targets/engines/wasi-runtimes.ts";

/** Of the slowest engine, on a busy machine. */
const LIMIT_MS = 120_000;

const ENGINES: readonly Engine[] = [...PROCESSES, ...BROWSERS, ...WASI_RUNTIMES];
const cases = buildCases();
const root = mkdtempSync(join(tmpdir(), "tritc-engines-"));
stage(root, cases);
afterAll(() => rmSync(root, { recursive: true }));

const found: (Engine & Found)[] = [];
const missing: (Engine & Missing)[] = [];
for (const engine of ENGINES) {
  const result = engine.find();
  if ("help" in result) missing.push({ ...engine, ...result });
  else found.push({ ...engine, ...result });
}
for (const { name, help } of missing) console.warn(`skipped: no ${name}: ${help}`);

test("one wrong bit is noticed", () => {
  const { name, expected } = cases[0]!;
  const outputs: Record<string, string[]> = {};
  for (const [i, set] of expected.entries()) {
    outputs[`${name}, by bytes, input ${i}`] = set.map(tensor =>
      Buffer.from(bytesOf(tensor)).toString("base64"),
    );
  }
  expect(outputFaults(cases.slice(0, 1), ["bytes"], outputs)).toEqual([]);
  const wrong = bytesOf(expected[1]![0]!).slice();
  wrong[5]! ^= 1;
  outputs[`${name}, by bytes, input 1`]![0] = Buffer.from(wrong).toString("base64");
  const faults = outputFaults(cases.slice(0, 1), ["bytes"], outputs);
  expect(faults).toEqual([expect.stringContaining("input 1, output 0: [1]: expected")]);
});

test("engines that can be installed are there", () => {
  const absent = missing.filter(({ installable }) => installable && IS_CI);
  expect(absent.map(({ name, help }) => `${name}: ${help}`)).toEqual([]);
});

const REFUSALS = {
  "an address of something else": "run/not-tritc",
  "what is not WebAssembly": "run/not-tritc",
  "half a module": "run/not-tritc",
  "a module of someone else": "run/not-tritc",
  "too few elements": "run/wrong-shape",
  "another element type": "run/wrong-dtype",
  "another name": "run/wrong-shape",
};

const titled = found.map(engine => [`${engine.name} ${engine.version}`, engine] as const);

describe.each(titled)("%s", (_title, { observe, ways, hasWasi, absentFile }) => {
  let seen: Partial<Observation>;
  const run = () => cases.filter(({ name }) => !seen.lacking?.includes(name));
  beforeAll(async () => {
    seen = await observe(root);
  }, LIMIT_MS);

  if (ways.length > 0) {
    test(`gives the oracle's bits, modules by ${ways.join(", ")}`, () => {
      expect(outputFaults(run(), ways, seen.outputs ?? {})).toEqual([]);
    });
  }

  if (hasWasi) {
    test("gives the oracle's bits, as a command", () => {
      expect(commandFaults(run(), seen.commands ?? {})).toEqual([]);
    });
  }

  test("refuses no module but, where it lacks their instructions, relaxed ones", () => {
    const names = new Map(cases.map(({ name, compilation }) => [name, compilation.manifest.simd]));
    const refused = (seen.lacking ?? []).filter(name => names.get(name) !== "relaxed");
    expect(refused).toEqual([]);
  });

  if (absentFile !== undefined) {
    test("refuses bad input with the same codes", () => {
      expect(seen.refusals).toEqual({ ...REFUSALS, "an address without anything": absentFile });
    });
  }
});
