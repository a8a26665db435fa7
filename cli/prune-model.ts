/** @file The work of `tritc prune`: a graph and samples in, the pruned graph and what is known of it out. */

import type { Port } from "../core/abi.ts";
import { readModelUse } from "../core/metadata.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Diagnostic, ModelError, problem, warning } from "../model/diagnostics/diagnostic.ts";
import type { Graph, NodeId } from "../model/ir/graph.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { evaluate } from "../model/ops/index.ts";
import { type Dataset, firstSamples } from "../trainer/data/dataset.ts";
import { batchOf, inputConverter } from "../trainer/data/model-input.ts";
import { openData } from "../trainer/data/open.ts";
import type { Engine } from "../trainer/engine/engine.ts";
import { openEngine } from "../trainer/engine/onnxruntime.ts";
import type { LayerRole } from "../trainer/prune/layers.ts";
import {
  choosePruned,
  type DenseStatistics,
  layerErrors,
  measureDense,
  type PrunedGraph,
  type Pruning,
  pruneGraph,
  type Recovery,
  type RecoveryName,
  reestimateGraph,
} from "../trainer/prune/prune.ts";
import type { PruneScope } from "../trainer/prune/select.ts";
import { accuracyOf, classify, foreignLabel } from "./accuracy.ts";
import { inputPorts } from "./onnx-model.ts";
import { type DataFlags, normalizationOf, openOptions } from "./options.ts";
import { onlyInput, type Predictor } from "./predictor.ts";
import type { PruneReport, RecoveryAccuracy } from "./prune-report.ts";
import { reportLayers } from "./prune-report.ts";
import type { Terminal } from "./terminal.ts";

const THREADS = 2;

export interface PruneRequest extends DataFlags {
  readonly sparsity: number;
  readonly scope: PruneScope;
  readonly roles: readonly LayerRole[];
  readonly recover: readonly RecoveryName[];
  readonly reestimate?: true;
  readonly data?: string;
  readonly samples: number;
}

export interface PrunedModel extends PruneReport {
  readonly graph: Graph;
  readonly warnings: readonly Diagnostic[];
}

/** @throws prune/no-layers, data/* */
export async function pruneModel(
  graph: Graph,
  path: string,
  request: PruneRequest,
  terminal: Terminal,
): Promise<PrunedModel> {
  const pruning = choosePruned(graph, request);
  if (pruning.pruned.size === 0) throw noLayers(path, pruning);
  const recovery = recoveryOf(request);
  if (request.data === undefined) {
    const pruned = pruneGraph(pruning, recovery);
    return { ...reportOf(request, pruning, pruned), graph: pruned.graph, warnings: [] };
  }
  const bench = await Bench.open(graph, path, request, request.data);
  const statistics = await measureDense(pruning, bench.measuring);
  const pruned = await bench.recover(pruning, recovery, statistics);
  const errors = await layerErrors(pruning, pruned, bench.measuring);
  const accuracies = await bench.accuracies(pruning, statistics, recovery);
  if (accuracies === undefined) terminal.err("the samples have no labels: no accuracy is known\n");
  return {
    ...reportOf(request, pruning, pruned, errors),
    ...(accuracies && { accuracies }),
    graph: pruned.graph,
    warnings: bench.warnings,
  };
}

function recoveryOf({ recover, reestimate }: PruneRequest): Recovery {
  return {
    mean: recover.includes("mean"),
    bias: recover.includes("bias"),
    reestimate: reestimate === true,
  };
}

function reportOf(
  { sparsity, scope }: PruneRequest,
  pruning: Pruning,
  pruned: PrunedGraph,
  errors: ReadonlyMap<NodeId, number> = new Map(),
): PruneReport {
  return { sparsity, scope, layers: reportLayers(pruning, pruned, errors) };
}

/** Samples and what runs graphs on them. */
class Bench {
  readonly measuring: { readonly engine: Engine | undefined; readonly inputs: readonly Tensor[] };
  readonly warnings: readonly Diagnostic[];
  readonly #request: PruneRequest;
  readonly #input: Port;
  readonly #test: Dataset;

  private constructor(
    request: PruneRequest,
    input: Port,
    sets: { readonly measured: Dataset; readonly test: Dataset },
    engine: Engine | undefined,
    warnings: readonly Diagnostic[],
    normalization: Parameters<typeof inputConverter>[2],
  ) {
    this.#request = request;
    this.#input = input;
    this.#test = sets.test;
    this.warnings = warnings;
    this.measuring = { engine, inputs: batches(sets.measured, input, normalization) };
  }

  static async open(
    graph: Graph,
    path: string,
    request: PruneRequest,
    data: string,
  ): Promise<Bench> {
    const input = onlyInput(inputPorts(graph), path);
    const measured = await openData(data, openOptions(request));
    const test = await testSplit(data, request, measured);
    const sets = {
      measured: firstSamples(measured, request.samples),
      test: firstSamples(test, request.samples),
    };
    const engine = await openEngine(THREADS).catch(() => undefined);
    const { preprocess } = readModelUse(graph.metadata);
    const normalization = { preprocess, ...normalizationOf(request) };
    return new Bench(request, input, sets, engine, engine ? [] : [slow(path)], normalization);
  }

