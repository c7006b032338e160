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


def jobs(folder):
    """(algorithm, parameters): every kind of product that needs, or might need, a library."""
    import numpy as np
    from osgeo import gdal, osr

    survey = folder / "survey.gpkg"
    rows, cols = 60, 110
    made = gdal.GetDriverByName("GTiff").Create(str(folder / "dem.tif"), cols, rows, 1, gdal.GDT_Float32)
    made.SetGeoTransform((500_000, 20, 0, 3_001_200, 0, -20))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(4547)
    made.SetProjection(reference.ExportToWkt())
    valley = np.add.outer(np.arange(rows, 0, -1) * 2.0, np.abs(np.arange(cols) - cols / 2) * 3.0)
    made.GetRasterBand(1).WriteArray(valley.astype(np.float32))
    codes = gdal.GetDriverByName("GTiff").CreateCopy(str(folder / "landuse.tif"), made)
    codes.GetRasterBand(1).WriteArray(np.where(np.arange(cols) < 50, 301, 101) * np.ones((rows, 1)))
    made = codes = None
    dem, land = str(folder / "dem.tif"), str(folder / "landuse.tif")
    boundary = f"{survey}|layername=boundary"
    out = "TEMPORARY_OUTPUT"
    (folder / "tables").mkdir()
    tables = {"SURVEY": str(survey), "TABLES": ["a7"], "OUTPUT_FOLDER": str(folder / "tables")}
    yield "createsurvey", {"DESTINATION": str(folder / "new.gpkg"), "NAME": "x", "CODE": "1", "TYPE": "livable",
                           "CRS": "EPSG:4547"}  # fmt: skip
    yield "checksurvey", {"SURVEY": str(survey), "OUTPUT": out}
    yield "evaluate", {"SURVEY": str(survey), "EVALUATION_DATE": "2025-09-30", "OUTPUT": out}
    for kind in ("odt", "pdf", "xlsx", "docx"):
        yield f"exportsurveytables:{kind}", {**tables, "FORMAT": kind}
    yield "importsurveytables", {"SURVEY": str(survey), "WORKBOOK": str(folder / "filled.xlsx"), "APPLY": False,
                                 "OUTPUT": out}  # fmt: skip
    yield "mapsheets", {"BOUNDARY": boundary, "OUTPUT": out}
    yield "delineatewatershed", {"DEM": dem, "OUTLET": "501100,3000030 [EPSG:4547]", "OUTPUT": out}
    yield "streamsurvey", {"DEM": dem, "MIN_LENGTH": 100, "INITIATION_AREA": 0.04, "OUTPUT": out}
    water = {"WATERBODIES": f"{survey}|layername=waterbodies"}
    yield (
        "streamsurvey:water",
        {"DEM": dem, "MIN_LENGTH": 100, "INITIATION_AREA": 0.04, "OUTPUT": out, **water},
    )
    yield "landscapeindicators", {"BOUNDARY": boundary, "LANDUSE": land, "OUTPUT": out, "METRICS": ["SHDI"]}
    yield "zoning", {"BOUNDARY": boundary, "DEM": dem, "LANDUSE": land, "SCHEME": "three", "OUTPUT": out}
    yield "exportfigures", {"SURVEY": str(survey), "FIGURES": ["villages"], "FORMAT": "png",
                            "OUTPUT_FOLDER": str(folder / "figures")}  # fmt: skip
    yield (
        "packagefield",
        {"SURVEY": str(survey), "TARGET": "qfield", "OUTPUT_FOLDER": str(folder / "package")},
    )
    yield "mergefield", {"SURVEY": str(survey), "PACKAGE": str(folder / "package"), "OUTPUT": out}
    yield "dossier", {"SURVEY": str(survey), "FIGURES": ["villages"], "EVALUATION_DATE": "2025-09-30",
                      "OUTPUT_FOLDER": str(folder / "dossier")}  # fmt: skip


def main(names, folder):
    folder = Path(folder)
    block(names.split(",") if names else [], folder)
    sys.path.insert(0, str(Path(__file__).parent))
    import faults

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
    print("FOUND " + json.dumps(found, ensure_ascii=False), flush=True)
    os._exit(0)  # QGIS's own leaving is not what is tried here


main(*sys.argv[1:])
