/** @file The graph as data: builder, rewriter, printer, parser, verifier. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DTYPES, type DType, dtypeRange, isFloat } from "../core/dtype.ts";
import { type Tensor, tensorOf } from "../core/tensor.ts";
import { InternalError } from "../model/diagnostics/diagnostic.ts";
import type { Graph, Node, NodeId } from "../model/ir/graph.ts";
import { parseGraph } from "../model/ir/parse.ts";
import { constantsOf, printGraph } from "../model/ir/print.ts";
import { graphBuilder, rewrite, verifyGraph } from "../model/ops/index.ts";
import { diagnosticsOf } from "./errors/diagnostics.ts";
import { randomGraph } from "./fuzz/random-graph.ts";

const TEXT = `graph tiny(%0 image: f32[1,4]) {
  metadata labels = "cat, dog"
  %1 = const i2[4,2]{axis=1, scales=[0.5, 0.25], zeroPoints=[0, 0]}(1, 0, -1, 1, 0, 0, 1, -1)  // fc.weight
  %2 = gemm %0, %1 {alpha=1, beta=1, clamp={max=inf, min=0}, transposeA=false, transposeB=false} : f32[1,2]  // fc
  return logits = %2
}
`;

describe("the builder", () => {
  test("finds equal nodes, and tells −0 from 0", () => {
    const b = graphBuilder();
    const x = b.input("x", "f32", [2]);
    expect(b.add("clamp", [x], { min: 0, max: 6 })).toBe(b.add("clamp", [x], { max: 6, min: 0 }));
    expect(b.add("clamp", [x], { min: -0, max: 6 })).not.toBe(
      b.add("clamp", [x], { min: 0, max: 6 }),
    );
    const one = tensorOf("f32", [2], [1, 2]);
    expect(b.constant(one)).toBe(b.constant(tensorOf("f32", [2], [1, 2])));
    expect(b.constant(one)).not.toBe(b.constant(tensorOf("f32", [1, 2], [1, 2])));
  });

  test("drops what no output needs, but keeps inputs", () => {
    const b = graphBuilder();
    const x = b.input("x", "f32", [2]);
    b.input("unused", "f32", [2]);
    b.add("exp", [x], {});
    const graph = b.finish("g", [{ name: "y", id: b.add("neg", [x], {}) }]);
    expect(graph.nodes.map(node => node.kind)).toEqual(["input", "input", "neg"]);
    expect(graph.inputs).toEqual([0, 1]);
  });
});

describe("rewriting", () => {
  test("gives the same object if no rule fired", () => {
    const graph = parseGraph(TEXT);
    expect(rewrite(graph, { neg: () => undefined })).toBe(graph);
  });

  test("hands rules their rewritten operands and counts of readers", () => {
    const b = graphBuilder();
    const x = b.input("x", "f32", [2]);
    const twice = b.add("neg", [b.add("neg", [x], {}, "inner")], {});
    const graph = b.finish("g", [{ name: "y", id: b.add("add", [twice, twice], {}) }]);
    const counts: number[] = [];
    const result = rewrite(graph, {
      neg(node, r) {
        const inner = r.node(node.inputs[0]!);
        if (inner.kind !== "neg") return undefined;
        counts.push(r.readers(inner.id));
        return inner.inputs[0]!;
      },
    });
    expect(counts).toEqual([1]);
    expect(result.nodes.map(node => node.kind)).toEqual(["input", "add"]);
    verifyGraph(result);
  });
});

describe("the text form", () => {
  test("prints what it parses", () => {
    const graph = parseGraph(TEXT);
    verifyGraph(graph);
    expect(printGraph(graph)).toBe(TEXT);
  });

  test("comments and blank lines do not count", () => {
    const spaced = `// a head\n\n${TEXT.replace("  return", "\n  // the end\n  return")}\n// after\n`;
    expect(parseGraph(spaced)).toEqual(parseGraph(TEXT));
  });

  test("round-trips random networks", () => {
    fc.assert(
      fc.property(fc.nat(), seed => {
        const graph = randomGraph(seed, { weights: ["f32", "ternary", "i8", "i2"] });
        expect(parseGraph(printGraph(graph), constantsOf(graph))).toStrictEqual(graph);
      }),
      { numRuns: 60 },
    );
  });

  test("round-trips any words, constants and attributes", () => {
    fc.assert(
      fc.property(arbitraryGraph, graph => {
        const again = parseGraph(printGraph(graph), constantsOf(graph));
        expect(again).toStrictEqual(graph);
      }),
      { numRuns: 300 },
    );
  });

  test("large constants come from the pool", () => {
    const b = graphBuilder();
    const large = b.constant(tensorOf("f32", [17], new Array(17).fill(0)));
    const graph = b.finish("g", [{ name: "y", id: large }]);
    const text = printGraph(graph);
    expect(text).toMatch(/const f32\[17\] #[0-9a-f]{16} zeros=1\.00/);
    expect(parseGraph(text, constantsOf(graph))).toStrictEqual(graph);
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^2:22 no constant has the hash #/)]);
    const wrong = text.replace("f32[17]", "f32[18]");
    expect(() => parseGraph(wrong, constantsOf(graph))).toThrow(/is f32\[17\], not f32\[18\]/);
  });
});

describe("the parser reports", () => {
  const cases: readonly [string, string, string, string][] = [
    [
      "an element type that does not exist",
      "f32[1,4]",
      "f33[1,4]",
      '1:22 "f33" is not an element type',
    ],
    ["an operand that is not defined", "gemm %0", "gemm %9", "4:13 %9 is not defined before"],
    ["an id defined twice", "%2 = gemm", "%1 = gemm", "4:3 %1 is defined twice"],
    ["a gap in the ids", "%2", "%3", "6:1 there is no %2: ids are consecutive from %0"],
    ["an element too many", "(1, 0", "(1, 0, 0", "3:68 9 elements do not fill i2[4,2]"],
    ["a missing type", " : f32[1,2]  //", "  //", '4:99 expected ":", got "// fc"'],
    ["words behind a line", "= %2", "= %2 %1", "5:22 expected the end of the line"],
    [
      "a missing return",
      "  return logits = %2\n",
      "",
      '5:1 expected "return" before the end of the graph',
    ],
    [
      "a second return",
      "  return logits = %2\n",
      "  return logits = %2\n  return logits = %2\n",
      "6:10 a graph returns once",
    ],
    ["a missing end", "\n}\n", "\n", '5:1 expected "}" at the end of the graph'],
    [
      "lines after the end",
      "}\n",
      "}\n%5 = const f32[](1)\n",
      "7:1 expected nothing after the end of the graph",
    ],
    ["a missing header", "graph tiny(%0 image: f32[1,4]) {\n", "", "3:13 %0 is not defined before"],
    ["a second header", "  metadata", "graph again() {\n  metadata", "2:7 a text holds one graph"],
    ["a bad string", '"cat, dog"', '"cat \\x"', '2:21 "cat \\x" is not a JSON string'],
    [
      "an attribute without a value",
      "alpha=1",
      "alpha=",
      '4:27 expected a value, got ", beta=1, clamp={max"',
    ],
    [
      "a quantization of other shape",
      "zeroPoints=[0, 0]",
      "zeros=[0, 0]",
      "3:22 expected {axis=…, means=[…], scales=[…], zeroPoints=[…]}",
    ],
  ];
  test.each(cases)("%s", (_, from, to, expected) => {
    const text = TEXT.replaceAll(from, to);
    expect(text).not.toBe(TEXT);
    expect(problemsOf(text)[0]).toBe(expected);
  });

  test("all problems at once, each at its place", () => {
    const text = TEXT.replace("f32[1,4]", "f33[1,4]")
      .replace("(1, 0, ", "(")
      .replace("= %2", "= %8");
    expect(problemsOf(text)).toEqual([
      '1:22 "f33" is not an element type',
      "3:68 6 elements do not fill i2[4,2]",
      "5:19 %8 is not defined before",
    ]);
  });

  test("text that is no graph", () => {
    expect(problemsOf("")).toEqual(['1:1 expected "graph NAME(…) {"']);
    expect(problemsOf("hello")).toEqual(['1:1 expected an id, got "hello"']);
  });
});

describe("the verifier refuses", () => {
  const graph = parseGraph(TEXT);
  const gemm = graph.nodes[2] as Node<"gemm">;
  const withNode = (index: number, node: object): Graph => ({
    ...graph,
    nodes: graph.nodes.with(index, { ...graph.nodes[index], ...node } as Node),
  });
  const id = (value: number): NodeId => value as NodeId;
  const cases: readonly [string, Graph, RegExp][] = [
    ["an id that is no index", withNode(1, { id: id(7) }), /%1 = const has the id 7/],
    ["an unknown kind", withNode(2, { kind: "mystery" }), /%2 = mystery is no op/],
    [
      "an operand that comes later",
      withNode(2, { inputs: [id(0), id(2)] }),
      /reads %2, which does/,
    ],
    [
      "a wrong type",
      withNode(2, { type: { dtype: "f32", shape: [1, 3] } }),
      /f32\[1,3\], but comp/,
    ],
    [
      "a lost quantization",
      withNode(1, { type: { dtype: "i2", shape: [4, 2] } }),
      /but computes i2/,
    ],
    [
      "bad attributes",
      withNode(2, { attrs: { ...gemm.attrs, alpha: NaN } }),
      /finite alpha, got NaN/,
    ],
    [
      "an i2 weight that is no trit",
      parseGraph(TEXT.replace("(1, 0", "(-2, 0")),
      /trits .* got -2/,
    ],
    [
      "an output that is missing",
      { ...graph, outputs: [{ name: "y", id: id(9) }] },
      /%9, which is mi/,
    ],
    ["no output", { ...graph, outputs: [] }, /there is no output/],
    ["inputs that are not listed", { ...graph, inputs: [] }, /inputs are listed as/],
    [
      "two outputs of one name",
      { ...graph, outputs: [...graph.outputs, ...graph.outputs] },
      /two outputs are named "logits"/,
    ],
  ];
  test.each(cases)("%s", (_, broken, message) => {
    expect(() => verifyGraph(broken)).toThrow(message);
    try {
      verifyGraph(broken);
    } catch (error) {
      expect(error).toBeInstanceOf(InternalError);
      expect((error as InternalError).dump).toContain("%0");
    }
  });

  test("nothing about a sound graph", () => {
    verifyGraph(graph);
  });
});

/** Each problem as `line:column message`. */
function problemsOf(text: string): string[] {
  return diagnosticsOf(() => parseGraph(text)).map(({ at, message }) => `${at} ${message}`);
}

