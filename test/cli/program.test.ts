/** @file The program around the commands: help, listings, exit codes, colours. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { EXIT, reportFailure } from "../../cli/exit.ts";
import { printDiagnostics, type Terminal } from "../../cli/terminal.ts";
import { passList } from "../../compiler/index.ts";
import { VERSION } from "../../core/version.ts";
import { DIAGNOSTIC_CODES } from "../../model/diagnostics/codes.ts";
import { InternalError, warning } from "../../model/diagnostics/diagnostic.ts";
import { runTritc } from "../errors/terminal.ts";

const COMMANDS = [
  ...["train", "quantize", "prune", "compile", "run", "eval", "verify"],
  ...["inspect", "passes", "kernels", "calibrate-costs", "explain"],
];

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A terminal that keeps its messages. */
function keeping(colours: boolean): Terminal & { readonly text: () => string } {
  let text = "";
  const keep = (more: string): void => {
    text += more;
  };
  return { out: keep, err: keep, colours, interactive: false, text: () => text };
}

describe("help", () => {
  test("lists the commands and the exit codes", async () => {
    const { code, out } = await runTritc("--help");
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    expect(out).toContain("Exit codes:");
  });

  test.each(COMMANDS)("tritc %s --help shows how to call it", async command => {
    const { code, out } = await runTritc(command, "--help");
    expect(code).toBe(0);
    expect(out).toContain("--json");
    expect(out).toContain(`\n  tritc ${command}`);
    expect(out).not.toContain("\n\n\n");
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(102);
  });

  test("the version is that of the package", async () => {
    expect(await runTritc("--version")).toEqual({ code: 0, out: `${VERSION}\n`, err: "" });
  });
});

describe("a wrong call", () => {
  test.each([
    [["shrink"], "unknown command 'shrink'"],
    [["inspect"], "missing required argument 'file'"],
    [["inspect", "a", "b"], "too many arguments"],
    [["inspect", "a", "--fast"], "unknown option '--fast'"],
    [["eval", "a.wasm"], "required option '--data <DATA>' not specified"],
    [["eval", "a.wasm", "--data", "mnist", "--limit", "none"], "must be a positive integer"],
    [["eval", "a.wasm", "--data", "mnist", "--mean", "1,x"], "numbers separated by commas"],
    [["run", "a.wasm", "a.png", "--resize", "28"], "HEIGHTxWIDTH"],
    [["explain", "onnx/nothing"], 'there is no code "onnx/nothing"'],
    [["kernels", "nothing"], 'no kernel has "nothing" in its name'],
  ])("%j", async (args, text) => {
    const { code, out, err } = await runTritc(...args);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(text);
    expect(err).toMatch(/^error\[usage\/bad-option\]: /);
  });

  test.each([
    [["compil"], "did you mean compile? tritc --help lists the commands"],
    [["sharpen"], "tritc --help lists the commands"],
    [["inspect", "--mesure"], "did you mean --measure? tritc COMMAND --help shows"],
  ])("%j: the way out is help, and not a note", async (args, help) => {
    const { err } = await runTritc(...args);
    expect(err).toContain(`\n   = help: ${help}`);
    expect(err).not.toContain("= note");
  });

  test("a word that no kernel has is told from the words there are", async () => {
    const { err } = await runTritc("kernels", "nothing");
    expect(err).toMatch(/= note: names are made of f32, .*igemm, .*tc2w/);
    expect(err).toContain("= help: tritc kernels lists all");
  });

  test("no command at all shows the help", async () => {
    const { code, out, err } = await runTritc();
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^Usage: tritc/);
    expect(err).toContain("no command was given");
  });

  test("is JSON on standard output where JSON was asked for", async () => {
    const { code, out, err } = await runTritc("inspect", "/nowhere/model.wasm", "--json");
    expect([code, err]).toEqual([1, ""]);
    expect(JSON.parse(out).diagnostics).toEqual([
      {
        code: "file/unreadable",
        severity: "error",
        message: expect.any(String),
        at: "/nowhere/model.wasm",
        notes: expect.any(Array),
        help: expect.any(String),
      },
    ]);
  });
});

