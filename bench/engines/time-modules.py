"""Times modules under wasmtime: usage time-modules.py FILE.wasm ...

Prints microseconds of a run by file, medians of rounds that have every module,
as JSON.
"""

import json
import statistics
import sys
import time

from wasmtime import Engine, Linker, Module, Store

WARM_UP_S = 1.5
ROUNDS = 15
ROUND_S = 0.06


def main(files):
    engine = Engine()
    linker = Linker(engine)
    runners = {}
    for file in files:
        store = Store(engine)
        exports = linker.instantiate(store, Module.from_file(engine, file)).exports(store)
        runners[file] = (lambda run, store: lambda: run(store))(exports["tritc_run"], store)
    for run in runners.values():
        run_for(run, WARM_UP_S)
    rounds = [{file: run_for(run, ROUND_S) for file, run in runners.items()} for _ in range(ROUNDS)]
    medians = {file: statistics.median(each[file] for each in rounds) for file in files}
    json.dump(medians, sys.stdout)


def run_for(run, seconds):
    """Microseconds of a run."""
    start = time.perf_counter()
    runs, passed = 0, 0.0
    while passed < seconds:
        run()
        runs += 1
        passed = time.perf_counter() - start
    return 1e6 * passed / runs


main(sys.argv[1:])
