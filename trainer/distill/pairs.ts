/** @file Which layers of the student are compared with which values of the teacher. */

import { type Diagnostic, problem } from "../../model/diagnostics/diagnostic.ts";
import { type NodeId, nodeAt } from "../../model/ir/graph.ts";
import { isComputing, type Network, type Step } from "../network/network.ts";
import { type Teacher, teacherLayer } from "./teacher.ts";

export interface LayerPair {
  /** Index of the student's step; −1 is the network's input. */
  readonly student: number;
  /** In the teacher's graph. */
  readonly teacher: NodeId;
}

/** Names of the student's layers and of the teacher's. */
type Names = Readonly<Record<string, string>>;

export interface Pairing {
  readonly pairs: readonly LayerPair[];
  readonly problems: readonly Diagnostic[];
}

/** The pairs that `layers` names; those of equal name and shape without it. */
export function featurePairs(
  network: Network,
  teacher: Teacher,
  layers: Names | undefined,
  at: string,
): Pairing {
  if (layers !== undefined) return namedPairs(network, teacher, layers, true, at);
  const pairs = network.steps.slice(0, -1).flatMap((step, student): LayerPair[] => {
    const found = isComputing(step) ? teacherLayer(teacher.graph, step.name) : undefined;
    const fits = found !== undefined && sameFeatures(step, teacher, found);
    return fits ? [{ student, teacher: found }] : [];
  });
  if (pairs.length > 0) return { pairs, problems: [] };
  return {
    pairs,
    problems: [
      misfit(at, "student and teacher have no layer of equal name and shape", [
        `layers of the student: ${names(network).join(", ")}`,
        `layers of the teacher: ${teacherNames(teacher).join(", ")}`,
      ]),
    ],
  };
}

/** The pairs that `layers` names; what the last layers read without it. */
export function relationPairs(
  network: Network,
  teacher: Teacher,
  layers: Names | undefined,
  lastOfTeacher: NodeId,
  at: string,
): Pairing {
  if (layers !== undefined) return namedPairs(network, teacher, layers, false, at);
  const student = network.steps.at(-1)!.inputs[0]!;
  return { pairs: [{ student, teacher: lastOfTeacher }], problems: [] };
}

function namedPairs(
  network: Network,
  teacher: Teacher,
  layers: Names,
  equalShapes: boolean,
  at: string,
): Pairing {
  const pairs: LayerPair[] = [];
  const problems: Diagnostic[] = [];
  for (const [own, other] of Object.entries(layers)) {
    const student = network.steps.findIndex(step => step.name === own);
    const found = teacherLayer(teacher.graph, other);
    if (student < 0) problems.push(unknown(at, "student", own, names(network)));
    if (found === undefined) problems.push(unknown(at, "teacher", other, teacherNames(teacher)));
    if (student < 0 || found === undefined) continue;
    const step = network.steps[student]!;
    if (equalShapes && !sameFeatures(step, teacher, found)) {
      const shape = nodeAt(teacher.graph, found).type.shape.slice(1);
      problems.push(
        misfit(at, `"${own}" and the teacher's "${other}" differ in shape`, [
          `the student's is [${step.shape.join(", ")}], the teacher's [${shape.join(", ")}]`,
        ]),
      );
    }
    pairs.push({ student, teacher: found });
  }
  return { pairs, problems };
}

function sameFeatures(step: Step, { graph }: Teacher, id: NodeId): boolean {
  return step.shape.join() === nodeAt(graph, id).type.shape.slice(1).join();
}

function names({ steps }: Network): string[] {
  return steps.map(step => step.name);
}

function teacherNames({ graph }: Teacher): string[] {
  const layers = graph.nodes.filter(node => ["conv", "gemm", "matmul", "add"].includes(node.kind));
  return layers.flatMap(({ name }) => (name === undefined ? [] : [name]));
}

function unknown(at: string, whose: string, name: string, known: readonly string[]): Diagnostic {
  const message = `the ${whose} has no layer "${name}"`;
  return misfit(at, message, [`layers of the ${whose}: ${known.join(", ")}`]);
}

function misfit(at: string, message: string, notes: readonly string[]): Diagnostic {
  const help = "name layers of both in distill.….layers, or learn from logits alone";
  return problem("train/bad-teacher", message, { at, notes, help });
}
