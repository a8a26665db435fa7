/** @file Accuracy against size and against latency, as SVG that fits light and dark pages. */

import { openPlot } from "../../trainer/report/plot.ts";
import type { ModelEntry } from "./entry.ts";
import type { Reference } from "./studies.ts";

export interface Point {
  readonly title: string;
  readonly kind: "ternary" | "reference";
  readonly top1: number;
  readonly x: number;
}

const COLOURS = { ternary: "#3b7ddd", reference: "#d97706" } as const;
/** Grey that is legible on white and on black. */
const STYLE =
  "<style>svg { color: #57606a } @media (prefers-color-scheme: dark) { svg { color: #a9b3bf } }</style>";

/** Points for both charts: ternary models of `data`, and the references for it. */
export function pointsOf(
  entries: readonly ModelEntry[],
  references: readonly Reference[],
  data: string,
): { readonly size: Point[]; readonly latency: Point[] } {
  const ours = entries
    .filter(entry => entry.data === data)
    .map(entry => ({ ...entry, kind: "ternary" as const, bytes: entry.bytes.shipped }));
  const theirs = references
    .filter(reference => reference.data === data)
    .map(reference => ({ ...reference, kind: "reference" as const }));
  const all = [...ours, ...theirs];
  const point = (x: number, { title, kind, top1 }: (typeof all)[number]): Point => ({
    title,
    kind,
    top1,
    x,
  });
  return {
    size: all.map(row => point(row.bytes / 1000, row)),
    latency: all.flatMap(row => (row.latencyUs === undefined ? [] : [point(row.latencyUs, row)])),
  };
}

/** A scatter of `points` with their titles; `label` is that of the logarithmic axis below. */
export async function scatter(points: readonly Point[], label: string): Promise<string> {
  const plotting = await openPlot();
  if (plotting === undefined) throw new Error("charts need @observablehq/plot and linkedom");
  const { Plot, draw } = plotting;
  const rows = points.map(point => ({ ...point, percent: 100 * point.top1 }));
  const xs = rows.map(row => row.x);
  const places = { x: "x", y: "percent" } as const;
  const svg = draw({
    width: 720,
    height: 400,
    marginLeft: 44,
    marginRight: 150,
    marginTop: 28,
    marginBottom: 40,
    ariaLabel: `accuracy against ${label}`,
    style: { fontSize: "11px" },
    insetBottom: 14,
    x: {
      type: "log",
      label,
      labelAnchor: "center",
      grid: true,
      ticks: 6,
      tickFormat: "~g",
      domain: [Math.min(...xs) / 1.3, Math.max(...xs) * 1.3],
    },
    y: { label: "top-1, percent", grid: true, nice: true },
    marks: [
      Plot.dot(rows, {
        ...places,
        r: 4.5,
        fill: ({ kind }: (typeof rows)[number]) => COLOURS[kind],
        symbol: ({ kind }: (typeof rows)[number]) => (kind === "ternary" ? "circle" : "square"),
      }),
      Plot.text(rows, { ...places, text: "title", textAnchor: "start", dx: 9, fontSize: 10 }),
    ],
  });
  return `${svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ').replace("<style>", `${STYLE}<style>`)}\n`;
}
