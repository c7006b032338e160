"""Runs that make every kind of product from a small survey (``survey.gpkg`` and ``filled.xlsx`` in a folder)."""

from __future__ import annotations


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
    (folder / "tables").mkdir(exist_ok=True)
    tables = {"SURVEY": str(survey), "TABLES": "a7", "OUTPUT_FOLDER": str(folder / "tables")}
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
