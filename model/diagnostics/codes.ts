/**
 * @file Every diagnostic code, with the one line that `tritc explain` starts from.
 *
 * The text under the code's anchor in docs/errors.md says the rest; a test
 * fails if one of the two lacks a code, or if a code has no test.
 */

export const DIAGNOSTIC_CODES = {
  "onnx/not-onnx": "the file is not an ONNX model",
  "onnx/truncated": "the file ends in the middle of the model",
  "onnx/unsupported-opset": "the model's opset or IR version is outside what tritc reads",
  "onnx/unsupported-op": "the model has operators that tritc cannot read",
  "onnx/unsupported-attribute": "an operator has an attribute value that tritc cannot read",
  "onnx/unsupported-type": "a tensor has an element type that tritc cannot read",
  "onnx/external-data": "weights are stored outside the model file",
  "onnx/dynamic-shape": "a shape is not fixed at compile time",
  "onnx/dynamic-value": "an operand that must be constant is computed at run time",
  "onnx/bad-tensor": "a tensor's data does not match its type and shape",
  "onnx/bad-graph": "the graph refers to values that do not exist, or twice to one name",
  "graph/bad-shape": "operand shapes or types do not fit the operator",
  "graph/non-finite": "weights contain NaN or infinity",
  "graph/parse": "the text of a graph cannot be parsed",
  "compile/unsupported": "no kernel of the target computes this operator on this type",
  "compile/bad-costs": "a file of costs is not what calibrate-costs writes",
  "compile/too-large": "no choice of methods makes the module as small as asked",
  "compile/needs-calibration": "8-bit activations need calibration samples",
  "compile/lossy": "quantising without training lost much of the model's accuracy",
  "data/not-found": "the data set is not there",
  "data/bad-format": "the data file is not in the format its kind promises",
  "data/wrong-shape": "samples do not have the shape that the model takes",
  "run/wrong-shape": "the input does not have the shape that the module takes",
  "run/wrong-dtype": "the input does not have the element type that the module takes",
  "run/bad-input": "a command's input is no whole, well-formed file of its kind",
  "run/io": "a command cannot read its input or write its output",
  "run/not-tritc": "the file is not a module made by tritc",
  "run/no-simd": "the engine lacks instructions that the module is compiled for",
  "run/has-threads": "the module is compiled for several threads, the command or loader has one",
  "run/no-threads": "the module or its host has no threads that share memory",
  "verify/different": "the module and the reference evaluator do not agree",
  "train/bad-config": "the training configuration is wrong",
  "train/diverged": "the loss became NaN or infinite",
  "train/bad-checkpoint": "the checkpoint does not belong to this training run, or is damaged",
  "train/unsupported-model": "the model has parts that tritc cannot train",
  "train/bad-teacher": "the teacher does not fit the student",
  "prune/no-layers": "the model has no weights that pruning may take",
  "train/no-engine": "no ONNX Runtime is installed to train with",
  "file/unreadable": "a file cannot be read",
  "file/unwritable": "a file cannot be written",
  "usage/bad-option": "an option or argument is wrong",
} as const;

export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;
