/**
 * @file What a module for several threads has besides its calls: a memory that
 * it imports, since instances share it, and functions in which threads wait
 * for each other.
 *
 * Two numbers in shared memory only grow: `go`, how many runs have begun, and
 * `arrived`, how many times a thread has reached the end of a step. Each
 * instance counts for itself up to which number it has to wait. Numbers may
 * wrap: they are compared by their difference.
 */

import { EXPORTS, MEMORY_IMPORT, STATUS_OK } from "../../core/abi.ts";
import { PAGE_BYTES, type Plan, type ThreadCall, type ThreadPlan } from "../plan/plan.ts";
import { LINE_BYTES } from "../plan/threads/index.ts";
import {
  binaryen,
  type Expression,
  type Segment,
  segmentsOf,
  setSharedMemory,
  type WasmModule,
} from "./binaryen.ts";

/** Looks at a number before a thread sleeps: some tens of microseconds, as waking one takes longer. */
const SPINS = 1n << 15n;

/** How long a thread waits for others to end a step, in nanoseconds: then one of them is lost, and the run traps. */
export const PATIENCE_NS = 60_000_000_000n;
/** How often a thread looks that may not sleep, at some 2 ns: for about as long. */
export const PATIENCE_LOOKS = 1n << 35n;
const FOREVER = -1n;
/** What a wait returns that nobody has ended. */
const TIMED_OUT = 2;

/** Names within the module. */
const WAIT = "thread/wait";
const SIGNAL = "thread/signal";
const BARRIER = "thread/barrier";
const RUNS = "thread/runs";
const ARRIVALS = "thread/arrivals";
const MAY_SLEEP = "thread/may-sleep";

/** A memory that is imported, and whose data the first instance writes. */
export function shareMemory(
  module: WasmModule,
  { memory, threads }: Plan,
  added: readonly Segment[],
): void {
  const { i32 } = module;
  const segments = [...segmentsOf(module), ...added].map((segment, index) => ({
    ...segment,
    name: `data/${index}`,
  }));
  setSharedMemory(module, memory.totalBytes / PAGE_BYTES, EXPORTS.memory, segments, MEMORY_IMPORT);
  const init = segments.map(({ name, offset, data }) =>
    module.memory.init(name, i32.const(offset), i32.const(0), i32.const(data.length)),
  );
  const { instances } = placesOf(threads!);
  const earlier = i32.atomic.rmw.add(0, i32.const(instances), i32.const(1));
  const body = module.if(i32.eqz(earlier), module.block(null, init, binaryen.none));
  const { none } = binaryen;
  module.setStart(module.addFunction("thread/init", none, none, [], body));
}

/** Adds `tritc_thread`; `call` makes the call of a kernel. */
export function addThreads(
  module: WasmModule,
  threads: ThreadPlan,
  call: (call: ThreadCall) => Expression,
): void {
  const { none, i32 } = binaryen;
  for (const name of [RUNS, ARRIVALS, MAY_SLEEP]) {
    module.addGlobal(name, i32, true, module.i32.const(0));
  }
  addSignal(module, threads);
  addWait(module, threads);
  addBarrier(module, threads);
  const shares = Array.from({ length: threads.count }, (_, thread) => {
    const name = `thread/${thread}`;
    const steps = threads.steps.map(step => step[thread]!.map(call));
    const barrier = (): Expression => module.call(BARRIER, [], none);
    const body = steps.flatMap((own, i) => (i === 0 ? own : [barrier(), ...own]));
    module.addFunction(name, none, none, [], module.block(null, body, none));
    return name;
  });
  const [thread, maySleep] = [0, 1].map(index => module.local.get(index, i32)) as [
    Expression,
    Expression,
  ];
  const body = [
    module.global.set(MAY_SLEEP, maySleep),
    module.if(thread, awaitRun(module, threads), signal(module, placesOf(threads).go)),
    ...shares.map((name, index) =>
      module.if(
        module.i32.eq(module.local.get(0, i32), module.i32.const(index)),
        module.call(name, [], none),
      ),
    ),
    // The host waits for all others; they go on to wait for the next run.
    module.if(
      module.local.get(0, i32),
      module.block(null, arrive(module, threads), none),
      module.call(BARRIER, [], none),
    ),
    module.i32.const(STATUS_OK),
  ];
  const params = binaryen.createType([i32, i32]);
  module.addFunction(EXPORTS.thread, params, i32, [], module.block(null, body, i32));
  module.addFunctionExport(EXPORTS.thread, EXPORTS.thread);
}

