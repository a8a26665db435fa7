/** @file The report of a training run: one HTML page that needs nothing else. */

import type { EpochRecord, LayerRecord } from "../loop/state.ts";
import {
  type CurveOptions,
  curves,
  type Line,
  layerColour,
  layerLines,
  layerNames,
} from "./curves.ts";
import { confusionChart, weightChart } from "./distributions.ts";
import { summarizeLayers } from "./layer-summary.ts";
import { escaped, page, section } from "./page.ts";
import { openPlot, type Plotting } from "./plot.ts";
import type { TrainingLog } from "./training-log.ts";

const [FIRST, SECOND] = ["var(--after)", "var(--before)"] as const;

/** `undefined` if the packages that draw are not installed. */
export async function renderReport(
  log: TrainingLog,
  open: () => Promise<Plotting | undefined> = openPlot,
): Promise<string | undefined> {
  const plotting = await open();
  if (plotting === undefined) return undefined;
  const name = log.config.name ?? modelName(log);
  return page(name, [
    figures(log),
    section("Training", "", networkCharts(plotting, log)),
    section("Layers", legend(log), layerCharts(plotting, log)),
    section("Weights", WEIGHTS_NOTE, weightCharts(plotting, log), "small"),
    section("Confusion", CONFUSION_NOTE, [confusionChart(plotting, log.labels, log.confusion)]),
    section("Configuration", "", [configuration(log)], "wide"),
  ]);
}

function configuration({ config }: TrainingLog): string {
  return `<pre>${escaped(JSON.stringify(config, null, 2))}</pre>`;
}

const WEIGHTS_NOTE =
  '<p><span class="key" style="color:var(--before)">before</span>: the float weights; ' +
  '<span class="key" style="color:var(--after)">after</span>: those of the exported model. ' +
  "Each filter in units of its own root mean square; shares in percent.</p>";
const CONFUSION_NOTE =
  "<p>Test samples of each class (rows), and what the exported model takes them for (columns).</p>";

function modelName({ config: { model } }: TrainingLog): string {
  return "kind" in model ? model.kind : model.onnx.replace(/^.*[\\/]|\.onnx$/g, "");
}

/** The figures that a reader looks for first. */
function figures({ config, history, results, parameters }: TrainingLog): string {
  const last = history.at(-1);
  const weights = last && summarizeLayers(last.layers);
  const share = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : `${(100 * value).toFixed(2)} %`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["float top-1", share(results.float?.top1)],
    ["quantised top-1", share(results.quantized?.top1)],
    ["zeros", share(weights?.sparsity)],
    ["cosine to ternary", weights?.cosine.toFixed(3)],
    ["parameters", parameters.toLocaleString("en")],
    ["epochs", String(history.length)],
    ["data", config.data.source],
    ["seed", String(config.seed)],
  ];
  const shown = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`],
  );
  return `<dl>${shown.join("")}</dl>`;
}

function networkCharts(plotting: Plotting, { history, config }: TrainingLog): string[] {
  const chart = (title: string, lines: readonly Line[], options: Partial<CurveOptions> = {}) =>
    titled(title, curves(plotting, history, lines, { title, ...options }), lines);
  const heldBack = {
    name: "held back",
    colour: SECOND,
    read: (r: EpochRecord) => r.validationTop1,
  };
  return [
    chart("Loss", [{ name: "training", colour: FIRST, read: record => record.loss }]),
    chart(
      "Top-1 in percent",
      [
        { name: "training", colour: FIRST, read: record => record.trainTop1 },
        ...(config.data.validation > 0 ? [heldBack] : []),
      ],
      { percent: true, zero: false },
    ),
    chart("Learning rate at the end of the epoch", [
      { name: "rate", colour: FIRST, read: record => record.learningRate },
    ]),
  ];
}

function layerCharts(plotting: Plotting, { history }: TrainingLog): string[] {
  const chart = (title: string, read: (layer: LayerRecord) => number | undefined, zero = true) => {
    const options = { title, percent: zero, zero };
    return titled(title, curves(plotting, history, layerLines(history, read), options));
  };
  return [
    chart("Zeros in percent", layer => layer.sparsity),
    chart("Cosine of the angle to ternary weights", layer => layer.cosine, false),
    chart("Signs that changed in the epoch, in percent", layer => layer.flips),
  ];
}

/** A chart under its title, with the keys of its lines if there are several. */
function titled(title: string, chart: string, lines: readonly Line[] = []): string {
  const keys = lines.length < 2 ? [] : lines.map(({ name, colour }) => key(name, colour));
  return `<h3>${title} <span>${keys.join(" ")}</span></h3>${chart}`;
}

function key(name: string, colour: string): string {
  return `<span class="key" style="color:${colour}">${escaped(name)}</span>`;
}

function legend({ history }: TrainingLog): string {
  const names = layerNames(history);
  const keys = names.map((name, i) => key(name, layerColour(i, names.length)));
  return `<p class="legend">${keys.join(" ")}</p>`;
}

function weightCharts(plotting: Plotting, { weightsBefore, weightsAfter }: TrainingLog): string[] {
  return weightsAfter.map(({ name, counts }) => {
    const before = weightsBefore.find(other => other.name === name)?.counts ?? [];
    return weightChart(plotting, name, before, counts);
  });
}
