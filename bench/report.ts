/** @file What `npm run bench` prints. */

import type { Row } from "./measure-net.ts";
import type { Timing } from "./timing.ts";

export function timingLines(net: string, timings: readonly Timing[]): string {
  const lines = timings.map(({ name, medianUs, lowUs, highUs }) => {
    const spread = `(${lowUs.toFixed(1)} … ${highUs.toFixed(1)})`;
    return `  ${name.padEnd(16)} ${medianUs.toFixed(1).padStart(9)} µs ${spread}`;
  });
  return [`${net}: median per inference, first and third quartile`, ...lines, ""].join("\n");
}

/** Memory of each contender of a network, in kB. */
export function memoryLines(net: string, memory: Readonly<Record<string, number>>): string {
  const lines = Object.entries(memory).map(
    ([name, bytes]) => `  ${name.padEnd(16)} ${(bytes / 1000).toFixed(0).padStart(9)} kB`,
  );
  return [`${net}: memory that loading and running takes`, ...lines, ""].join("\n");
}

/** Ratios: a line per network and weights, a column per rival. */
export function ratioTable(rows: readonly Row[]): string {
  const rivals = [...new Set(rows.map(row => row.rival))];
  const head = ["net", "tritc", "weights", "bytes", ...rivals.map(rival => `vs ${rival}`)];
  const keyOf = (row: Row): string => `${row.net} ${row.ours}`;
  const body = [...new Set(rows.map(keyOf))].map(key => {
    const group = rows.filter(row => keyOf(row) === key);
    const { net, ours, trained, moduleBytes } = group[0]!;
    const ratios = rivals.map(rival => `${group.find(r => r.rival === rival)!.ratio.toFixed(2)}x`);
    return [net, ours, trained ? "trained" : "random", String(moduleBytes), ...ratios];
  });
  const widths = head.map((_, i) => Math.max(...[head, ...body].map(line => line[i]!.length)));
  const format = (line: readonly string[]): string =>
    line.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  return [
    "How many times faster than the rival (above 1: tritc is)",
    format(head),
    ...body.map(format),
  ].join("\n");
}
