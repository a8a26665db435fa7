/**
 * @file The text form of a plan.
 *
 *     plan lenet web simd128
 *     memory 131072 bytes: static 1040, arena 40960 + 18816 (lower bound 18816)
 *     static  1040   512 weights %3 conv1 weights
 *     code   1817 code:conv1/0
 *     buffer 40960  3136 0…1 %0 input
 *     choice %2 conv1: f32_f32_igemm_minmax_4x8__simd128 (… ns, 512 bytes), not …
 *     input  40960 image: f32[1,28,28,1] nhwc
 *       0 x8_fill__simd128(44096, 2, …)  // %2 conv1
 *     output 41000 scores: f32[1,10]
 *     threads 2: 5120 ns on one, 3010 ns on all
 *     step   0 1 | 0 2
 */

import type { Call, Choice, Plan, PlannedPort, ThreadPlan } from "./plan.ts";

export function printPlan(plan: Plan): string {
  const { memory } = plan;
  const lines = [
    `plan ${plan.name} ${plan.target} ${plan.simd}`,
    `memory ${memory.totalBytes} bytes: static ${memory.staticOffset}, ` +
      `arena ${memory.arenaOffset} + ${memory.arenaBytes} (lower bound ${memory.arenaLowerBoundBytes})`,
    ...plan.statics.map(
      ({ offset, data, role, name }) => `static ${offset} ${data.length} ${role} ${name}`,
    ),
    ...plan.code.map(({ name, body }) => `code ${body.length} ${name}`),
    ...plan.buffers.map(
      ({ offset, bytes, firstUse, lastUse, name }) =>
        `buffer ${offset} ${bytes} ${firstUse}…${lastUse} ${name}`,
    ),
    ...plan.choices.map(printChoice),
    ...plan.inputs.map(input => `input ${printPort(input)}`),
    ...plan.calls.map(printCall),
    ...plan.outputs.map(output => `output ${printPort(output)}`),
    ...(plan.threads === undefined ? [] : printThreads(plan.threads)),
  ];
  return `${lines.join("\n")}\n`;
}

function printChoice({ value, candidates }: Choice): string {
  const estimates = candidates.map(
    ({ kernel, ns, bytes }) => `${kernel} (${Math.round(ns)} ns, ${bytes} bytes)`,
  );
  return `choice ${value}: ${estimates.join(", not ")}`;
}

function printCall({ kernel, args, value }: Call, index: number): string {
  return `  ${index} ${kernel}(${args.join(", ")})  // ${value}`;
}

/** Of each step, the calls of each thread, by their indices. */
function printThreads({ count, steps, serialNs, predictedNs }: ThreadPlan): string[] {
  const [alone, together] = [serialNs, predictedNs].map(Math.round);
  const lines = steps.map(step =>
    step.map(calls => calls.map(({ origin }) => origin).join(" ")).join(" | "),
  );
  return [
    `threads ${count}: ${alone} ns on one, ${together} ns on all`,
    ...lines.map(line => `step   ${line}`),
  ];
}

function printPort({ port, address }: PlannedPort): string {
  const { name, dtype, shape, layout } = port;
  return `${address} ${name}: ${dtype}[${shape.join(",")}]${layout ? ` ${layout}` : ""}`;
}
