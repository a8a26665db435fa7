/** @file Models that cannot be read: each is refused with its code, place and way out, all problems at once. */

import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { tensorOf } from "../../core/tensor.ts";
import { type Diagnostic, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { type ReadOptions, readOnnx } from "../../model/onnx/index.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from "../../model/onnx/proto/onnx_pb.ts";
import { diagnosticsOf } from "../errors/diagnostics.ts";
import { type ModelSketch, makeModel } from "./make-model.ts";

/** The diagnostics of reading `bytes`. */
function problemsOf(bytes: Uint8Array, options?: ReadOptions): readonly Diagnostic[] {
  return diagnosticsOf(() => readOnnx(bytes, options));
}

function codesOf(sketch: ModelSketch, options?: ReadOptions): readonly string[] {
  return problemsOf(makeModel(sketch), options).map(({ code }) => code);
}

const RELU: ModelSketch = {
  inputs: { x: [2] },
  nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"], name: "act" }],
};

describe("files that are no model", () => {
  const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13];
  const files: readonly (readonly [string, Uint8Array, string])[] = [
    ["empty", new Uint8Array(0), "empty"],
    ["text", new TextEncoder().encode("version https://git-lfs.github.com/spec/v1"), "text"],
    ["a picture", Uint8Array.from(png), "PNG"],
    ["noise", Uint8Array.from({ length: 99 }, (_, i) => (i * 97 + 201) & 255), "no format"],
  ];
  test.each(files)("%s", (_, bytes, word) => {
    const [found] = problemsOf(bytes);
    expect(found).toMatchObject({ code: "onnx/not-onnx", message: expect.stringContaining(word) });
    expect(found!.help).toContain("export");
  });

  test("a model cut off in the middle", () => {
    const bytes = makeModel(RELU);
    expect(problemsOf(bytes.subarray(0, bytes.length / 2)).map(({ code }) => code)).toEqual([
      "onnx/truncated",
    ]);
  });
});

describe("versions", () => {
  test.each([6, 26])("opset %i", opset => {
    const [found] = problemsOf(makeModel({ ...RELU, opset }));
    expect(found).toMatchObject({ code: "onnx/unsupported-opset" });
    expect(found!.notes[0]).toContain("opsets 7 to 25");
  });

  test("a newer format", () => {
    const edit: ModelSketch["edit"] = model => {
      model.irVersion = 14n;
    };
    expect(codesOf({ ...RELU, edit })).toEqual(["onnx/unsupported-opset"]);
  });
});

describe("operators", () => {
  test("all unknown ones are listed at once, with their nodes", () => {
    const found = problemsOf(
      makeModel({
        inputs: { x: [2] },
        nodes: [
          { op: "Einsum", inputs: ["x"], outputs: ["a"], name: "first" },
          { op: "Einsum", inputs: ["a"], outputs: ["b"], name: "second" },
          { op: "Relu", inputs: ["b"], outputs: ["c"] },
          { op: "Quant", inputs: ["c"], outputs: ["y"], domain: "custom" },
        ],
      }),
    );
    expect(found.map(({ code }) => code)).toEqual(["onnx/unsupported-op", "onnx/unsupported-op"]);
    expect(found[0]).toMatchObject({
      message: 'operator "Einsum" (opset 17) is not supported',
      at: 'node "first" (Einsum), output "a"',
      notes: [
        "2 nodes in this model:",
        'node "first" (Einsum), output "a"',
        'node "second" (Einsum), output "b"',
      ],
    });
    expect(found[1]!.message).toContain("custom.Quant");
  });

  test("control flow is called that", () => {
    const edit: ModelSketch["edit"] = model => {
      model.graph!.node[0]!.attribute.push(
        create(AttributeProtoSchema, {
          name: "body",
          type: AttributeProto_AttributeType.GRAPH,
          g: {},
        }),
      );
    };
    const nodes = [{ op: "Loop", inputs: ["x"], outputs: ["y"] }];
    const [found] = problemsOf(makeModel({ inputs: { x: [2] }, nodes, edit }));
    expect(found).toMatchObject({ code: "onnx/unsupported-op" });
    expect(found!.help).toContain("control flow");
  });

  test("names and operators are reported together", () => {
    const nodes = [{ op: "Einsum", inputs: ["nowhere"], outputs: ["y"] }];
    expect(codesOf({ nodes })).toEqual(["onnx/bad-graph", "onnx/unsupported-op"]);
  });
});