  async recover(
    pruning: Pruning,
    recovery: Recovery,
    statistics: DenseStatistics,
  ): Promise<PrunedGraph> {
    const pruned = pruneGraph(pruning, recovery, statistics);
    if (!recovery.reestimate) return pruned;
    return reestimateGraph(pruning, pruned, statistics, this.measuring);
  }

  /** Of the dense graph and of every recovery; `undefined` without labels that fit. */
  async accuracies(
    pruning: Pruning,
    statistics: DenseStatistics,
    chosen: Recovery,
  ): Promise<readonly RecoveryAccuracy[] | undefined> {
    const dense = await this.#top1(pruning.graph);
    if (dense === undefined) return undefined;
    const rows: RecoveryAccuracy[] = [
      { recovery: "dense", top1: dense, samples: this.#test.count },
    ];
    for (const recovery of recoveriesBeside(chosen)) {
      const { graph } = await this.recover(pruning, recovery, statistics);
      const top1 = (await this.#top1(graph))!;
      const written = sameRecovery(recovery, chosen);
      const samples = this.#test.count;
      rows.push({ recovery: nameOf(recovery), top1, samples, ...(written && { written }) });
    }
    return rows;
  }

  async #top1(graph: Graph): Promise<number | undefined> {
    const { labels } = this.#test;
    if (labels === undefined) return undefined;
    const session = await this.measuring.engine?.open(writeOnnx(graph));
    const output = graph.outputs[0]!.name;
    const predict = async (tensor: Tensor): Promise<Tensor> => {
      const feeds = { [this.#input.name]: tensor };
      return (session === undefined ? evaluate(graph, feeds) : await session.run(feeds))[output]!;
    };
    const predictor: Predictor = {
      engine: this.measuring.engine?.name ?? "oracle",
      input: this.#input,
      ...readModelUse(graph.metadata),
      predict,
      warnings: [],
    };
    const found = await classify(predictor, this.#test, normalizationOf(this.#request));
    await session?.release();
    if (foreignLabel(labels, found.classes) !== undefined) return undefined;
    return accuracyOf(found, this.#test).top1;
  }
}

function batches(
  dataset: Dataset,
  input: Port,
  normalization: Parameters<typeof inputConverter>[2],
): readonly Tensor[] {
  const convert = inputConverter(dataset, input, normalization);
  const batch = batchOf(input);
  return Array.from({ length: Math.max(1, Math.floor(dataset.count / batch)) }, (_, i) =>
    convert(
      Array.from({ length: batch }, (_unused, j) => Math.min(i * batch + j, dataset.count - 1)),
    ),
  );
}

/** The samples to count accuracy on: those of the test split, where the data has one. */
async function testSplit(data: string, request: PruneRequest, measured: Dataset): Promise<Dataset> {
  try {
    return await openData(data, { ...openOptions(request), split: "test" });
  } catch (error) {
    if (error instanceof ModelError) return measured;
    throw error;
  }
}

/** Every filling and correction, each re-estimated as well if the chosen one is. */
function recoveriesBeside({ reestimate }: Recovery): readonly Recovery[] {
  const plain = [false, true].flatMap(bias => [false, true].map(mean => ({ mean, bias })));
  const again = reestimate ? [false, true] : [false];
  return again.flatMap(re => plain.map(recovery => ({ ...recovery, reestimate: re })));
}

function sameRecovery(a: Recovery, b: Recovery): boolean {
  return a.mean === b.mean && a.bias === b.bias && a.reestimate === b.reestimate;
}

function nameOf({ mean, bias, reestimate }: Recovery): string {
  return [
    mean ? "mean" : "zero",
    ...(bias ? ["bias"] : []),
    ...(reestimate ? ["reestimate"] : []),
  ].join(", ");
}

function slow(path: string): Diagnostic {
  return warning("train/no-engine", "samples are run by the reference evaluator, which is slow", {
    at: path,
    notes: ["ONNX Runtime is not installed"],
    help: "npm install onnxruntime-node",
  });
}

function noLayers(path: string, { layers }: Pruning): ModelError {
  const roles = [...new Set(layers.map(layer => layer.role))];
  return new ModelError(
    problem("prune/no-layers", "there are no weights to prune", {
      at: path,
      notes: [
        layers.length === 0
          ? "pruning takes constant float weights of Conv, Gemm and MatMul"
          : "all its layers stand first or last or are depthwise, and stay dense",
      ],
      help:
        layers.length === 0
          ? "give a float model; tritc inspect shows what the file holds"
          : `prune them with --also ${roles.filter(role => role !== "body").join(",")}`,
    }),
  );
}
