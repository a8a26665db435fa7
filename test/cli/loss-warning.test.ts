/** @file When a loss is called large, and what is advised. */

import { describe, expect, test } from "vitest";
import type { Loss } from "../../cli/loss.ts";
import { lossWarnings } from "../../cli/loss-warning.ts";

const request = { weights: "ternary", calibrate: "cifar10" } as const;

function labelled(loss: number): Loss {
  return { samples: 1000, agreement: 0.5, floatTop1: 0.9, top1: 0.9 - loss, loss };
}

describe("a loss", () => {
  test("of a few points is printed, and no more said", () => {
    expect(lossWarnings(labelled(0.05), "net.onnx", request)).toEqual([]);
    expect(lossWarnings(labelled(-0.3), "net.onnx", request)).toEqual([]);
    const unlabelled = { samples: 1000, agreement: 0.9 };
    expect(lossWarnings(unlabelled, "net.onnx", request)).toEqual([]);
  });

  test("of ternary weights is mended by training them", () => {
    const [found] = lossWarnings(labelled(0.314), "net.onnx", request);
    expect(found).toMatchObject({
      code: "compile/lossy",
      severity: "warning",
      message: "quantising lost 31.40 points of accuracy",
      at: "net.onnx",
    });
    expect(found!.help).toContain("tritc quantize net.onnx --data cifar10 ");
    expect(found!.help).toContain("--weights int8");
  });

  test("without labels leaves open on which data to train", () => {
    const [found] = lossWarnings({ samples: 9, agreement: 0.4 }, "net.onnx", request);
    expect(found!.message).toContain("60.00 % of the samples");
    expect(found!.help).toContain("--data DATA ");
  });

  test("of other weights is one of the samples", () => {
    const [found] = lossWarnings(labelled(0.2), "net.onnx", { ...request, weights: "int8" });
    expect(found!.notes).toEqual([]);
    expect(found!.help).toContain("--mean and --std");
  });
});
