"""Runs the staged modules under wasmtime: usage in-wasmtime.py FOLDER [TARGET].

Prints an Observation of program.ts as JSON. Core modules are
called through their exports and memory, as any host would do it.
"""

import base64
import json
import os
import sys
import tempfile

from wasmtime import Config, Engine, ExitTrap, Linker, Module, Store, WasiConfig


def main(folder, target=None):
    config = Config()
    if target is not None:
        config.target = target
    engine = Engine(config)
    linker = Linker(engine)
    linker.define_wasi()
    outputs, commands = {}, {}
    with open(os.path.join(folder, "cases.json"), encoding="utf-8") as file:
        cases = json.load(file)
    for case in cases:
        module = Module.from_file(engine, os.path.join(folder, case["file"]))
        core = Core(engine, linker, module, case["outputBytes"])
        for i, encoded in enumerate(case["inputs"]):
            inputs = [base64.b64decode(text) for text in encoded.values()]
            outputs[f"{case['name']}, by exports, input {i}"] = core.run(inputs)
            if case["isCommand"]:
                run = lambda *args: command(engine, linker, module, b"".join(inputs), args)
                commands[f"{case['name']}, input {i}"] = {"json": run(), "npy": run("--npy")}
    json.dump({"outputs": outputs, "refusals": {}, "commands": commands}, sys.stdout)


class Core:
    """An instance whose `_start`, if it has one, is never called."""

    def __init__(self, engine, linker, module, sizes):
        self.store = Store(engine)
        self.store.set_wasi(WasiConfig())
        self.exports = linker.instantiate(self.store, module).exports(self.store)
        self.sizes = sizes

    def run(self, inputs):
        memory = self.exports["memory"]
        for i, data in enumerate(inputs):
            memory.write(self.store, data, self.call("tritc_input", i))
        if self.call("tritc_run") != 0:
            raise RuntimeError("tritc_run failed")
        return [
            base64.b64encode(memory.read(self.store, start, start + size)).decode()
            for start, size in (
                (self.call("tritc_output", i), size) for i, size in enumerate(self.sizes)
            )
        ]

    def call(self, name, *args):
        return self.exports[name](self.store, *args)


def command(engine, linker, module, stdin, args):
    """What the command writes to standard output, in base64."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "in"), os.path.join(folder, "out")
        with open(source, "wb") as file:
            file.write(stdin)
        wasi = WasiConfig()
        wasi.argv = ["module.wasm", *args]
        wasi.stdin_file = source
        wasi.stdout_file = target
        wasi.inherit_stderr()
        store = Store(engine)
        store.set_wasi(wasi)
        start = linker.instantiate(store, module).exports(store)["_start"]
        try:
            start(store)
        except ExitTrap as exit:
            if exit.code != 0:
                raise
        del start, store
        with open(target, "rb") as file:
            return base64.b64encode(file.read()).decode()


main(*sys.argv[1:])
