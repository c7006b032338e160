"""Runs the plugin in a QGIS whose Python lacks some libraries: ``without.py LIBRARY[,LIBRARY…] FOLDER``.

Children of the process lack them too (a ``sitecustomize`` on PYTHONPATH). Says as JSON what became of each
algorithm: "ok", or its message; and which algorithms were listed.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

BLOCKER = """
import sys

_names = {names!r}

class _Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in _names:
            return None
        return self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [_Without(f) if hasattr(f, "find_spec") else f for f in sys.meta_path]
"""


def block(names, folder):
    """No import of ``names`` here and in children from now on."""
    text = BLOCKER.format(names=tuple(names))
    (folder / "site").mkdir(parents=True, exist_ok=True)
    (folder / "site" / "sitecustomize.py").write_text(text, encoding="utf-8")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder / "site"), os.environ.get("PYTHONPATH", "")])
    exec(compile(text, "blocker", "exec"), {})


def main(names, folder):
    folder = Path(folder)
    block(names.split(",") if names else [], folder)
    sys.path.insert(0, str(Path(__file__).parent))
    import faults
    from without_jobs import jobs

    faults.load_package()
    from qgis.core import QgsApplication, QgsProcessingException, QgsProcessingFeedback

    app = QgsApplication([], False)
    app.initQgis()
    sys.path.append(os.path.join(QgsApplication.pkgDataPath(), "python", "plugins"))
    from processing.core.Processing import Processing  # noqa: TID251 - QGIS's own
    from qgis import processing

    Processing.initialize()
    plugin = importlib.import_module("qingliu").classFactory(None)
    plugin.initProcessing()
    provider = QgsApplication.processingRegistry().providerById("qingliu")
    found = {"algorithms": [a.name() for a in provider.algorithms()] if provider else [],
             "said": getattr(plugin, "text", ""), "runs": {}, "warnings": {}}  # fmt: skip
    for name, parameters in jobs(folder) if provider else ():
        feedback = QgsProcessingFeedback(False)
        try:
            processing.run(f"qingliu:{name.partition(':')[0]}", parameters, feedback=feedback)
            found["runs"][name] = "ok"
        except QgsProcessingException as error:
            found["runs"][name] = str(error)
        found["warnings"][name] = feedback.textLog()[-3000:]
    print("FOUND " + json.dumps(found), flush=True)
    os._exit(0)  # QGIS's own leaving is not what is tried here


main(*sys.argv[1:])
