/** @file Draws what a model can be compiled to: predicted time over size. */

import type { Compilation } from "../compiler/index.ts";
import { OPTIMIZE_CHOICES } from "../core/abi.ts";
import { problem, UsageError } from "../model/diagnostics/diagnostic.ts";
import { page } from "../trainer/report/page.ts";
import { CHART_PACKAGES, openPlot, type Plotting } from "../trainer/report/plot.ts";
import { writeOutputs } from "./files.ts";

interface Spot {
  readonly kilobytes: number;
  readonly micros: number;
  readonly name: string;
}

const SIZE = {
  width: 720,
  height: 440,
  marginLeft: 64,
  marginBottom: 44,
  marginTop: 30,
  marginRight: 40,
};
const COLOURS = { line: "#3b6fd4", mark: "#d97706" } as const;

/** Writes a page or a picture, by the ending of `file`. @throws usage/bad-option */
export async function drawFrontier(compilation: Compilation, file: string): Promise<void> {
  const { choosing, graph } = compilation;
  if (choosing === undefined)
    throw cannot(file, "the model has one way to be compiled for its target");
  const plotting = await openPlot();
  if (plotting === undefined) {
    throw cannot(file, `${CHART_PACKAGES.join(" and ")} are not installed`);
  }
  // Predictions leave out what surrounds the layers: it is as large for every choice.
  const around = compilation.wasm.length - (compilation.point?.bytes ?? 0);
  const spotOf = (point: { readonly bytes: number; readonly ns: number }, name = ""): Spot => ({
    kilobytes: (point.bytes + around) / 1000,
    micros: point.ns / 1000,
    name,
  });
  const points = choosing.frontier.points.map(point => spotOf(point));
  const marked = OPTIMIZE_CHOICES.flatMap(aim => {
    const decision = choosing.decide(aim);
    return decision === undefined ? [] : [spotOf(decision.point, aim)];
  });
  const svg = chart(plotting, points, joined(marked));
  const text = file.endsWith(".svg") ? svg : pageOf(graph.name, svg, points.length);
  writeOutputs([{ path: file, bytes: new TextEncoder().encode(text) }]);
}

/** Aims that choose the same point share a mark. */
function joined(spots: readonly Spot[]): Spot[] {
  const places = new Map<string, Spot>();
  for (const spot of spots) {
    const key = `${spot.kilobytes} ${spot.micros}`;
    const known = places.get(key);
    places.set(key, known === undefined ? spot : { ...known, name: `${known.name}, ${spot.name}` });
  }
  return [...places.values()];
}

function chart({ Plot, draw }: Plotting, points: readonly Spot[], marked: readonly Spot[]): string {
  const places = { x: "kilobytes", y: "micros" };
  return draw({
    ...SIZE,
    ariaLabel: "predicted time over size of the module",
    style: { fontSize: "13px" },
    inset: 16,
    x: { label: "module, kB", grid: true, type: "log", tickFormat: ",~r" },
    y: { label: "predicted time, µs", grid: true, zero: true, ticks: 8 },
    marks: [
      Plot.line(points, { ...places, curve: "step-after", stroke: COLOURS.line, strokeWidth: 1.5 }),
      Plot.dot(points, { ...places, fill: COLOURS.line, r: 2.5 }),
      Plot.dot(marked, { ...places, stroke: COLOURS.mark, strokeWidth: 2.5, r: 7 }),
      ...marked.map(spot =>
        Plot.text([spot], { ...places, ...besides(spot, points), text: labelOf }),
      ),
    ],
  });
}

function labelOf({ name, kilobytes, micros }: Spot): string {
  return `${name}\n${kilobytes.toFixed(0)} kB, ${micros.toFixed(1)} µs`;
}

/** Above the curve and to the right; near the right edge below it and to the left. */
function besides({ kilobytes }: Spot, points: readonly Spot[]) {
  const largest = Math.max(...points.map(point => point.kilobytes));
  return kilobytes > largest / 1.5
    ? ({ textAnchor: "end", lineAnchor: "top", dx: 6, dy: 14, fontWeight: 600 } as const)
    : ({ textAnchor: "start", lineAnchor: "bottom", dx: 13, dy: -3, fontWeight: 600 } as const);
}

function pageOf(name: string, svg: string, count: number): string {
  const note =
    `<p>Each point is a choice of methods for all layers that no other beats in both time and ` +
    `size; there are ${count}. Times are predicted, results the same to the bit.</p>`;
  return page(`${name}: time and size`, [note, `<div class="charts wide"><div>${svg}</div></div>`]);
}

function cannot(at: string, why: string): UsageError {
  return new UsageError(
    problem("usage/bad-option", "the frontier cannot be drawn", {
      at: `--frontier ${at}`,
      notes: [why],
      help: "give a model with ternary convolutions for simd128, and install the packages",
    }),
  );
}
