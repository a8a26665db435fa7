/**
 * @file Loads a module that was compiled with `--specialize-at-load`, and
 * writes the code of its layers: the module is as small as its weights, the
 * code as fast as that of `--optimize speed`. No dependencies; browsers,
 * workers, Node, Deno, Bun.
 *
 *     const model = await load("digits.wasm", { specialize: "background" });
 *     const { scores } = model.run({ image }); // from the first moment, by library kernels
 *     await model.specialized; // { layers: 9, generateMs: 120, compileMs: 25, … }
 *
 * Results are the same, to the bit, before and after.
 */

import { load as loadModule, type Model, type ModelTypes } from "../index.ts";
import type { ModuleSource } from "../source.ts";
import {
  NOTHING,
  type SpecializeOptions,
  type SpecializeReport,
  specialize,
} from "./specialize.ts";

export type { SpecializeCache } from "./cache.ts";
export { type SpecializeOptions, type SpecializeReport, specialize } from "./specialize.ts";

/** When code takes the place of library kernels. */
export type SpecializeTime = "before" | "background" | "off";

export interface LoadOptions extends Omit<SpecializeOptions, "inSlices"> {
  /**
   * `before` the model is handed out, unless told; in the `background`, while
   * it runs already; `off`: never.
   */
  readonly specialize?: SpecializeTime;
}

export type SpecializedModel<T extends ModelTypes = ModelTypes> = Model<T> & {
  /**
   * When the code is in place, or has failed to be: then `layers` is 0, and
   * `onWarning` was told why. Never rejects.
   */
  readonly specialized: Promise<SpecializeReport>;
};

/**
 * Compiles and instantiates a module, and writes the code of its layers. A
 * module without such layers, or whose code cannot be written here, runs as
 * it is.
 *
 * @throws RunError run/not-tritc if `source` is no module of tritc
 */
export async function load<T extends ModelTypes = ModelTypes>(
  source: ModuleSource,
  options: LoadOptions = {},
): Promise<SpecializedModel<T>> {
  const { specialize: time = "before", ...rest } = options;
  const model = await loadModule<T>(source);
  const isOff = time === "off";
  const specialized = isOff
    ? Promise.resolve(NOTHING)
    : attempt(model, { ...rest, inSlices: time === "background" });
  if (time === "before") await specialized;
  return Object.assign(model, { specialized });
}

async function attempt(model: Model, options: SpecializeOptions): Promise<SpecializeReport> {
  try {
    return await specialize(model, options);
  } catch (error) {
    const { onWarning = console.warn } = options;
    onWarning(`library kernels stay in place: ${error instanceof Error ? error.message : error}`);
    return NOTHING;
  }
}
