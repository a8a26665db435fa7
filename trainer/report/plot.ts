/**
 * @file Observable Plot on a document that exists in memory only: charts as text.
 *
 * Both packages are optional peers. Charts take their colours from the page
 * around them, so one drawing serves light and dark pages.
 */

import type { PlotOptions } from "@observablehq/plot";

export type Plot = typeof import("@observablehq/plot");

export interface Plotting {
  readonly Plot: Plot;
  /** The chart as SVG. */
  readonly draw: (options: PlotOptions) => string;
}

/** The packages that draw charts. */
export const CHART_PACKAGES: readonly string[] = ["@observablehq/plot", "linkedom"];

/** `undefined` if one of the packages is not installed. */
export async function openPlot(
  load: (name: string) => Promise<unknown> = name => import(name),
): Promise<Plotting | undefined> {
  try {
    const [plot, dom] = await Promise.all(CHART_PACKAGES.map(load));
    const Plot = plot as Plot;
    const { document } = (dom as typeof import("linkedom")).parseHTML("<html></html>");
    const draw = (options: PlotOptions): string =>
      Plot.plot({ ...options, document: document as unknown as Document }).outerHTML;
    return { Plot, draw };
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
