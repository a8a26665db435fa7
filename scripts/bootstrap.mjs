#!/usr/bin/env node
/**
 * @file Runs a program of this checkout under its pinned Node, after installing
 * and building whatever is missing.
 *
 *     node scripts/bootstrap.mjs PROGRAM [ARGUMENT...]
 *
 * PROGRAM is a TypeScript file, or the name of an installed command (`vitest`).
 * Plain JavaScript without dependencies: it has to run before there are any.
 */

import { argv, exit } from "node:process";
import { bootstrap } from "./bootstrap/launch.mjs";

const [program, ...args] = argv.slice(2);
if (program === undefined) {
  console.error("usage: node scripts/bootstrap.mjs PROGRAM [ARGUMENT...]");
  exit(2);
}
await bootstrap(program, args);
