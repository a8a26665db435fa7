/**
 * @file How long compiling takes, in processor time, calibration on eight images included.
 *
 *     node bench/compile-time.ts [--only resnet8,resnet18] [--json]
 */

import { parseArgs } from "node:util";
import { buildNet, NET_NAMES, ternaryNet } from "./nets.ts";
import { compileVariant, VARIANTS } from "./variants.ts";

export interface CompileTime {
  readonly net: string;
  /** Name of the variant. */
  readonly variant: string;
  readonly seconds: number;
  readonly moduleBytes: number;
}

const VARIANT = "code-70";

if (import.meta.main) {
  const { values } = parseArgs({
    options: { only: { type: "string" }, json: { type: "boolean", default: false } },
  });
  const names = values.only?.split(",") ?? NET_NAMES;
  const unknown = names.filter(name => !NET_NAMES.includes(name));
  if (unknown.length > 0) {
    console.error(`error: --only takes some of ${NET_NAMES.join(", ")}, separated by commas`);
    process.exit(2);
  }
  const times = names.map(timeCompilation);
  if (values.json) console.log(JSON.stringify({ compileTimes: times }, null, 2));
}

function timeCompilation(name: string): CompileTime {
  const variant = VARIANTS.find(candidate => candidate.name === VARIANT)!;
  const net = buildNet(name);
  const source = ternaryNet(net, variant.zeros!);
  const start = process.cpuUsage();
  const { wasm } = compileVariant(net, variant, source);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  console.error(`${name} ${VARIANT}: ${seconds.toFixed(1)} s, ${wasm.length} bytes`);
  return { net: name, variant: VARIANT, seconds, moduleBytes: wasm.length };
}