/** Each number has a line of its own, so that who reads one is not disturbed by the others. */
function placesOf({ syncOffset }: Pick<ThreadPlan, "syncOffset">) {
  const [go, arrived, sleepers, instances] = [0, 1, 2, 3].map(i => syncOffset + i * LINE_BYTES);
  return { go: go!, arrived: arrived!, sleepers: sleepers!, instances: instances! };
}

/** Steps over the next run of the host. */
function awaitRun(module: WasmModule, threads: ThreadPlan): Expression {
  const target = grow(module, RUNS, 1);
  const { go } = placesOf(threads);
  return module.block(null, [target, waitFor(module, go, RUNS, FOREVER)], binaryen.none);
}

/** Tells that this thread has ended its step. */
function arrive(module: WasmModule, threads: ThreadPlan): Expression[] {
  const { arrived } = placesOf(threads);
  return [grow(module, ARRIVALS, threads.count), signal(module, arrived)];
}

function addBarrier(module: WasmModule, threads: ThreadPlan): void {
  const { none } = binaryen;
  const wait = waitFor(module, placesOf(threads).arrived, ARRIVALS, PATIENCE_NS);
  const body = module.block(null, [...arrive(module, threads), wait], none);
  module.addFunction(BARRIER, none, none, [], body);
}

function grow(module: WasmModule, name: string, by: number): Expression {
  const { i32 } = binaryen;
  const sum = module.i32.add(module.global.get(name, i32), module.i32.const(by));
  return module.global.set(name, sum);
}

function signal(module: WasmModule, address: number): Expression {
  return module.call(SIGNAL, [module.i32.const(address)], binaryen.none);
}

function waitFor(
  module: WasmModule,
  address: number,
  target: string,
  patience: bigint,
): Expression {
  const operands = [
    module.i32.const(address),
    module.global.get(target, binaryen.i32),
    module.i64.const(patience),
  ];
  return module.call(WAIT, operands, binaryen.none);
}

/**
 * (address): adds 1 to the number there, and wakes who sleeps. A thread says
 * that it sleeps before it looks at the number for the last time: it sees the
 * sum, or is seen here.
 */
function addSignal(module: WasmModule, threads: ThreadPlan): void {
  const { i32, memory } = module;
  const { none, i32: int } = binaryen;
  const address = (): Expression => module.local.get(0, int);
  const sleepers = i32.atomic.load(0, i32.const(placesOf(threads).sleepers));
  const wake = module.drop(memory.atomic.notify(address(), i32.const(-1)));
  const body = [
    module.drop(i32.atomic.rmw.add(0, address(), i32.const(1))),
    module.if(sleepers, wake),
  ];
  module.addFunction(SIGNAL, int, none, [], module.block(null, body, none));
}

/** (address, target, patience): returns once the number there is `target`, or beyond; traps if that takes longer. */
function addWait(module: WasmModule, threads: ThreadPlan): void {
  const { i32, i64, memory } = module;
  const { none, i32: int, i64: long } = binaryen;
  const [ADDRESS, TARGET, PATIENCE, VALUE, LOOKS] = [0, 1, 2, 3, 4];
  const get = (index: number): Expression => module.local.get(index, int);
  const sleepers = (): Expression => i32.const(placesOf(threads).sleepers);
  const count = (by: number): Expression =>
    module.drop(i32.atomic.rmw.add(0, sleepers(), i32.const(by)));
  const looks = (): Expression => module.local.get(LOOKS, long);
  const slept = memory.atomic.wait32(get(ADDRESS), get(VALUE), module.local.get(PATIENCE, long));
  const sleep = module.if(i32.eq(slept, i32.const(TIMED_OUT)), module.unreachable());
  const again = module.br("look");
  // Only the host's thread may not sleep, and it does not wait for ever.
  const mayLook = i64.lt_s(looks(), i64.const(PATIENCE_LOOKS));
  const lookOn = module.block(null, [module.br_if("look", mayLook), module.unreachable()]);
  const body = [
    module.local.set(VALUE, i32.atomic.load(0, get(ADDRESS))),
    module.if(i32.ge_s(i32.sub(get(VALUE), get(TARGET)), i32.const(0)), module.return()),
    module.local.set(LOOKS, i64.add(looks(), i64.const(1n))),
    module.br_if("look", i64.lt_s(looks(), i64.const(SPINS))),
    module.if(i32.eqz(module.global.get(MAY_SLEEP, int)), lookOn),
    ...[count(1), sleep, count(-1)],
    again,
  ];
  const params = binaryen.createType([int, int, long]);
  const loop = module.loop("look", module.block(null, body, none));
  module.addFunction(WAIT, params, none, [int, long], loop);
}
