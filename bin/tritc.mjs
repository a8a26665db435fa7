#!/usr/bin/env node
/** @file The `tritc` command: the built program of a package, or the sources of a checkout. */

import { existsSync } from "node:fs";
import { argv } from "node:process";

if (existsSync(new URL("../cli/main.ts", import.meta.url))) {
  const { bootstrap } = await import("../scripts/bootstrap/launch.mjs");
  await bootstrap("cli/main.ts", argv.slice(2));
} else {
  await import(new URL("../dist/cli/main.js", import.meta.url).href);
}
