/** @file What the bytes of a module say about it. */

import type { Manifest } from "../core/abi.ts";
import { parseWasmFile } from "./wasm-file.ts";

/** What `inspect --json` prints for a module. */
export interface ModuleReport {
  readonly kind: "wasm";
  readonly bytes: number;
  readonly codeBytes: number;
  readonly weightBytes: number;
  readonly peakMemoryBytes: number;
  readonly arenaBytes: number;
  readonly arenaLowerBoundBytes: number;
  readonly macs: number;
  /** By the costs of the engine that the module was planned for. */
  readonly predictedNs: number;
  /** Of a whole run, with `--measure`. */
  readonly measuredNs?: number;
  readonly layers: readonly InspectedLayer[];
  readonly manifest: Omit<Manifest, "layers">;
}

export type InspectedLayer = Manifest["layers"][number] & { readonly measuredNs?: number };

/** @throws run/not-tritc */
export function inspectModule(bytes: Uint8Array, path: string): ModuleReport {
  const { manifest, codeBytes } = parseWasmFile(bytes, path);
  const { layers, ...rest } = manifest;
  return {
    kind: "wasm",
    bytes: bytes.length,
    codeBytes,
    weightBytes: manifest.sizes.weightBytes,
    peakMemoryBytes: manifest.memory.peakMemoryBytes,
    arenaBytes: manifest.memory.arenaBytes,
    arenaLowerBoundBytes: manifest.memory.arenaLowerBoundBytes,
    macs: manifest.macs,
    predictedNs: layers.reduce((sum, layer) => sum + layer.predictedNs, 0),
    layers,
    manifest: rest,
  };
}
