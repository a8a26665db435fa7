/** @file What `KIND:PATH` means, and the options that hold for every kind. */

import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DATA_KINDS, openData } from "../../trainer/data/index.ts";
import { idxFile } from "./files.ts";
import { failure, scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
scratch.write("mnist/train-images-idx3-ubyte", idxFile([4, 1, 1], [10, 11, 12, 13]));
scratch.write("mnist/train-labels-idx1-ubyte", idxFile([4], [7, 3, 7, 1]));

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("paths", () => {
  test("a kind alone, and a relative path, are looked up under TRITC_DATA", async () => {
    vi.stubEnv("TRITC_DATA", scratch.path);
    expect((await openData("mnist")).count).toBe(4);
    expect((await openData("fashion-mnist:mnist")).count).toBe(4);
    expect((await openData("mnist")).name).toBe("mnist");
  });

  test("an unset TRITC_DATA is named in the way out", async () => {
    vi.stubEnv("TRITC_DATA", join(scratch.path, "nowhere"));
    const missing = await failure(() => openData("cifar10"), "data/not-found");
    expect(missing.help).toContain("TRITC_DATA");
    expect(missing.notes.join()).toContain("cs.toronto.edu");
  });

  test.each([
    ["mnits:there", "kind of data"],
    ["npz", "needs a path"],
    ["images:", "needs a path"],
    ["characters:there", "takes no path"],
    ["", "kind of data"],
  ])("%j is a wrong way to name data", async (spec, text) => {
    expect((await failure(() => openData(spec), "usage/bad-option")).message).toContain(text);
  });

  test("the way out lists every kind", async () => {
    const { help } = await failure(() => openData("what"), "usage/bad-option");
    for (const { kind } of DATA_KINDS) expect(help).toContain(kind);
  });
});

describe("options", () => {
  const spec = `mnist:${scratch.path}/mnist`;

  test("limit keeps the first samples", async () => {
    const data = await openData(spec, { limit: 2 });
    expect([data.count, ...data.data, ...data.labels!]).toEqual([2, 10, 11, 7, 3]);
    expect((await openData(spec, { limit: 9 })).count).toBe(4);
    await failure(() => openData(spec, { limit: 0 }), "usage/bad-option");
    await failure(() => openData(spec, { limit: 1.5 }), "usage/bad-option");
  });

  test("classes keep some classes and renumber them", async () => {
    const data = await openData(spec, { classes: ["7", "1"] });
    expect([...data.labels!]).toEqual([0, 0, 1]);
    expect([...data.data]).toEqual([10, 12, 13]);
    expect(data.classNames).toEqual(["7", "1"]);
    const wrong = await failure(() => openData(spec, { classes: ["x"] }), "usage/bad-option");
    expect(wrong.message).toContain('"x"');
    await failure(() => openData(spec, { classes: ["9"] }), "data/bad-format");
  });
});
