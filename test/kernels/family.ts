/** @file How the families of kernels describe themselves to the kernel test. */

import type { KernelRow } from "../../scripts/build-kernels.ts";
import type { Scene } from "./scene.ts";

/** One call: the kernel's arguments, and the model that does the same to the scene. */
export interface Trial {
  readonly args: readonly number[];
  readonly model: () => void;
}

/** Sets up the `index`-th trial of a kernel: places its operands in the scene. */
export type TrialMaker = (scene: Scene, kernel: KernelRow, index: number) => Trial;

/** Families by name, each with the maker of its trials. */
export type FamilyTests = Readonly<Record<string, TrialMaker>>;
