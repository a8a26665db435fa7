/** @file What the teachers of a run know, before anything is learned from them. */

import { graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic } from "../autodiff/arithmetic.ts";
import { emitTeacher, type Teacher } from "../distill/teacher.ts";
import type { Engine } from "../engine/engine.ts";
import { EVALUATION_BATCH, type Evaluation, evaluateTop1 } from "./evaluate.ts";
import type { PreparedRun } from "./prepare.ts";
import type { Samples } from "./samples.ts";

/** As many as tell a teacher from one that sees its images in another scale. */
const TEACHER_SAMPLES = 1000;

/** Top-1 of each teacher, once, on samples held back, or on training samples if none are. */
export async function measureTeachers(
  engine: Engine,
  run: PreparedRun,
): Promise<readonly { readonly teacher: Teacher; readonly evaluation: Evaluation }[]> {
  const samples = firstOf(run.validation.count > 0 ? run.validation : run.training);
  const teachers = run.distillations.flatMap(stage => (stage === undefined ? [] : [stage.teacher]));
  const distinct = teachers.filter((teacher, i) => teachers.findIndex(isSameAs(teacher)) === i);
  const found = [];
  for (const teacher of distinct) {
    found.push({ teacher, evaluation: await evaluateTop1(engine, graphOf(teacher, run), samples) });
  }
  return found;
}

function firstOf(samples: Samples): Samples {
  return { ...samples, count: Math.min(samples.count, TEACHER_SAMPLES) };
}

/** Stages with one file share its graph. */
function isSameAs({ graph, input }: Teacher): (other: Teacher) => boolean {
  return other =>
    other.graph === graph &&
    other.input?.mean === input?.mean &&
    other.input?.scale === input?.scale;
}

function graphOf(teacher: Teacher, { network, input }: PreparedRun) {
  const ops = new Arithmetic(graphBuilder());
  const { ids } = emitTeacher(ops, teacher, network, input, EVALUATION_BATCH);
  return ops.builder.finish("teacher", [{ name: "logits", id: ids[teacher.logits]! }]);
}
