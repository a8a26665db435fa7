/** @file Which values of a network must have the same channels, and which must keep theirs. */

import { elementCount, type Shape } from "../../core/shape.ts";
import { NETWORK_INPUT, type Network, type StepIndex } from "./network.ts";

/** Where the channels of a value are: behind `outer` places, before `inner`. */
export interface ChannelAxis {
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

/** Values are named by the step that gives them; shapes have no batch dimension. */
export class ChannelClasses {
  readonly #network: Network;
  /** Union-find: of each step another of its class, or itself; last that of what keeps its channels. */
  readonly #parent: number[];
  /** Of each step's result. */
  readonly #axes: number[] = [];
  /** Vectors that an image with channels was laid out as. */
  readonly #flat = new Set<StepIndex>();

  constructor(network: Network) {
    const { steps } = network;
    this.#network = network;
    this.#parent = Array.from({ length: steps.length + 1 }, (_, i) => i);
    steps.forEach((_, index) => {
      this.#axes.push(this.#enter(index));
    });
    this.#unite(steps.length - 1, steps.length);
  }

  /** A step that stands for the class of value `index`. */
  of(index: StepIndex): StepIndex {
    let root = index === NETWORK_INPUT ? this.#network.steps.length : index;
    while (this.#parent[root] !== root) root = this.#parent[root]!;
    return root;
  }

  /** Whether the number of channels is given from outside. */
  isKept(index: StepIndex): boolean {
    return this.of(index) === this.of(this.#network.steps.length);
  }

  /** Whether value `index` is a vector whose elements follow from the channels of its operand. */
  isFlat(index: StepIndex): boolean {
    return this.#flat.has(index);
  }

  channelsOf(index: StepIndex): ChannelAxis {
    const axis = index === NETWORK_INPUT ? 0 : this.#axes[index]!;
    const shape = this.#shapeOf(index);
    return {
      axis,
      outer: elementCount(shape.slice(0, axis)),
      inner: elementCount(shape.slice(axis + 1)),
    };
  }

  /** Says whose channels those of step `index` are; gives their axis. */
  #enter(index: StepIndex): number {
    const { steps } = this.#network;
    const step = steps[index]!;
    const [from] = step.inputs;
    const { axis, outer } = this.channelsOf(from);
    switch (step.kind) {
      case "linear": {
        const { product } = step;
        if (axis !== 0) this.#unite(from, steps.length);
        if (product.kind === "gemm" || product.group === 1) return 0;
        this.#unite(index, from);
        const channels = this.#shapeOf(from)[0];
        const depthwise = product.group === channels && product.group === step.shape[0];
        if (!depthwise) this.#unite(index, steps.length);
        return 0;
      }
      case "transpose":
        this.#unite(index, from);
        return step.permutation.indexOf(axis + 1) - 1;
      case "reshape": {
        const count = this.#shapeOf(from)[axis];
        const same = step.shape.findIndex(
          (size, i) => size === count && elementCount(step.shape.slice(0, i)) === outer,
        );
        const isFlat = same < 0 && step.shape.length === 1 && from !== NETWORK_INPUT;
        if (isFlat && this.#onlyMultiplied(index)) {
          this.#flat.add(index);
          return 0;
        }
        this.#unite(index, from);
        if (same < 0) this.#unite(index, steps.length);
        return Math.max(same, 0);
      }
      case "add": {
        for (const input of step.inputs) {
          this.#unite(index, input);
          if (this.channelsOf(input).axis !== axis) this.#unite(index, steps.length);
        }
        return axis;
      }
      default:
        this.#unite(index, from);
        // Windows run over all axes but the first.
        if (axis !== 0) this.#unite(index, steps.length);
        return axis;
    }
  }

  #onlyMultiplied(index: StepIndex): boolean {
    return this.#network.steps.every(
      step =>
        (step.kind === "linear" && step.product.kind === "gemm") ||
        !step.inputs.some(input => input === index),
    );
  }

  #shapeOf(index: StepIndex): Shape {
    const { steps, input } = this.#network;
    return index === NETWORK_INPUT ? input.shape : steps[index]!.shape;
  }

  #unite(a: StepIndex, b: StepIndex): void {
    this.#parent[this.of(a)] = this.of(b);
  }
}