describe("graphs", () => {
  const graphs: Readonly<Record<string, ModelSketch>> = {
    "a value that nothing produces": {
      ...RELU,
      nodes: [{ op: "Relu", inputs: ["z"], outputs: ["y"] }],
    },
    "two values of one name": {
      inputs: { x: [2] },
      nodes: [
        { op: "Relu", inputs: ["x"], outputs: ["y"] },
        { op: "Neg", inputs: ["x"], outputs: ["y"] },
      ],
    },
    "a cycle": {
      inputs: { x: [2] },
      nodes: [
        { op: "Add", inputs: ["x", "b"], outputs: ["a"] },
        { op: "Relu", inputs: ["a"], outputs: ["b"] },
      ],
    },
    "a missing output": { ...RELU, outputs: ["z"] },
    "no outputs": { ...RELU, outputs: [] },
    "an output listed twice": { ...RELU, outputs: ["y", "y"] },
  };
  test.each(Object.entries(graphs))("%s", (_, sketch) => {
    expect(codesOf(sketch)).toEqual(["onnx/bad-graph"]);
  });

  test("a missing operand", () => {
    const nodes = [{ op: "MatMul", inputs: ["x"], outputs: ["y"] }];
    expect(problemsOf(makeModel({ inputs: { x: [2, 2] }, nodes }))[0]).toMatchObject({
      code: "onnx/bad-graph",
      at: 'node (MatMul), output "y"',
    });
  });
});

describe("shapes", () => {
  test("every open dimension but the batch is listed, for all inputs", () => {
    const found = problemsOf(
      makeModel({
        inputs: { a: ["N", 3, "height", "width"], b: ["N", "length"], c: ["N", 4] },
        nodes: [{ op: "Relu", inputs: ["a"], outputs: ["y"] }],
      }),
    );
    expect(found.map(({ code, at }) => `${code} ${at}`)).toEqual([
      'onnx/dynamic-shape input "a"',
      'onnx/dynamic-shape input "b"',
    ]);
    expect(found[0]!.notes).toEqual(['dimension 2 is "height"', 'dimension 3 is "width"']);
    expect(found[0]!.help).toContain("--batch N");
  });

  test("a batch that the model cannot have", () => {
    expect(codesOf(RELU, { batch: 5 })).toEqual(["onnx/dynamic-shape"]);
  });

  test("a batch that nothing can have", () => {
    expect(() => readOnnx(makeModel(RELU), { batch: 0 })).toThrow(UsageError);
  });

  test("operands that do not fit, in several nodes", () => {
    const found = problemsOf(
      makeModel({
        inputs: { x: [2, 3], z: [4, 5] },
        nodes: [
          { op: "Add", inputs: ["x", "z"], outputs: ["a"], name: "one" },
          { op: "MatMul", inputs: ["x", "z"], outputs: ["b"], name: "two" },
          { op: "Relu", inputs: ["a"], outputs: ["unreached"] },
        ],
        outputs: ["unreached", "b"],
      }),
    );
    expect(found.map(({ code, at }) => `${code} ${at}`)).toEqual([
      'graph/bad-shape node "one" (Add), output "a"',
      'graph/bad-shape node "two" (MatMul), output "b"',
    ]);
  });

  test("a shape that is computed from data", () => {
    const nodes = [{ op: "Reshape", inputs: ["x", "shape"], outputs: ["y"], name: "r" }];
    const edit: ModelSketch["edit"] = model => {
      model.graph!.input[1]!.type!.value.value!.elemType = TensorProto_DataType.INT64;
    };
    const sketch = { inputs: { x: [2, 3], shape: [1] }, nodes, edit };
    expect(problemsOf(makeModel(sketch))[0]).toMatchObject({
      code: "onnx/dynamic-value",
      at: 'node "r" (Reshape), output "y"',
      notes: ['it is the value "shape"'],
    });
  });
});

