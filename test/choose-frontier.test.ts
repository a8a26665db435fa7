/** @file The search of the planner finds what trying every choice finds. */

import { describe, expect, test } from "vitest";
import { climb } from "../compiler/choose/climb.ts";
import { eliminateVariables } from "../compiler/choose/eliminate.ts";
import { frontierOf } from "../compiler/choose/frontier.ts";
import { pickPoint } from "../compiler/choose/objective.ts";
import { type Point, type Problem, priceChoice, undominated } from "../compiler/choose/problem.ts";
import type { MethodName } from "../core/abi.ts";
import { Random } from "./fuzz/random.ts";

const METHODS: readonly MethodName[] = ["kernels", "code", "lists"];

/** Chains with branches: factors between neighbours, some with a third layer. */
function randomProblem(seed: number, count: number): Problem {
  const random = new Random(seed);
  const whole = (min: number, max: number): number => Math.floor(random.real(min, max + 1));
  const variables = Array.from({ length: count }, (_, i) => ({
    name: `layer ${i}`,
    options: METHODS.slice(0, whole(1, 3)).map(method => ({
      method,
      ns: whole(10, 1000),
      bytes: whole(10, 1000),
      kernels: [`${method}-${whole(0, 1)}`],
    })),
  }));
  const factors = variables.slice(1).map((_, i) => {
    const scope = [i, i + 1, ...(i > 1 && random.real(0, 1) < 0.4 ? [whole(0, i - 1)] : [])];
    const prices = Array.from({ length: 27 }, () => whole(0, 300));
    const ns = (options: readonly number[]): number =>
      prices[options.reduce((index, option) => index * 3 + option, 0)]!;
    const copied = scope.map(() => whole(0, 2));
    const kernels = (options: readonly number[]): string[] =>
      options.some((option, k) => option !== copied[k]) ? [`copy-${i % 2}`] : [];
    return { scope, ns, kernels };
  });
  const names = ["kernels-0", "kernels-1", "lists-0", "copy-0", "copy-1"];
  const kernelBytes = new Map(names.map(name => [name, whole(0, 800)]));
  return { variables, factors, kernelBytes, ns: whole(0, 100), bytes: whole(0, 100) };
}

function everyChoice({ variables }: Problem): number[][] {
  return variables.reduce<number[][]>(
    (choices, { options }) =>
      choices.flatMap(choice => [...options.keys()].map(option => [...choice, option])),
    [[]],
  );
}

function bruteForce(problem: Problem): Point[] {
  return undominated(everyChoice(problem).map(choice => priceChoice(problem, choice)));
}

const pairsOf = (points: readonly Point[]) => points.map(({ ns, bytes }) => [bytes, ns]);

describe("the frontier", () => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))("is exact, problem %i", seed => {
    const problem = randomProblem(seed, 1 + (seed % 8));
    const { points, exact } = frontierOf(problem);
    expect(exact).toBe(true);
    expect(pairsOf(points)).toEqual(pairsOf(bruteForce(problem)));
    for (const point of points) expect(priceChoice(problem, point.choice)).toEqual(point);
  });

  test("pays for what conversions call, as for what layers call", () => {
    const option = (method: MethodName, bytes: number) => ({ method, ns: 10, bytes, kernels: [] });
    const variables = [0, 1].map(i => ({
      name: `layer ${i}`,
      options: [option("kernels", 100), option("lists", i === 0 ? 90 : 120)],
    }));
    const factor = {
      scope: [0, 1],
      ns: () => 0,
      kernels: ([a, b]: readonly number[]) => (a === b ? [] : ["copy"]),
    };
    const free = { variables, factors: [factor], kernelBytes: new Map(), ns: 0, bytes: 0 };
    expect(frontierOf(free).points[0]!.choice).toEqual([1, 0]);
    const paid = { ...free, kernelBytes: new Map([["copy", 50]]) };
    expect(frontierOf(paid).points[0]!.choice).toEqual([0, 0]);
    expect(frontierOf(paid).exact).toBe(true);
  });

  test("is near where pairs are left out", () => {
    const problem = { ...randomProblem(7, 11), kernelBytes: new Map() };
    const best = bruteForce(problem);
    const many = { ...randomProblem(8, 60), kernelBytes: new Map<string, number>() };
    expect(eliminateVariables(many)!.points.length).toBeGreaterThan(50);
    expect(pairsOf(frontierOf(problem).points)).toEqual(pairsOf(best));
  });

  test("refuses graphs too wide for tables, which are climbed", () => {
    const wide = randomProblem(3, 10);
    const scope = wide.variables.map((_, i) => i);
    const options = wide.variables.map(({ name }, i) => ({
      name,
      options: METHODS.map((method, k) => ({ method, ns: 10 * i + k, bytes: 30 - k, kernels: [] })),
    }));
    const ns = (chosen: readonly number[]): number => chosen.filter(option => option > 0).length;
    const problem = { ...wide, variables: options, factors: [{ scope, ns }] };
    expect(eliminateVariables(problem)).toBeUndefined();
    const { points, exact } = frontierOf(problem);
    expect(exact).toBe(false);
    expect(points.length).toBeGreaterThan(1);
  });

  test.each([1, 2, 3, 4, 5])("climbing comes near, problem %i", seed => {
    const problem = { ...randomProblem(seed, 7), kernelBytes: new Map<string, number>() };
    const [exact, climbed] = [bruteForce(problem), climb(problem)];
    expect(climbed.at(-1)!.ns).toBeLessThanOrEqual(exact.at(-1)!.ns * 1.25);
    expect(climbed[0]!.bytes).toBe(exact[0]!.bytes);
  });
});

describe("picking", () => {
  const points = [
    { bytes: 10, ns: 1000, choice: [0] },
    { bytes: 20, ns: 300, choice: [1] },
    { bytes: 60, ns: 201, choice: [2] },
    { bytes: 90, ns: 200, choice: [3] },
  ];
  test.each([
    ["size", undefined, 10],
    ["balanced", undefined, 20],
    ["speed", undefined, 60],
    ["speed", 59, 20],
    ["balanced", 15, 10],
    ["speed", 9, undefined],
  ] as const)("%s within %s bytes", (aim, limit, bytes) => {
    expect(pickPoint(points, aim, limit)?.bytes).toBe(bytes);
  });
});
