/** @file The files of a run: checkpoint, models, log, report. */

import { join } from "node:path";
import type { Graph } from "../../model/ir/graph.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { renderReport } from "../report/index.ts";
import type { TrainingLog } from "../report/training-log.ts";
import { type Checkpoint, readCheckpoint, writeAtomically, writeCheckpoint } from "./checkpoint.ts";
import type { Position } from "./state.ts";

/** Paths of what is there. */
export interface RunFilePaths {
  readonly checkpoint: string;
  /** Absent if the run was interrupted. */
  readonly model?: string;
  /** Absent if the network was never float: a built-in one that quantises from the start. */
  readonly float?: string;
  readonly log?: string;
  /** Absent too if the packages that draw it are not installed. */
  readonly report?: string;
}

type Finished = "model" | "log" | "report";

export class RunFiles {
  readonly #folder: string;
  readonly #written = new Map<Finished, string>();
  /** Whether the folder's checkpoint is of this run. */
  #hasCheckpoint = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The checkpoint that this run wrote or resumed from, if there is one. */
  get checkpoint(): string | undefined {
    return this.#hasCheckpoint ? this.#checkpointPath : undefined;
  }

  /** @param digestAt of the run, up to a position in it @throws train/bad-checkpoint */
  async resume(digestAt: (position: Position) => string): Promise<Checkpoint> {
    const state = await readCheckpoint(this.#checkpointPath, digestAt);
    this.#hasCheckpoint = true;
    return state;
  }

  /** Returns the checkpoint's path. */
  async save(state: Checkpoint): Promise<string> {
    await writeCheckpoint(this.#checkpointPath, state);
    this.#hasCheckpoint = true;
    return this.#checkpointPath;
  }

  async writeFloat(graph: Graph): Promise<void> {
    await writeAtomically(this.#pathOf("float.onnx"), writeOnnx(graph));
  }

  /** What there is at the end of a run. */
  async writeResults(graph: Graph, log: TrainingLog): Promise<void> {
    await this.#write("model", "model.onnx", writeOnnx(graph));
    await this.#write("log", "log.json", `${JSON.stringify(log, null, 2)}\n`);
    const report = await renderReport(log);
    if (report !== undefined) await this.#write("report", "report.html", report);
  }

  /** @param hasFloat whether the float network was measured and written, by this process or before */
  paths(hasFloat: boolean): RunFilePaths {
    return {
      checkpoint: this.#checkpointPath,
      ...Object.fromEntries(this.#written),
      ...(hasFloat && { float: this.#pathOf("float.onnx") }),
    };
  }

  async #write(what: Finished, name: string, content: Uint8Array | string): Promise<void> {
    await writeAtomically(this.#pathOf(name), content);
    this.#written.set(what, this.#pathOf(name));
  }

  get #checkpointPath(): string {
    return this.#pathOf("checkpoint.bin");
  }

  #pathOf(name: string): string {
    return join(this.#folder, name);
  }
}
