/** @file What every script of a fresh clone goes through. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInstalled, withoutLocalCommands } from "../scripts/bootstrap/dependencies.mjs";
import { alone } from "../scripts/bootstrap/lock.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

describe("installed packages", () => {
  const wanted = {
    packages: {
      "": { version: "1.0.0" },
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b": { version: "2.0.0", optional: true },
    },
  };

  test("may lack optional ones and hold more", () => {
    const installed = {
      packages: { "node_modules/a": { version: "1.0.0" }, "node_modules/c": { version: "3.0.0" } },
    };
    expect(isInstalled(wanted, installed)).toBe(true);
  });

  test("are out of date if one is missing or of another version", () => {
    expect(isInstalled(wanted, undefined)).toBe(false);
    expect(isInstalled(wanted, { packages: {} })).toBe(false);
    const other = { packages: { "node_modules/a": { version: "1.0.1" } } };
    expect(isInstalled(wanted, other)).toBe(false);
  });
});

describe("a lock", () => {
  let lock = "";
  beforeAll(() => {
    lock = join(mkdtempSync(join(tmpdir(), "tritc-lock-")), "deep", "install.lock");
  });
  afterAll(() => rmSync(join(lock, "../.."), { recursive: true }));

  const hold = (log: string): string =>
    `import { appendFileSync } from "node:fs";
     import { alone } from ${JSON.stringify(`${ROOT}scripts/bootstrap/lock.mjs`)};
     alone(${JSON.stringify(lock)}, () => {}, () => {
       appendFileSync(${JSON.stringify(log)}, "in ");
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
       appendFileSync(${JSON.stringify(log)}, "out ");
     });`;

  test("lets one process in at a time", async () => {
    const log = `${lock}.log`;
    const program = ["--input-type=module", "-e", hold(log)];
    const runs = [1, 2, 3].map(() => once(spawn(process.execPath, program), "exit"));
    expect((await Promise.all(runs)).map(([code]) => code)).toEqual([0, 0, 0]);
    expect(readFileSync(log, "utf8")).toBe("in out ".repeat(3));
    expect(existsSync(lock)).toBe(false);
  });

  test("is taken from a process that is gone, and given back after a failure", () => {
    writeFileSync(lock, String(spawnSync(process.execPath, ["-e", ""]).pid));
    let waited = 0;
    const work = (): void => {
      throw new Error("it failed");
    };
    expect(() => alone(lock, () => waited++, work)).toThrow("it failed");
    expect(waited).toBe(1);
    expect(existsSync(lock)).toBe(false);
  });
});

test("npm is not taken from the folder that it is about to delete", () => {
  const path = ["/bin", "/x/node_modules/.bin", "/usr/bin"].join(delimiter);
  expect(withoutLocalCommands({ PATH: path, HOME: "/h" })).toEqual({
    PATH: ["/bin", "/usr/bin"].join(delimiter),
    HOME: "/h",
  });
});

describe("a program started through the bootstrap", () => {
  let folder = "";
  let program = "";

  beforeAll(() => {
    mkdirSync(join(ROOT, ".cache"), { recursive: true });
    folder = mkdtempSync(join(ROOT, ".cache", "bootstrap-"));
    program = join(folder, "program.ts").slice(ROOT.length);
    writeFileSync(
      join(ROOT, program),
      `const [how, ...rest]: string[] = process.argv.slice(2);
       console.log(JSON.stringify({ version: process.version, rest }));
       if (how === "signal") process.kill(process.pid, "SIGTERM");
       else process.exit(Number(how));`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, "scripts/bootstrap.mjs"), ...args], {
      encoding: "utf8",
    });

  test("runs under the pinned Node, and gets its arguments", () => {
    const { status, stdout } = start(program, "0", "a b", "--c");
    expect(status).toBe(0);
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(JSON.parse(stdout)).toEqual({
      version: `v${devDependencies.node}`,
      rest: ["a b", "--c"],
    });
  });

  test("ends as it ends", () => {
    expect(start(program, "7").status).toBe(7);
    expect(start(program, "signal")).toMatchObject({ status: null, signal: "SIGTERM" });
  });

  test("must exist", () => {
    const { status, stderr } = start("no-such-program");
    expect(status).toBe(3);
    expect(stderr).toContain("no-such-program");
  });
});
