/** @file Counts what a part of a CI run has shown. */

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** What went wrong, one line each. */
  readonly complaints: readonly string[];
}

/** The part of Vitest's JSON report that counts. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/**
 * Counts tests. A skipped test fails: where CI runs, everything can run. So does
 * a file that could not be loaded, and a report without tests.
 */
export function tallyReport(report: VitestReport | undefined): Tally {
  const tests = report?.testResults.flatMap(file => file.assertionResults) ?? [];
  if (report === undefined || tests.length === 0) return failure("no test was reported");
  const broken = report.testResults.filter(
    file => file.status === "failed" && file.assertionResults.every(t => t.status !== "failed"),
  );
  const unsuccessful = tests.filter(test => test.status !== "passed");
  const complaints = [
    ...broken.map(file => `${file.name}: failed outside its tests`),
    ...unsuccessful.map(test => `${test.fullName}: ${test.status}`),
  ];
  return { passed: tests.length - unsuccessful.length, failed: complaints.length, complaints };
}

/** Counts a command as one. */
export function tallyCommand(name: string, code: number | null): Tally {
  if (code === 0) return { passed: 1, failed: 0, complaints: [] };
  return failure(`${name}: ${code === null ? "killed" : `exit code ${code}`}`);
}

export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, tally) => total + tally.passed, 0),
    failed: tallies.reduce((total, tally) => total + tally.failed, 0),
    complaints: tallies.flatMap(tally => tally.complaints),
  };
}

function failure(complaint: string): Tally {
  return { passed: 0, failed: 1, complaints: [complaint] };
}
