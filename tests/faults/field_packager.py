"""Packages a survey into one folder again and again, to be killed: ``field_packager.py ROOT SURVEY FOLDER``."""

import importlib.util
import sys
from pathlib import Path


def main(root, survey, folder):
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
    from qingliu.core.progress import SILENT
    from qingliu.layers.fieldpackage import FieldWish, package_survey
    from qingliu.layers.store import open_store

    print("READY", flush=True)
    while True:
        with open_store(Path(survey), daily_backup=False) as store:
            package_survey(store, FieldWish(Path(folder), "qfield", "", "en"), SILENT)
        print("ACK", flush=True)


main(*sys.argv[1:])
