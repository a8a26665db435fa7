/** @file What Node, Deno and Bun do: prints what they saw. */

import { exercise } from "./program.ts";

console.log(JSON.stringify(await exercise()));
