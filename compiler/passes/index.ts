/**
 * @file The pipeline: every pass, in order, with the reason for its place.
 *
 * Two halves. `preparePasses` turn an imported model into the graph that is
 * calibrated: folded, channel-last, weights as chosen, activations real (or
 * quantised by the model itself). `lowerPasses` turn that into integers and
 * into what the target's kernels compute.
 */

import type { ActivationChoice, WeightChoice } from "../../core/abi.ts";
import { absorbDequantize } from "./absorb-dequantize.ts";
import { assignLayout } from "./assign-layout.ts";
import { assignPlanes, type RunsOnPlanes } from "./assign-planes.ts";
import type { Ranges } from "./calibrate.ts";
import { checkFinite } from "./check-finite.ts";
import { checkSupported, type Supports } from "./check-supported.ts";
import { detectTernary } from "./detect-ternary.ts";
import { eliminateDead } from "./eliminate-dead.ts";
import { eliminateIdentity } from "./eliminate-identity.ts";
import { foldAffine } from "./fold-affine.ts";
import { foldConstants } from "./fold-constants.ts";
import { foldPad } from "./fold-pad.ts";
import { foldTranspose } from "./fold-transpose.ts";
import { fuseAdd } from "./fuse-add.ts";
import { fuseClamp } from "./fuse-clamp.ts";
import { insertQuantization } from "./insert-quantization.ts";
import { legalize } from "./legalize.ts";
import { legalizeGemm } from "./legalize-gemm.ts";
import { lowerBatchNorm } from "./lower-batch-norm.ts";
import { lowerCast } from "./lower-cast.ts";
import { lowerMatmul } from "./lower-matmul.ts";
import { lowerQuantized } from "./lower-quantized.ts";
import { lowerReduce } from "./lower-reduce.ts";
import type { Pass } from "./pass.ts";
import { propagateQuantization } from "./propagate-quantization.ts";
import { quantizeWeights } from "./quantize-weights.ts";
import { recognizeActivation } from "./recognize-activation.ts";
import { signActivations } from "./sign-activations.ts";
import { sinkTranspose } from "./sink-transpose.ts";

export type { RunsOnPlanes } from "./assign-planes.ts";
export { calibrate, type Ranges, type Sample } from "./calibrate.ts";
export type { Supports } from "./check-supported.ts";
export type { Pass } from "./pass.ts";
export { runPasses } from "./run-passes.ts";

export interface PrepareOptions {
  readonly weights: WeightChoice;
}

export interface LowerOptions {
  /** Absent: activations stay real where the model does not quantise them itself. */
  readonly ranges?: Ranges;
  /** Format of what `ranges` measured; `int8` unless told. */
  readonly activations?: ActivationChoice;
  readonly supports: Supports;
  /** What runs on channel planes, where speed counts; absent: nothing. */
  readonly planes?: RunsOnPlanes;
}

export function preparePasses({ weights }: PrepareOptions): readonly Pass[] {
  return [
    checkFinite, // first: folding would spread what is wrong
    eliminateDead, // before anything works on what nobody needs
    eliminateIdentity, // so that patterns meet their neighbours
    lowerCast, // a u8 input is then quantised data like any other
    foldConstants({ keepWeights: true }), // weights become constants, packed ones stay packed
    lowerMatmul, // before what knows gemm only
    absorbDequantize, // before constants lose the form they are packed in
    foldConstants({ keepWeights: false }), // what could not be absorbed is real after all
    legalizeGemm, // output channels first, for all that follows
    recognizeActivation, // before folding takes parts of the patterns away
    lowerReduce, // pools take part in layout and quantisation
    lowerBatchNorm, // so that there is one kind of per-channel arithmetic to fold
    foldAffine, // weights take what surrounds them
    foldPad, // pads meet convolutions once arithmetic is out of the way
    fuseClamp, // last of the fusions: nothing folds through a clamp
    ...(weights === "f32" ? [] : [detectTernary]), // after folding: the scales are final
    assignLayout, // after fusing: fewer nodes to surround with transposes
    sinkTranspose, // cancels what assign-layout wrote
    foldTranspose, // takes what reached a matrix product
    eliminateIdentity, // transposes of single rows or channels are reshapes
    foldConstants({ keepWeights: false }), // constants that changed their layout
    quantizeWeights(weights), // before calibration: ranges belong to the weights in use
  ];
}

/** The passes that bring layers onto channel planes. */
export function planePasses(planes: RunsOnPlanes): readonly Pass[] {
  return [assignPlanes(planes), fuseAdd];
}

/** The passes up to integers, and to what some kernel computes. */
export function integerPasses({
  ranges,
  activations,
}: Pick<LowerOptions, "ranges" | "activations">): readonly Pass[] {
  return [
    ...(ranges === undefined ? [] : [insertQuantization(ranges, activations)]), // first: keys name this graph's values
    signActivations, // one integer type from here on
    propagateQuantization, // brings dequantize and quantize next to what they frame
    lowerQuantized, // integer ops, tables, epilogues
    legalize, // what stayed real and has no kernel
  ];
}

/** The passes that depend on how layers are computed. */
export function placingPasses({
  planes,
  supports,
}: Pick<LowerOptions, "planes" | "supports">): readonly Pass[] {
  return [
    ...(planes === undefined ? [] : planePasses(planes)), // weights are final
    eliminateIdentity, // reshapes that met while transposes sank
    checkSupported(supports), // last: nothing unsupported leaves
  ];
}

export function lowerPasses(options: LowerOptions): readonly Pass[] {
  return [...integerPasses(options), ...placingPasses(options)];
}

/** Every pass once, in order, for listings and documentation. */
export function passList(): readonly Pass[] {
  const all = [
    ...preparePasses({ weights: "auto" }),
    ...lowerPasses({ ranges: {}, supports: () => undefined, planes: () => false }),
  ];
  return all.filter((pass, i) => all.findIndex(other => other.name === pass.name) === i);
}
