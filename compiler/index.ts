/**
 * @file The compiler: bytes in, bytes out. No files, console, clock or randomness.
 */

export {
  type BackendOptions,
  type Compilation,
  type CompileOptions,
  type CompileTarget,
  compile,
  compileLowered,
  digestOfModel,
  type Origin,
} from "./compile.ts";
export { ARTEFACT_SUFFIXES, type Artefact, type ArtefactKind } from "./emit/artefact.ts";
export { type LoweredModel, type LowerModelOptions, lowerModel } from "./lower-model.ts";
export { type Pass, passList, type Ranges, type Sample } from "./passes/index.ts";
export { type KernelLibrary, parseKernelTable } from "./plan/kernel-library.ts";
export { LOWERED_KINDS, supports } from "./plan/lower/index.ts";
export type { Plan } from "./plan/plan.ts";
export { printPlan } from "./plan/print-plan.ts";
export type { KernelRow } from "./plan/select.ts";
export { type Difference, rebuild, type Verdict, verifyModule } from "./verify.ts";
