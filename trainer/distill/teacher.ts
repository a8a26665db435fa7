/** @file A teacher: a float network that stays as it is, written into the graph of a step. */

import { readModelUse } from "../../core/metadata.ts";
import type { Quantization } from "../../core/requantize.ts";
import { type Shape, sameShape } from "../../core/shape.ts";
import { type Diagnostic, ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import { type Graph, type Node, type NodeId, nodeAt, readersOf } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic, scalar } from "../autodiff/arithmetic.ts";
import { classCount, type Network } from "../network/network.ts";
import { emitStored, type InputQuantization } from "../step/input.ts";
import { type Copied, copyInBatches } from "./rebatch.ts";

export interface Teacher {
  /** As messages call it. */
  readonly name: string;
  readonly graph: Graph;
  /** What makes stored samples the input of `graph`; absent where it takes them as they are. */
  readonly input?: { readonly mean: number; readonly scale: number };
  /** The scores of classes, before any softmax. */
  readonly logits: NodeId;
}

export interface TeacherInput {
  /** As a configuration has it; default: as the teacher's file has it, else the samples' values as they are. */
  readonly input?: Teacher["input"];
  /** The values that stored samples stand for; default: themselves. */
  readonly unit?: Quantization;
}

/**
 * The teacher in `graph` for a student, if it fits.
 *
 * @throws train/bad-teacher: everything that does not fit
 */
export function teacherFor(
  name: string,
  graph: Graph,
  network: Network,
  student: InputQuantization,
  { input: own, unit = { zeroPoint: 0, scale: 1 } }: TeacherInput = {},
): Teacher {
  const problems = [...checkEnds(name, graph), ...checkInput(name, graph, network, student)];
  if (problems.length > 0) throw new ModelError(...problems);
  const logits = logitsOf(graph);
  const { dtype } = nodeAt(graph, graph.inputs[0]!).type;
  const { preprocess } = readModelUse(graph.metadata);
  const input = dtype === "f32" ? { input: own ?? inUnits(unit, preprocess) } : {};
  const teacher = { name, graph, logits, ...input };
  const wrong = [...checkClasses(teacher, network), ...checkBatches(teacher, network, student)];
  if (wrong.length > 0) throw new ModelError(...wrong);
  return teacher;
}

/** x = ((stored − zero point)·unit − mean)·scale as one mean and one scale. */
function inUnits(
  unit: Quantization,
  { mean, scale }: NonNullable<Teacher["input"]> = { mean: 0, scale: 1 },
): NonNullable<Teacher["input"]> {
  return { mean: unit.zeroPoint + mean / unit.scale, scale: unit.scale * scale };
}

/** Adds the teacher, on the stored samples of the student's input. */
export function emitTeacher(
  ops: Arithmetic,
  { graph, input }: Teacher,
  network: Network,
  student: InputQuantization,
  batch: number,
): Copied {
  const own = emitStored(ops, network, student, batch);
  const order = sampleOrder(network.input.shape, shapeOf(graph))!;
  const stored = order === "same" ? own : ops.transpose(own, order);
  const samples =
    input === undefined
      ? stored
      : ops.mul(
          ops.sub(ops.op("cast", [stored], { to: "f32" }), scalar(input.mean)),
          scalar(input.scale),
        );
  return copyInBatches(ops.builder, graph, samples, [batchOf(graph), batch]);
}

/** The value that the layer `name` ends in: with the normalisation and clamp that follow it. */
export function teacherLayer(graph: Graph, name: string): NodeId | undefined {
  const readers = readersOf(graph);
  let at = graph.nodes.find(node => node.name === name && node.kind !== "const");
  for (let next = at; at !== undefined; at = next) {
    const only = readers[at.id]!.length === 1 ? graph.nodes[readers[at.id]![0]!] : undefined;
    next = only !== undefined && continues(only, graph) ? only : undefined;
    if (next === undefined) return at.id;
  }
  return undefined;
}

/** What the layer reads that gives the scores. */
export function lastInput({ graph, logits }: Teacher): NodeId {
  let at = nodeAt(graph, logits);
  while (!["gemm", "matmul", "conv"].includes(at.kind)) {
    const source = at.inputs.map(id => nodeAt(graph, id)).find(node => node.kind !== "const");
    if (source === undefined) return logits;
    at = source;
  }
  return at.inputs[0]!;
}

