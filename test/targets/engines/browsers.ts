/** @file Browsers without a window, on a page of this machine that posts what it saw. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { CODE_WAYS, type Engine, firstLine, SYSTEM } from "./engine.ts";
import type { Observation } from "./program.ts";
import { PROGRAMS } from "./stage.ts";

/** Longer than any browser needs on a busy machine. */
const LIMIT_MS = 90_000;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

interface Browser {
  readonly name: string;
  /** As Debian names it. */
  readonly command: string;
  /** Writes what the browser reads from its profile, and says how to open `url` with it. */
  start(profile: string, url: string): readonly string[];
}

const chromium: Browser = {
  name: "Chromium",
  command: "chromium",
  start: (profile, url) => [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    `--user-data-dir=${profile}`,
    url,
  ],
};

/** Nothing but the page is to be opened or fetched. */
const FIREFOX_PREFERENCES = {
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.push.connection.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.proxy.type": 0,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

const firefox: Browser = {
  name: "Firefox",
  command: "firefox-esr",
  start: (profile, url) => {
    const lines = Object.entries(FIREFOX_PREFERENCES).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    writeFileSync(join(profile, "user.js"), lines.join(""));
    return ["--headless", "--no-remote", "--profile", profile, url];
  },
};

export const BROWSERS: readonly Engine[] = [chromium, firefox].map(engineOf);

function engineOf(browser: Browser): Engine {
  const { name, command } = browser;
  return {
    name,
    ways: ["address", "bytes", "module", "message", ...CODE_WAYS],
    hasWasi: false,
    absentFile: "run/not-tritc",
    find: () => {
      const version = firstLine(command, "--version")?.match(/\d[\w.]*/)?.[0];
      if (version !== undefined) {
        return {
          version,
          observe: async root => (await report(browser, root, "page")) as Observation,
          report: (root, program) => report(browser, root, program),
        };
      }
      const installable =
        process.getuid?.() === 0 && firstLine("apt-get", "--version") !== undefined;
      return { help: `apt-get install ${command}`, installable };
    },
  };
}

/** What a page of the folder posts. */
async function report(browser: Browser, root: string, page: string): Promise<unknown> {
  const { server, posted } = serve(root);
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { ended, close } = open(browser, `http://127.0.0.1:${port}/${PROGRAMS}/${page}.html`);
  try {
    return await Promise.race([posted, ended]);
  } finally {
    await close();
    server.closeAllConnections();
    server.close();
  }
}

/** A promise that may be rejected before or after anyone waits for it. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

/** Serves what lies below `root`, and takes what the page posts. */
function serve(root: string): { server: Server; posted: Promise<unknown> } {
  const { promise: posted, resolve, reject } = deferred<unknown>();
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.end();
      const seen = JSON.parse(Buffer.concat(chunks).toString()) as Failure;
      if (seen.failure === undefined) resolve(seen);
      else reject(new Error(seen.failure));
      return;
    }
    const { pathname } = new URL(request.url!, "http://localhost");
    try {
      const content = readFileSync(join(root, normalize(pathname)));
      response.setHeader("Content-Type", TYPES[extname(pathname)] ?? "text/plain");
      response.end(content);
    } catch {
      response.writeHead(404).end();
      // Modules may be asked for in vain, programs not.
      if (pathname.endsWith(".js")) reject(new Error(`the page asks for ${pathname}`));
    }
  });
  return { server, posted };
}

interface Failure {
  readonly failure?: string;
}

/** Starts the browser with a profile of its own; `ended` rejects when it goes or takes too long. */
function open(browser: Browser, url: string): { ended: Promise<never>; close(): Promise<void> } {
  const { name, command } = browser;
  const profile = mkdtempSync(join(tmpdir(), "tritc-browser-"));
  const { promise: ended, reject } = deferred<never>();
  // A group of its own, so that all its processes end with it.
  const child = spawn(command, browser.start(profile, url), {
    detached: true,
    env: { ...SYSTEM, HOME: profile },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", chunk => {
    said += chunk;
  });
  const gone = new Promise<void>(resolve => child.on("close", () => resolve()));
  child.on("error", reject);
  child.on("exit", code => reject(new Error(`${name} ended with ${code}\n${said}`)));
  const late = () => reject(new Error(`${name} reported nothing in ${LIMIT_MS} ms\n${said}`));
  const timer = setTimeout(late, LIMIT_MS);
  return {
    ended,
    close: async () => {
      clearTimeout(timer);
      endGroup(child.pid);
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
