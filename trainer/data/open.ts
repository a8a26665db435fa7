/**
 * @file Opens a data set from the `KIND:PATH` that users write.
 *
 * `mnist:some/folder` reads that folder, or `some/folder` under the data
 * folder (`TRITC_DATA`); `mnist` alone is the folder `mnist` there. An
 * embedded set takes no path.
 */

import {
  type Diagnostic,
  ModelError,
  problem,
  UsageError,
} from "../../model/diagnostics/diagnostic.ts";
import { openNpy, openNpz } from "./arrays.ts";
import { openCharacters } from "./characters.ts";
import { openCifar10 } from "./cifar10.ts";
import { type Dataset, firstSamples } from "./dataset.ts";
import { idxLoader } from "./idx.ts";
import { openImages } from "./images.ts";
import type { DataKind, OpenOptions } from "./kinds.ts";
import { openKwsBin } from "./kws-bin.ts";
import { locate } from "./locate.ts";
import { keepClasses } from "./select-classes.ts";

const DIGITS = [..."0123456789"];
const GARMENTS = [
  ...["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"],
  ...["Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
];

/** Every kind, in the order of the documentation. */
export const DATA_KINDS: readonly DataKind[] = [
  {
    kind: "characters",
    summary: "embedded: printed 0–9 A–Z, 28×28 grey; typefaces of test are not in train",
    place: "embedded",
    origin: "it is part of tritc: install tritc again",
    open: openCharacters,
  },
  {
    kind: "mnist",
    summary: "folder with the idx files of MNIST, plain or .gz",
    place: { byDefault: "mnist" },
    origin: "the originals are at http://yann.lecun.com/exdb/mnist",
    open: idxLoader(DIGITS),
  },
  {
    kind: "fashion-mnist",
    summary: "folder with the idx files of Fashion-MNIST, plain or .gz",
    place: { byDefault: "fashion-mnist" },
    origin: "the originals are at https://github.com/zalandoresearch/fashion-mnist",
    open: idxLoader(GARMENTS),
  },
  {
    kind: "cifar10",
    summary: "folder with the binary batches of CIFAR-10",
    place: { byDefault: "cifar10" },
    origin: "the binary version is at https://www.cs.toronto.edu/~kriz/cifar.html",
    open: openCifar10,
  },
  {
    kind: "npz",
    summary: ".npz file with x, y or x_train, y_train, x_test, y_test",
    place: {},
    origin: "it is a file of your own: numpy.savez(path, x=samples, y=labels)",
    open: openNpz,
  },
  {
    kind: "npy",
    summary: ".npy file of samples; NAME.labels.npy beside it holds labels",
    place: {},
    origin: "it is a file of your own: numpy.save(path, samples)",
    open: openNpy,
  },
  {
    kind: "images",
    summary: "folder with a folder of pictures per class, or that under train and test",
    place: {},
    origin: "it is a folder of your own: one folder per class with its pictures",
    open: openImages,
  },
  {
    kind: "kws-bin",
    summary: "keyword samples of MLPerf Tiny: the folder of .bin files, or its .tar.xz",
    place: { byDefault: "mlperf-tiny" },
    origin: "the originals are at https://github.com/mlcommons/tiny (evaluation set kws01)",
    open: openKwsBin,
  },
];

/**
 * Opens the data set that `spec` names.
 *
 * @throws data/not-found, data/bad-format, data/wrong-shape, file/unreadable,
 * usage/bad-option
 */
export async function openData(spec: string, options: OpenOptions = {}): Promise<Dataset> {
  const { kind, path } = parseSpec(spec);
  checkLimit(options.limit);
  const { origin } = kind;
  const found = path === undefined ? "" : locate(path, origin);
  const split = options.split ?? "train";
  const whole = await kind.open({ ...options, split, path: found, name: spec, origin });
  const kept = options.classes === undefined ? whole : keepClasses(whole, options.classes);
  if (kept.count === 0) {
    throw new ModelError(problem("data/bad-format", "the data set has no samples", { at: spec }));
  }
  return options.limit === undefined ? kept : firstSamples(kept, options.limit);
}

/** The kind, and the path as written or as the kind has it; none for an embedded set. */
function parseSpec(spec: string): { readonly kind: DataKind; readonly path: string | undefined } {
  const colon = spec.indexOf(":");
  const word = colon < 0 ? spec : spec.slice(0, colon);
  const given = colon < 0 ? "" : spec.slice(colon + 1);
  const kind = DATA_KINDS.find(candidate => candidate.kind === word);
  if (kind === undefined) throw unknownKind(spec, word);
  if (kind.place === "embedded") {
    if (given === "") return { kind, path: undefined };
    throw new UsageError(wrongSpec(`"${word}" takes no path`, spec));
  }
  const path = given || kind.place.byDefault;
  if (path !== undefined) return { kind, path };
  throw new UsageError(wrongSpec(`"${word}" needs a path`, spec, `write ${word}:PATH`));
}

function unknownKind(spec: string, word: string): UsageError {
  const kinds = DATA_KINDS.map(({ kind }) => kind).join(", ");
  return new UsageError(
    wrongSpec(`there is no kind of data "${word}"`, spec, `write KIND:PATH with KIND ${kinds}`),
  );
}

function wrongSpec(message: string, at: string, help?: string): Diagnostic {
  return problem("usage/bad-option", message, { at, ...(help !== undefined && { help }) });
}

function checkLimit(limit: number | undefined): void {
  if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return;
  throw new UsageError(wrongSpec("the limit must be a positive integer", String(limit)));
}