describe("listings", () => {
  test("passes, in order", async () => {
    const { out } = await runTritc("passes", "--json");
    const names = JSON.parse(out).map((pass: { name: string }) => pass.name);
    expect(names).toEqual(passList().map(pass => pass.name));
    expect((await runTritc("passes")).out).toMatch(/^check-finite +exact +stop at/);
  });

  test("kernels, all or by a word", async () => {
    const all = JSON.parse((await runTritc("kernels", "--json")).out);
    const ternary = JSON.parse((await runTritc("kernels", "tc2w", "--json")).out);
    expect(ternary.length).toBeGreaterThan(3);
    expect(ternary.length).toBeLessThan(all.length);
    for (const { name } of ternary) expect(name).toContain("tc2w");
    const lines = (await runTritc("kernels")).out.trimEnd().split("\n");
    expect(lines).toHaveLength(all.length);
  });

  test("codes, all or one", async () => {
    expect(JSON.parse((await runTritc("explain", "--json")).out)).toEqual(DIAGNOSTIC_CODES);
    const { out } = await runTritc("explain", "onnx/truncated");
    expect(out).toMatch(/^onnx\/truncated\n\n/);
    expect(out).not.toContain("## ");
  });
});

describe("a fault of tritc", () => {
  test("says so, shows the graph, and exits with 3", () => {
    vi.stubEnv("TRITC_DEBUG", "");
    const terminal = keeping(false);
    const error = new InternalError("pass fuse-clamp: %3 has no reader", "graph tiny() {\n}");
    expect(reportFailure(error, terminal, false)).toBe(EXIT.internal);
    expect(terminal.text()).toMatch(/^internal error: pass fuse-clamp/);
    expect(terminal.text()).toContain("please report it");
    expect(terminal.text()).toContain("graph tiny()");
    expect(terminal.text()).not.toContain("    at ");
  });

  test("shows where, if TRITC_DEBUG is set", () => {
    vi.stubEnv("TRITC_DEBUG", "1");
    const terminal = keeping(false);
    expect(reportFailure(new TypeError("x is undefined"), terminal, false)).toBe(EXIT.internal);
    expect(terminal.text()).toContain("    at ");
  });

  test("is JSON where JSON was asked for", () => {
    const terminal = keeping(false);
    reportFailure(new InternalError("oh"), terminal, true);
    expect(JSON.parse(terminal.text())).toEqual({ internalError: { message: "oh" } });
  });
});

describe("messages", () => {
  const found = warning("compile/needs-calibration", "only the weights are int8", {
    at: "model.onnx",
    notes: ["one\ntwo"],
    help: "calibrate",
  });

  test("are coloured on a terminal only", () => {
    const [plain, coloured] = [keeping(false), keeping(true)];
    printDiagnostics(plain, [found]);
    printDiagnostics(coloured, [found]);
    expect(plain.text()).toBe(
      [
        "warning[compile/needs-calibration]: only the weights are int8",
        "  --> model.onnx",
        "   = note: one",
        "           two",
        "   = help: calibrate",
        "",
      ].join("\n"),
    );
    expect(coloured.text()).toContain("\u001b[33m");
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
    expect(coloured.text().replaceAll(escapes, "")).toBe(plain.text());
  });
});

test("the process ends with the code of the command", () => {
  const program = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
  const good = spawnSync(process.execPath, [program, "--version"]);
  expect([good.status, good.stdout.toString()]).toEqual([0, `${VERSION}\n`]);
  const bad = spawnSync(process.execPath, [program, "shrink"]);
  expect([bad.status, bad.stdout.toString()]).toEqual([2, ""]);
});
