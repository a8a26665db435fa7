/**
 * @file Runs everything there is, part by part, and counts.
 *
 * Parts have limits that together stay under half an hour. The last line is
 * `N passed, N failed`.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sum, type Tally, tallyCommand, tallyReport, type VitestReport } from "./ci/tally.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const REPORTS = mkdtempSync(join(tmpdir(), "tritc-ci-"));

interface Part {
  readonly name: string;
  readonly command: readonly string[];
  readonly limitMinutes: number;
  /** Vitest's report, where the part is made of tests. */
  readonly report?: string;
}

function tests(name: string, command: readonly string[], limitMinutes: number): Part {
  const report = join(REPORTS, `${name}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  return { name, command: [...command, ...reporters], limitMinutes, report };
}

const PARTS: readonly Part[] = [
  { name: "check", command: ["npm", "run", "check"], limitMinutes: 4 },
  tests("fast", ["npm", "test", "--"], 8),
  { name: "typefaces", command: ["npm", "ci", "--prefix", "scripts/characters"], limitMinutes: 2 },
  tests("slow", ["vitest", "run", "--project", "slow"], 10),
  { name: "package", command: ["node", "scripts/test-package.ts"], limitMinutes: 3 },
  { name: "demo", command: ["npm", "run", "demo"], limitMinutes: 4 },
];

async function runPart(part: Part): Promise<Tally> {
  console.log(`\n=== ${part.name}: ${part.command.join(" ")}\n`);
  const code = await run(part.command, part.limitMinutes * 60_000);
  if (part.report === undefined) return tallyCommand(part.name, code);
  const tally = tallyReport(readReport(part.report));
  // Vitest also fails for errors that belong to no test.
  return code === 0 || tally.failed > 0 ? tally : sum([tally, tallyCommand(part.name, code)]);
}

/** The exit code; `null` if the command ran over its limit or was killed otherwise. */
function run([command, ...args]: readonly string[], limitMs: number): Promise<number | null> {
  return new Promise(resolve => {
    // A group of its own, so that what it has started ends with it.
    const child = spawn(command!, args, { cwd: ROOT, stdio: "inherit", detached: true });
    const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), limitMs);
    child.on("error", error => {
      clearTimeout(timer);
      console.error(error.message);
      resolve(1);
    });
    child.on("exit", code => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as VitestReport;
  } catch {
    return undefined;
  }
}

const tallies: Tally[] = [];
for (const part of PARTS) tallies.push(await runPart(part));
rmSync(REPORTS, { recursive: true });

const { passed, failed, complaints } = sum(tallies);
console.log(`\n${complaints.map(line => `FAILED  ${line}\n`).join("")}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
