/**
 * @file Memory of the rivals: by how much a process grows, at its peak, that
 * loads one of them and runs a network a few times.
 *
 *     node bench/memory.ts NET RIVAL     prints bytes
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { writeOnnx } from "../model/onnx/index.ts";
import { int8Rival } from "./int8-rival.ts";
import { buildNet } from "./nets.ts";
import { openRival, RIVALS, type Rival } from "./rivals.ts";

const SELF = fileURLToPath(import.meta.url);
const RUNS = 5;

/** Bytes by name of the rival, each measured in a process of its own. */
export function measureMemory(net: string): Record<string, number> {
  return Object.fromEntries(
    RIVALS.map(({ name }) => [name, Number(execFileSync(process.execPath, [SELF, net, name]))]),
  );
}

async function growth(netName: string, rival: Rival): Promise<number> {
  const net = buildNet(netName);
  const { graph, input, samples } = net.rival ?? net;
  const bytes = rival.weights === "int8" ? int8Rival(graph, samples) : writeOnnx(graph);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const { run } = await openRival(rival, { graph, bytes, input });
  let peak = 0;
  for (let i = 0; i < RUNS; i++) {
    await run();
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  return Math.max(0, peak - before);
}

if (process.argv[1] === SELF) {
  const [net = "", name = ""] = process.argv.slice(2);
  const rival = RIVALS.find(candidate => candidate.name === name);
  if (rival === undefined) throw new Error(`no rival is called "${name}"`);
  console.log(await growth(net, rival));
}
