/** @file The counting behind the last line of a CI run. */

import { describe, expect, test } from "vitest";
import { sum, tallyCommand, tallyReport } from "../scripts/ci/tally.ts";

function file(status: string, ...tests: string[]) {
  return {
    name: "a.test.ts",
    status,
    assertionResults: tests.map((result, i) => ({ fullName: `test ${i}`, status: result })),
  };
}

describe("tally", () => {
  test("counts passed and failed tests", () => {
    const tally = tallyReport({ testResults: [file("failed", "passed", "failed", "passed")] });
    expect(tally).toEqual({ passed: 2, failed: 1, complaints: ["test 1: failed"] });
  });

  test.each(["skipped", "pending", "todo"])("counts %s as failed", status => {
    expect(tallyReport({ testResults: [file("passed", "passed", status)] })).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  test("counts a file that could not be loaded as failed", () => {
    const tally = tallyReport({ testResults: [file("passed", "passed"), file("failed")] });
    expect(tally).toMatchObject({ passed: 1, failed: 1 });
  });

  test("fails without a report, and without tests", () => {
    expect(tallyReport(undefined).failed).toBe(1);
    expect(tallyReport({ testResults: [] }).failed).toBe(1);
  });

  test("counts a command as one", () => {
    expect(tallyCommand("demo", 0)).toMatchObject({ passed: 1, failed: 0 });
    expect(tallyCommand("demo", 2)).toMatchObject({ passed: 0, failed: 1 });
    expect(tallyCommand("demo", null).complaints).toEqual(["demo: killed"]);
  });

  test("sums", () => {
    const total = sum([tallyCommand("a", 0), tallyCommand("b", 1), tallyCommand("c", 0)]);
    expect(total).toMatchObject({ passed: 2, failed: 1 });
  });
});
