/**
 * @file The official ONNX backend cases: each passes, or is refused with a
 * diagnostic that fits. Wrong values and crashes fail.
 */

import { describe, expect, test } from "vitest";
import { listOperators, supportedOperators } from "../../model/onnx/index.ts";
import { backendCases, type Suite, skipWithoutBackendCases } from "./backend-cases.ts";
import { type Outcome, runCase } from "./run-case.ts";

/** Fewer passes than these are a step back. */
const LEAST_PASSED: { readonly [S in Suite]: number } = {
  node: 765,
  "pytorch-converted": 3,
  "pytorch-operator": 2,
  simple: 6,
};

const supported = new Set(supportedOperators().map(({ domain, op }) => `${domain}/${op}`));

describe.skipIf(skipWithoutBackendCases())("backend cases", () => {
  test.each(Object.keys(LEAST_PASSED) as Suite[])("%s", suite => {
    const outcomes = backendCases(suite).map(testCase => {
      return { testCase, outcome: runCase(testCase) };
    });
    const count = (kind: Outcome["kind"]): number =>
      outcomes.filter(({ outcome }) => outcome.kind === kind).length;
    console.log(
      `${suite}: ${count("passed")} of ${outcomes.length} pass, ` +
        `${count("refused")} are refused, ${count("failed")} fail`,
    );
    const failed = outcomes.flatMap(({ testCase: { name }, outcome }) =>
      outcome.kind === "failed" ? [`${name}: ${outcome.message}`] : [],
    );
    expect(failed).toEqual([]);
    expect(count("passed")).toBeGreaterThanOrEqual(LEAST_PASSED[suite]);
  });

  test("operators are called unsupported only if they are", () => {
    const wrong = backendCases("node").flatMap(testCase => {
      const outcome = runCase(testCase);
      if (outcome.kind !== "refused" || !outcome.codes.includes("onnx/unsupported-op")) return [];
      const known = listOperators(testCase.model).every(({ domain, op }) =>
        supported.has(`${domain}/${op}`),
      );
      return known ? [testCase.name] : [];
    });
    expect(wrong).toEqual([]);
  });
});
