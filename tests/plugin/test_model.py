"""The model of the main job: as its script writes it, and running from DEM, outlet and land use to zones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsVectorLayer,
)

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "resources" / "models" / "main_job.model3"
X0, Y0, CELL, SIZE, EPSG = 500_000.0, 3_300_000.0, 10.0, 120, 4547


@pytest.fixture
def model(provider):
    found = QgsProcessingModelAlgorithm()
    assert found.fromFile(str(MODEL))
    return found


@pytest.fixture
def valley(tmp_path):
    """A valley that falls to the south; everything inside its two ridges leaves at its lower end."""
    path = tmp_path / "dem.tif"
    row, col = np.mgrid[0:SIZE, 0:SIZE]
    across = np.abs(col - SIZE / 2)
    heights = 300 + np.where(across < 50, across, 100 - across) * 4.0 + (SIZE - row) * 0.5
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), SIZE, SIZE, 1, gdal.GDT_Float32)
    dataset.SetGeoTransform((X0, CELL, 0, Y0, 0, -CELL))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(EPSG)
    dataset.SetProjection(reference.ExportToWkt())
    dataset.GetRasterBand(1).WriteArray(heights.astype(np.float32))
    del dataset
    return str(path)


@pytest.fixture
def land():
    made = QgsVectorLayer(f"Polygon?crs=EPSG:{EPSG}&field=DLBM:string(10)", "land", "memory")
    for x0, x1, code in ((0, 400, "0301"), (400, 800, "0103"), (800, 1200, "0301")):
        feature = QgsFeature(made.fields())
        feature.setAttributes([code])
        ring = f"{X0 + x0} {Y0}, {X0 + x1} {Y0}, {X0 + x1} {Y0 - 1200}, {X0 + x0} {Y0 - 1200}, {X0 + x0} {Y0}"
        feature.setGeometry(QgsGeometry.fromWkt(f"POLYGON(({ring}))"))
        made.dataProvider().addFeatures([feature])
    return made


def test_every_parameter_the_model_gives_exists_in_its_algorithm(model):
    for child in model.childAlgorithms().values():
        known = {d.name() for d in child.algorithm().parameterDefinitions()}
        assert set(child.parameterSources()) <= known


def test_the_model_runs_from_dem_outlet_and_land_use_to_zones(model, valley, land, tmp_path):
    can, reason = model.canExecute()
    assert can, reason
    outputs = {
        d.name(): str(tmp_path / f"{i}.gpkg") for i, d in enumerate(model.destinationParameterDefinitions())
    }
    outlet = f"{X0 + 605},{Y0 - 1150} [EPSG:{EPSG}]"
    values = {"DEM": valley, "OUTLET": outlet, "LANDUSE": land, "LANDUSE_FIELD": "DLBM", **outputs}
    feedback = QgsProcessingFeedback(False)
    _, ok = model.run(values, QgsProcessingContext(), feedback)
    assert ok, feedback.textLog()
    layers = {name: QgsVectorLayer(path, name, "ogr") for name, path in outputs.items()}
    area = {n: sum(f.geometry().area() for f in x.getFeatures()) for n, x in layers.items()}
    boundary = next(v for k, v in area.items() if "boundary" in k)
    zones = next(v for k, v in area.items() if "zones" in k)
    assert boundary > 500_000 and zones == pytest.approx(boundary, abs=1.0)
    assert next(x.featureCount() for k, x in layers.items() if "channels" in k) >= 1