function continues({ kind, inputs }: Node, graph: Graph): boolean {
  if (kind === "batch-normalization" || kind === "clamp") return true;
  const isArithmetic = kind === "add" || kind === "mul";
  return isArithmetic && inputs.some(id => nodeAt(graph, id).kind === "const");
}

/** Of one sample. */
function shapeOf(graph: Graph): Shape {
  return nodeAt(graph, graph.inputs[0]!).type.shape.slice(1);
}

/** The axes that make the student's samples the teacher's; `undefined` if nothing does. */
function sampleOrder(student: Shape, teacher: Shape): readonly number[] | "same" | undefined {
  if (sameShape(student, teacher)) return "same";
  const [a, b, c] = student;
  if (student.length !== 3) return undefined;
  if (sameShape([b!, c!, a!], teacher)) return [0, 2, 3, 1];
  return sameShape([c!, a!, b!], teacher) ? [0, 3, 1, 2] : undefined;
}

function batchOf(graph: Graph): number {
  return nodeAt(graph, graph.inputs[0]!).type.shape[0]!;
}

/** The result, or what goes into its softmax. */
function logitsOf(graph: Graph): NodeId {
  const node = nodeAt(graph, graph.outputs[0]!.id);
  return node.kind === "softmax" || node.kind === "log-softmax" ? node.inputs[0]! : node.id;
}

function checkEnds(at: string, { inputs, outputs }: Graph): Diagnostic[] {
  if (inputs.length === 1 && outputs.length === 1) return [];
  return [
    misfit(at, "a teacher has one input and one output", {
      notes: [`it has ${inputs.length} inputs and ${outputs.length} outputs`],
      help: "export the part that classifies, from the image to the scores",
    }),
  ];
}

function checkInput(
  at: string,
  graph: Graph,
  network: Network,
  student: InputQuantization,
): Diagnostic[] {
  const { dtype } = nodeAt(graph, graph.inputs[0]!).type;
  const shape = shapeOf(graph);
  const found: Diagnostic[] = [];
  if (sampleOrder(network.input.shape, shape) === undefined) {
    found.push(
      misfit(at, "the teacher takes other images than the student", {
        notes: [
          `the teacher takes [${shape.join(", ")}]`,
          `the student takes [${network.input.shape.join(", ")}]`,
        ],
        help: "give a teacher for images of this size",
      }),
    );
  }
  if (dtype !== "f32" && dtype !== student.dtype) {
    found.push(
      misfit(at, `the teacher takes ${dtype}, and the samples are ${student.dtype}`, {
        help: "give a teacher that takes f32, or samples of its type",
      }),
    );
  }
  return found;
}

function checkClasses({ name, graph, logits }: Teacher, network: Network): Diagnostic[] {
  const { shape } = nodeAt(graph, logits).type;
  const classes = classCount(network);
  if (shape.length === 2 && shape[1] === classes) return [];
  return [
    misfit(name, "the teacher tells other classes apart than the student", {
      notes: [
        `the teacher gives [${shape.join(", ")}]`,
        `the student has ${classes} scores per image`,
      ],
      help: "give a teacher that was trained on the same classes in the same order",
    }),
  ];
}

/** A batch of two shows whether the teacher keeps samples apart. */
function checkBatches(
  teacher: Teacher,
  network: Network,
  student: InputQuantization,
): Diagnostic[] {
  const ops = new Arithmetic(graphBuilder());
  const { mixed } = emitTeacher(ops, teacher, network, student, 2);
  return mixed.slice(0, 1).map(node =>
    misfit(teacher.name, "the teacher cannot run on several images at once", {
      notes: [
        `"${node.kind}" (${node.name ?? `%${node.id}`}) gives [${node.type.shape.join(", ")}]`,
      ],
      help: "export it with a symbolic first dimension, and without moving that",
    }),
  );
}

function misfit(
  at: string,
  message: string,
  more: { readonly notes?: readonly string[]; readonly help: string },
): Diagnostic {
  return problem("train/bad-teacher", message, { at, ...more });
}
