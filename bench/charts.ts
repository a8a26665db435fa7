/** @file The benchmark's figures as SVG that fits light and dark pages. */

import { openPlot, type Plotting } from "../trainer/report/plot.ts";
import type { LayerTime } from "./layer-time.ts";
import type { Row } from "./measure-net.ts";

/** Grey that is legible on white and on black. */
const STYLE =
  "<style>svg { color: #57606a } @media (prefers-color-scheme: dark) { svg { color: #a9b3bf } }</style>";
const RIVAL_COLOURS: Readonly<Record<string, string>> = {
  "ort-node-int8": "#d1495b",
  "ort-node-f32": "#edae49",
  "ort-web-int8": "#00798c",
  "ort-web-f32": "#30638e",
  "tfjs-wasm": "#8d6fae",
};
const LAYER_COLOURS: Readonly<Record<string, string>> = {
  "tritc-code": "#2a9d4a",
  "tritc-lists": "#86c06c",
  "tritc-kernels": "#3b7ddd",
  "ort-node-int8": "#d1495b",
  "ort-node-f32": "#edae49",
};

/** How many times faster than each rival, by share of zeros; a panel per network. */
export function ratioChart(rows: readonly Row[]): Promise<string> {
  const points = rows
    .filter(row => /^code-\d+-relaxed$/.test(row.ours))
    .map(row => ({ ...row, percent: Math.round(100 * row.zeros) }));
  const nets = [...new Set(points.map(row => row.net))];
  const most = Math.max(...points.map(row => row.percent));
  const ends = points.filter(row => row.net === nets.at(-1) && row.percent === most);
  return chart(({ Plot, draw }) =>
    draw({
      width: 1000,
      height: 340,
      marginTop: 34,
      marginRight: 90,
      marginBottom: 40,
      ariaLabel: "how many times faster tritc is than each rival, by share of zero weights",
      fx: { label: null, domain: nets },
      x: { label: "zero weights, percent", ticks: [33, 50, 70, 90], inset: 12 },
      y: { label: "times faster", type: "log", grid: true, tickFormat: "~g" },
      color: legendOf(RIVAL_COLOURS),
      marks: [
        Plot.ruleY([1], { strokeDasharray: "4 3" }),
        Plot.line(points, { fx: "net", x: "percent", y: "ratio", z: "rival", stroke: "rival" }),
        Plot.dot(points, { fx: "net", x: "percent", y: "ratio", fill: "rival", r: 3 }),
        Plot.text(ends, {
          fx: "net",
          x: "percent",
          y: "ratio",
          text: "rival",
          fill: "rival",
          textAnchor: "start",
          dx: 8,
        }),
      ],
    }),
  );
}

/** Multiplications of a dense layer per second, by channels; rings mark what the planner takes for speed. */
export function layerChart(rows: readonly LayerTime[]): Promise<string> {
  const layerOf = ({ channels, side }: LayerTime): string => `${channels} · ${side}×${side}`;
  const points = rows.flatMap(row =>
    Object.entries(row.us)
      .filter(([name, time]) => time > 0 && name in LAYER_COLOURS)
      .map(([name, time]) => ({
        layer: layerOf(row),
        name,
        rate: (1000 * row.mmac) / time,
        isChosen: name === row.chosen.speed,
      })),
  );
  return chart(({ Plot, draw }) =>
    draw({
      width: 760,
      height: 380,
      marginTop: 40,
      marginBottom: 40,
      marginRight: 110,
      ariaLabel: "speed of 3×3 convolutions by their number of channels",
      x: { type: "point", label: "channels · image", domain: rows.map(layerOf) },
      y: { label: "GMAC/s of the dense layer", type: "log", grid: true, tickFormat: "~g" },
      color: legendOf(LAYER_COLOURS),
      marks: [
        Plot.line(points, { x: "layer", y: "rate", stroke: "name", strokeWidth: 1.75 }),
        Plot.dot(points, { x: "layer", y: "rate", fill: "name", r: 3 }),
        Plot.dot(
          points.filter(({ isChosen }) => isChosen),
          { x: "layer", y: "rate", stroke: "name", r: 7 },
        ),
        Plot.text(apart(points.filter(({ layer }) => layer === layerOf(rows.at(-1)!))), {
          x: "layer",
          y: "place",
          text: "name",
          fill: "name",
          textAnchor: "start",
          dx: 12,
        }),
      ],
    }),
  );
}

/** How many times as high as the one below a name stands at least, to be legible. */
const LEAST_STEP = 1.22;

/** Places for names beside their points, moved up where they would cover each other. */
function apart<P extends { readonly rate: number }>(points: readonly P[]) {
  const placed: (P & { readonly place: number })[] = [];
  for (const point of points.toSorted((a, b) => a.rate - b.rate)) {
    const least = (placed.at(-1)?.place ?? 0) * LEAST_STEP;
    placed.push({ ...point, place: Math.max(point.rate, least) });
  }
  return placed;
}

const legendOf = (colours: Readonly<Record<string, string>>) => ({
  domain: Object.keys(colours),
  range: Object.values(colours),
});

async function chart(drawIt: (plotting: Plotting) => string): Promise<string> {
  const plotting = await openPlot();
  if (plotting === undefined) throw new Error("charts need @observablehq/plot and linkedom");
  const svg = drawIt(plotting);
  const named = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ');
  return `${named.replace(/(<svg[^>]*>)/, `$1${STYLE}`)}\n`;
}
