/**
 * @file Fits prices to measured calls: least squares of relative errors, no
 * price below zero.
 */

import type { Prices } from "../../compiler/costs/costs.ts";
import type { Work } from "../../compiler/costs/work.ts";

export interface MeasuredCall {
  readonly kernel: string;
  readonly work: Work;
  readonly ns: number;
}

export interface Fit {
  readonly prices: Prices;
  readonly calls: number;
  /** Median and largest of |predicted − measured| / measured. */
  readonly medianError: number;
  readonly largestError: number;
}

/** Added to times before errors are taken relative to them: the clock's own error. */
const CLOCK_NS = 60;
const SWEEPS = 4000;
/** How much a prior counts, as a share of the calls: enough where quantities always go together. */
const PRIOR_SHARE = 0.005;
/** Pulls prices that neither calls nor the prior know to zero. */
const RIDGE = 1e-6;

/** `prior`: what prices are expected to be. */
export function fitPrices(calls: readonly MeasuredCall[], prior: Prices): Fit {
  const names = ["call", ...new Set(calls.flatMap(({ work }) => Object.keys(work)))];
  const rows = calls.map(({ work, ns }) => {
    const weight = 1 / (ns + CLOCK_NS);
    const counts = names.map(name => (name === "call" ? 1 : (work[name] ?? 0)));
    return { x: counts.map(count => count * weight), y: ns * weight };
  });
  const values = solveNonNegative(
    [...rows, ...priorRows(names, prior, calls.length)],
    names.length,
  );
  const known = names.map((name, i) => [name, rounded(values[i]!)] as const);
  const prices = Object.fromEntries(known.filter(([, price]) => price > 0));
  const errors = calls.map(
    call => Math.abs(predict(prices, call) - call.ns) / (call.ns + CLOCK_NS),
  );
  const sorted = errors.toSorted((a, b) => a - b);
  return {
    prices,
    calls: calls.length,
    medianError: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    largestError: sorted.at(-1) ?? 0,
  };
}

/** As if a call had one unit of a quantity and took what the prior says. */
function priorRows(names: readonly string[], prior: Prices, calls: number): Row[] {
  return names.flatMap((name, index) => {
    const price = prior[name] ?? 0;
    if (price === 0) return [];
    const weight = Math.sqrt(PRIOR_SHARE * calls) / price;
    return [{ x: names.map((_, i) => (i === index ? weight : 0)), y: weight * price }];
  });
}

function predict(prices: Prices, { work }: MeasuredCall): number {
  const counted = Object.entries(work).map(([name, count]) => count * (prices[name] ?? 0));
  return counted.reduce((sum, ns) => sum + ns, prices.call ?? 0);
}

interface Row {
  readonly x: readonly number[];
  readonly y: number;
}

/** Coordinate descent on the normal equations of columns that are scaled alike. */
function solveNonNegative(rows: readonly Row[], count: number): number[] {
  const scales = Array.from({ length: count }, (_, i) =>
    Math.sqrt(rows.reduce((sum, { x }) => sum + x[i]! ** 2, 0)),
  );
  const column = (x: readonly number[], i: number): number =>
    scales[i] === 0 ? 0 : x[i]! / scales[i]!;
  const product = (i: number, j: number): number =>
    rows.reduce((sum, { x }) => sum + column(x, i) * column(x, j), i === j ? RIDGE : 0);
  const gram = Array.from({ length: count }, (_, i) =>
    Array.from({ length: count }, (_unused, j) => product(i, j)),
  );
  const target = scales.map((_, i) => rows.reduce((sum, { x, y }) => sum + column(x, i) * y, 0));
  const values = new Array<number>(count).fill(0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let i = 0; i < count; i++) {
      const others = gram[i]!.reduce((sum, g, j) => (j === i ? sum : sum + g * values[j]!), 0);
      values[i] = Math.max(0, (target[i]! - others) / gram[i]![i]!);
    }
  }
  return values.map((value, i) => (scales[i] === 0 ? 0 : value / scales[i]!));
}

/** Four digits: more would claim what no measurement gives. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