const words = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "true",
    "inf",
    "nan",
    "a//b",
    "as _",
    " padded ",
    '"quoted"',
    "x:0",
    "12",
    "",
    "é\n",
  ),
);

const arbitraryTensor: fc.Arbitrary<Tensor> = fc
  .record({ dtype: fc.constantFrom(...DTYPES), length: fc.integer({ min: 0, max: 20 }) })
  .chain(({ dtype, length }) =>
    fc.array(elementsOf(dtype), { minLength: length, maxLength: length }).map(values => {
      const shape = length % 2 === 0 ? [2, length / 2] : [length];
      return tensorOf(dtype, shape, values);
    }),
  );

function elementsOf(dtype: DType): fc.Arbitrary<number> {
  if (isFloat(dtype)) return fc.oneof(fc.double(), fc.float());
  const { min, max } = dtypeRange(dtype);
  return fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) });
}

const arbitraryAttributes: fc.Arbitrary<unknown> = fc
  .letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 2 },
      fc.oneof(fc.double(), fc.integer(), fc.boolean(), words, arbitraryTensor),
      fc.array(tie("value"), { maxLength: 3 }),
      tie("record"),
    ),
    record: fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z]{0,5}$/), tie("value"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  }))
  .record.map(record => ({ ...(record as object) }));

