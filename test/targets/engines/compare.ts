/** @file Compares what an engine saw with what the oracle says, to the bit. */

import { bytesOf, type Tensor } from "../../../core/tensor.ts";
import { type Case, hasSlots } from "./cases.ts";
import { CODE_WAYS } from "./engine.ts";
import type { Observation } from "./program.ts";

type Expected = Case["expected"][number];

/** One line per output that is not the oracle's, and per result that nobody asked for. */
export function outputFaults(
  cases: readonly Case[],
  ways: readonly string[],
  seen: Observation["outputs"],
): string[] {
  const wanted = new Map<string, Expected>(
    cases.flatMap(({ name, expected, compilation }) =>
      ways
        .filter(way => hasSlots(compilation.plan) || !CODE_WAYS.some(other => other === way))
        .flatMap(way => expected.map((set, i) => [`${name}, by ${way}, input ${i}`, set] as const)),
    ),
  );
  const faults = [...wanted].flatMap(([key, expected]) =>
    differences(key, expected, (seen[key] ?? []).map(fromBase64)),
  );
  const others = Object.keys(seen).filter(key => !wanted.has(key));
  return [...faults, ...others.map(key => `${key}: a result that is not the first run's`)];
}

/** One line per output of a command that is not the oracle's, as `.npy` or as JSON. */
export function commandFaults(cases: readonly Case[], seen: Observation["commands"]): string[] {
  return cases.flatMap(({ name, compilation, expected }) => {
    if (compilation.manifest.target !== "wasi") return [];
    return expected.flatMap((set, i) => {
      const key = `${name}, input ${i}`;
      const output = seen[key];
      if (output === undefined) return [`${key}: nothing`];
      const json = Buffer.from(output.json, "base64").toString();
      const npy = fromBase64(output.npy);
      return [
        ...differences(`${key}, as .npy`, set, npyArrays(npy)),
        ...differences(`${key}, as JSON`, set, jsonArrays(json)),
      ];
    });
  });
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

function differences(key: string, expected: Expected, got: readonly Uint8Array[]): string[] {
  if (got.length !== expected.length) {
    return [`${key}: ${expected.length} outputs expected, got ${got.length}`];
  }
  return expected.flatMap((tensor, i) => {
    const fault = firstDifference(tensor, got[i]!);
    return fault === undefined ? [] : [`${key}, output ${i}: ${fault}`];
  });
}

function firstDifference(expected: Tensor, got: Uint8Array): string | undefined {
  const bytes = bytesOf(expected);
  if (bytes.length !== got.length) return `${bytes.length} bytes expected, got ${got.length}`;
  const at = bytes.findIndex((byte, i) => byte !== got[i]);
  if (at < 0) return undefined;
  const size = bytes.length / expected.data.length;
  const start = at - (at % size);
  const hex = (from: Uint8Array): string =>
    Buffer.from(from.slice(start, start + size)).toString("hex");
  return `[${start / size}]: expected ${hex(bytes)} (${expected.data[start / size]}), got ${hex(got)}`;
}

/** The data of `.npy` files of version 1, one after the other; what is cut off stays out. */
function npyArrays(bytes: Uint8Array): Uint8Array[] {
  const arrays: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 10 < bytes.length; ) {
    const data = at + 10 + view.getUint16(at + 8, true);
    const header = Buffer.from(bytes.subarray(at + 10, data)).toString();
    const dims = /'shape': \(([^)]*)\)/.exec(header)?.[1]?.match(/\d+/g) ?? [];
    const size = Number(/'descr': '[<|]\w(\d)'/.exec(header)?.[1]);
    at = data + dims.reduce((product, dim) => product * Number(dim), size);
    arrays.push(bytes.slice(data, at));
  }
  return arrays;
}

/** The numbers of a command's JSON, as f32. */
function jsonArrays(text: string): Uint8Array[] {
  const { scores, outputs } = JSON.parse(text) as {
    readonly scores?: readonly number[];
    readonly outputs?: Readonly<Record<string, readonly number[]>>;
  };
  const lists = outputs === undefined ? [scores ?? []] : Object.values(outputs);
  return lists.map(list => new Uint8Array(Float32Array.from(list).buffer));
}
