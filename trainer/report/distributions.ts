/** @file Charts of how things are spread: the weights of a layer, and classes over classes. */

import { BIN_COUNT, binCentre, HISTOGRAM_LIMIT, type Histogram } from "./histogram.ts";
import type { Plotting } from "./plot.ts";

/** Classes beyond this many leave no room for numbers. */
const LARGEST_NUMBERED = 20;

/** The weights of one layer: before as an outline, after as bars. */
export function weightChart(
  { Plot, draw }: Plotting,
  name: string,
  before: Histogram,
  after: Histogram,
): string {
  const half = HISTOGRAM_LIMIT / BIN_COUNT;
  const bins = (counts: Histogram) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count, i) => {
      const centre = binCentre(i);
      return { centre, left: centre - half, right: centre + half, share: count / total };
    });
  };
  return draw({
    width: 210,
    height: 130,
    marginLeft: 30,
    marginBottom: 24,
    marginTop: 22,
    marginRight: 8,
    ariaLabel: `weights of ${name}`,
    x: { domain: [-HISTOGRAM_LIMIT, HISTOGRAM_LIMIT], label: null, ticks: [-4, -2, 0, 2, 4] },
    y: { percent: true, label: null, ticks: 3, grid: true, nice: true },
    marks: [
      Plot.rectY(bins(after), { x1: "left", x2: "right", y: "share", fill: "var(--after)" }),
      Plot.line(bins(before), {
        x: "centre",
        y: "share",
        curve: "step",
        stroke: "var(--before)",
        strokeWidth: 1.25,
      }),
      Plot.text([name], { frameAnchor: "top-left", dy: -16, dx: -22, fontWeight: "bold" }),
    ],
  });
}

/** Shares of each true class (rows) that were taken for each class (columns). */
export function confusionChart(
  { Plot, draw }: Plotting,
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
): string {
  const cells = confusion.flatMap((row, truth) => {
    const total = Math.max(
      row.reduce((sum, count) => sum + count, 0),
      1,
    );
    return row.map((count, guess) => ({
      truth: labels[truth]!,
      guess: labels[guess]!,
      count,
      share: count / total,
    }));
  });
  const size = Math.min(Math.max(32 * labels.length, 260), 640);
  const numbered = labels.length <= LARGEST_NUMBERED;
  const longest = Math.max(...labels.map(label => label.length));
  const margin = 16 + 6 * longest;
  return draw({
    width: size + margin,
    height: size + margin,
    marginLeft: margin,
    marginTop: margin,
    marginBottom: 8,
    marginRight: 8,
    ariaLabel: "confusion matrix",
    padding: 0.04,
    x: {
      domain: [...labels],
      axis: "top",
      label: null,
      tickSize: 0,
      ...(longest > 3 && { tickRotate: -50 }),
    },
    y: { domain: [...labels], label: null, tickSize: 0 },
    marks: [
      Plot.cell(cells, {
        x: "guess",
        y: "truth",
        fill: "var(--after)",
        fillOpacity: ({ share }: (typeof cells)[number]) => 0.04 + 0.96 * Math.sqrt(share),
        title: ({ truth, guess, count }: (typeof cells)[number]) =>
          `${truth} taken for ${guess}: ${count}`,
      }),
      Plot.text(numbered ? cells.filter(({ count }) => count > 0) : [], {
        x: "guess",
        y: "truth",
        text: "count",
        fontSize: 10,
        fill: ({ share }: (typeof cells)[number]) => (share > 0.25 ? "white" : "var(--text)"),
      }),
    ],
  });
}
