"""Merges a package and dies at a given point: ``field_merger.py ROOT SURVEY PACKAGE STAGE STEP``.

At ``STAGE`` of the progress, when it has been asked ``STEP`` times, the process kills itself as a power cut would.
"""

import importlib.util
import os
import signal
import sys
from pathlib import Path


class Deadly:
    """Progress that ends in the middle."""

    def __init__(self, stage, step):
        self.deadly, self.left, self.now = stage, step, ""

    def stage(self, name, total=0):
        self.now = name
        self.count()

    def step(self, share=0.0):
        self.count()

    def count(self):
        if self.now == self.deadly:
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1


def main(root, survey, package, stage, step):
    root = Path(root)
    spec = importlib.util.spec_from_file_location(
        "qingliu", root / "__init__.py", submodule_search_locations=[str(root)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["qingliu"] = module
    spec.loader.exec_module(module)
    from qgis.core import QgsApplication

    app = QgsApplication([], False)
    app.initQgis()
    from qingliu.layers.fieldmerge import apply_package, compare_package
    from qingliu.layers.fieldread import find_package
    from qingliu.layers.store import open_store

    progress = Deadly(stage, int(step))
    with open_store(Path(survey), daily_backup=False) as store:
        apply_package(store, compare_package(store, find_package(Path(package)), progress), {}, progress)
    print("DONE", flush=True)
    os._exit(0)


main(*sys.argv[1:])
