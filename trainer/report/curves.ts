/** @file Charts over epochs: curves of the whole network, and a line for each layer. */

import type { Markish } from "@observablehq/plot";
import type { EpochRecord, LayerRecord } from "../loop/state.ts";
import type { Plotting } from "./plot.ts";

const SIZE = { width: 420, height: 225, marginLeft: 44, marginRight: 12, marginTop: 24 } as const;

interface Point {
  readonly epoch: number;
  readonly value: number;
  readonly line: string;
}

/** One line of a chart: its name, its colour, and its value in each epoch. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly read: (record: EpochRecord) => number | undefined;
}

export interface CurveOptions {
  readonly title: string;
  /** Values are shares, shown in percent. */
  readonly percent?: boolean;
  /** Whether the axis of values begins at zero; true if absent. */
  readonly zero?: boolean;
}

/** `lines` over the epochs of all stages, counted from 1. */
export function curves(
  { Plot, draw }: Plotting,
  history: readonly EpochRecord[],
  lines: readonly Line[],
  { title, percent = false, zero = true }: CurveOptions,
): string {
  const points = lines.flatMap(({ name, read }) =>
    history.flatMap((record, i): Point[] => {
      const value = read(record);
      return value === undefined ? [] : [{ epoch: i + 1, value, line: name }];
    }),
  );
  const places = { x: "epoch", y: "value" };
  const marks: Markish[] = [
    ...stageMarks(Plot, history),
    Plot.line(points, { ...places, z: "line", stroke: "line", strokeWidth: 1.75 }),
    Plot.dot(points, { ...places, fill: "line", r: history.length > 40 ? 0 : 2 }),
  ];
  return draw({
    ...SIZE,
    ariaLabel: title,
    x: { label: "epoch", ticks: wholeTicks(history.length), tickFormat: "d" },
    y: { label: null, grid: true, zero, nice: true, ticks: 5, percent },
    color: { domain: lines.map(line => line.name), range: lines.map(line => line.colour) },
    marks,
  });
}

/** The lines of all layers: `read` each record of a layer. */
export function layerLines(
  history: readonly EpochRecord[],
  read: (layer: LayerRecord) => number | undefined,
): Line[] {
  const names = layerNames(history);
  return names.map((name, index) => ({
    name,
    colour: layerColour(index, names.length),
    read: ({ layers }) => {
      const layer = layers.find(other => other.name === name);
      return layer && read(layer);
    },
  }));
}

export function layerNames(history: readonly EpochRecord[]): string[] {
  return history[0]?.layers.map(layer => layer.name) ?? [];
}

/** From blue for the first layer to red for the last. */
export function layerColour(index: number, count: number): string {
  const share = count < 2 ? 0 : index / (count - 1);
  return `hsl(${Math.round(235 - 225 * share)} 65% 57%)`;
}

/** Where stages begin, with their methods. */
function stageMarks(Plot: Plotting["Plot"], history: readonly EpochRecord[]): Markish[] {
  const starts = history.flatMap((record, i) =>
    history[i - 1]?.stage === record.stage ? [] : [{ at: i + 0.6, method: record.method }],
  );
  return [
    Plot.ruleX(starts.slice(1), { x: "at", strokeOpacity: 0.4, strokeDasharray: "3 3" }),
    Plot.text(starts, {
      x: "at",
      text: "method",
      frameAnchor: "top-left",
      dx: 3,
      dy: -14,
      fontSize: 10,
      fillOpacity: 0.65,
    }),
  ];
}

/** Whole numbers from 1 on, not too many. */
function wholeTicks(epochs: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100].find(size => epochs / size <= 10) ?? 200;
  const ticks = Array.from({ length: Math.floor(epochs / step) }, (_, i) => (i + 1) * step);
  return ticks[0] === 1 ? ticks : [1, ...ticks];
}