/** Graphs that are well-formed as text, though no op would take them. */
const arbitraryGraph: fc.Arbitrary<Graph> = fc
  .record({
    name: words,
    metadata: fc.dictionary(words, words, { maxKeys: 3 }),
    inputName: words,
    ownName: fc.option(words, { nil: undefined }),
    constant: arbitraryTensor,
    scale: fc.double({ noNaN: true, min: 0 }),
    attrs: arbitraryAttributes,
    nodeName: fc.option(words, { nil: undefined }),
    outputName: words,
  })
  .map(parts => {
    const port = { dtype: "f32", shape: [1, 2] } as const;
    const quantization = { scales: [parts.scale], zeroPoints: [-3] };
    const { dtype, shape } = parts.constant;
    const nodes = [
      { kind: "const", inputs: [], attrs: { tensor: parts.constant }, type: { dtype, shape } },
      { kind: "input", inputs: [], attrs: { name: parts.inputName, ...port }, type: port },
      {
        kind: "add",
        inputs: [0, 1],
        attrs: parts.attrs,
        type: { ...port, dtype: "i8", quantization },
      },
    ];
    const names = [undefined, parts.ownName, parts.nodeName];
    return {
      name: parts.name,
      nodes: nodes.map((node, id) => ({
        id,
        ...node,
        ...(names[id] === undefined ? {} : { name: names[id] }),
      })) as unknown as Node[],
      inputs: [1 as NodeId],
      outputs: [{ name: parts.outputName, id: 2 as NodeId }],
      metadata: { ...parts.metadata },
    };
  });
