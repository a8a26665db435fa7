/** @file Runs the commands of this folder under the WASI of Node or Deno; prints what they wrote. */

import { runCommand } from "../wasi-run.ts";
import { bytesOf, type CommandOutput, stagedCases } from "./program.ts";

const commands: Record<string, CommandOutput> = {};
for (const { name, isCommand, wasm, inputs } of await stagedCases()) {
  if (!isCommand || !WebAssembly.validate(bytesOf(wasm))) continue;
  for (const [i, input] of inputs.entries()) {
    const stdin = Buffer.concat(Object.values(input).map(bytesOf));
    const output = (...args: string[]): string =>
      Buffer.from(runCommand(bytesOf(wasm), stdin, args).stdout).toString("base64");
    commands[`${name}, input ${i}`] = { json: output(), npy: output("--npy") };
  }
}
console.log(JSON.stringify({ commands }));