describe("tensors", () => {
  test("all bad ones at once", () => {
    const external = create(TensorProtoSchema, {
      dims: [4n],
      dataType: TensorProto_DataType.FLOAT,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: [{ key: "location", value: "weights.bin" }],
    });
    const short = create(TensorProtoSchema, {
      dims: [4n],
      dataType: TensorProto_DataType.FLOAT,
      rawData: new Uint8Array(12),
    });
    const text = create(TensorProtoSchema, { dims: [1n], dataType: TensorProto_DataType.STRING });
    const found = problemsOf(makeModel({ ...RELU, initializers: { external, short, text } }));
    expect(found.map(({ code, at }) => `${code} ${at}`)).toEqual([
      'onnx/external-data initializer "external"',
      'onnx/bad-tensor initializer "short"',
      'onnx/unsupported-type initializer "text"',
    ]);
    expect(found[0]!.notes).toEqual(['the data is in "weights.bin"']);
    expect(found[1]!.message).toBe("12 bytes of data, but FLOAT[4] needs 16");
  });

  test("an input of text", () => {
    const sketch = { ...RELU, elementType: TensorProto_DataType.STRING };
    expect(codesOf(sketch)).toEqual(["onnx/unsupported-type"]);
  });
});

describe("attributes", () => {
  const image = { x: [1, 1, 4, 4] };
  const kernel_shape = { ints: [2, 2] };
  const one = tensorOf("f32", [1], [1]);
  const sketches: Readonly<Record<string, ModelSketch>> = {
    "one that does not exist": {
      inputs: { x: [2] },
      nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"], attributes: { slope: { float: 1 } } }],
    },
    "one of the wrong type": {
      inputs: { x: [2, 2] },
      nodes: [{ op: "Softmax", inputs: ["x"], outputs: ["y"], attributes: { axis: { float: 1 } } }],
    },
    "a mode that does not exist": {
      inputs: image,
      nodes: [
        {
          op: "MaxPool",
          inputs: ["x"],
          outputs: ["y"],
          attributes: { kernel_shape, auto_pad: { string: "SAME" } },
        },
      ],
    },
    "an output that is not computed": {
      inputs: image,
      nodes: [
        { op: "MaxPool", inputs: ["x"], outputs: ["m", "i"], attributes: { kernel_shape } },
        { op: "Cast", inputs: ["i"], outputs: ["y"], attributes: { to: { int: 1 } } },
      ],
    },
    "statistics computed in training": {
      inputs: image,
      initializers: { s: one },
      nodes: [
        {
          op: "BatchNormalization",
          inputs: ["x", "s", "s", "s", "s"],
          outputs: ["y"],
          attributes: { training_mode: { int: 1 } },
        },
      ],
    },
    "three spatial dimensions": {
      inputs: { x: [1, 1, 4, 4, 4] },
      nodes: [
        {
          op: "MaxPool",
          inputs: ["x"],
          outputs: ["y"],
          attributes: { kernel_shape: { ints: [2, 2, 2] } },
        },
      ],
    },
  };
  test.each(Object.entries(sketches))("%s", (_, sketch) => {
    const found = problemsOf(makeModel(sketch));
    expect(found.map(({ code }) => code)).toEqual(["onnx/unsupported-attribute"]);
    expect(found[0]!.at).toMatch(/^node/);
  });
});
