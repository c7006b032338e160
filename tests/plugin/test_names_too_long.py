"""A name that no disk takes is told with the parameter that has it, whatever kind of file it is to be."""

from __future__ import annotations

import pytest
from qgis.core import QgsProcessingException

LONG = "n" * 300
SQUARE = (
    '{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates":'
    " [[[116.40, 30.02], [116.47, 30.02], [116.47, 30.06], [116.40, 30.02]]]}}"
)


@pytest.mark.parametrize(
    ("algorithm", "parameter", "name"),
    [
        ("mapsheets", "OUTPUT", f"{LONG}.gpkg"),
        ("mapsheets", "OUTPUT", f"{LONG}/a.gpkg"),
        ("mapsheets", "OUTPUT", "流" * 90 + ".gpkg"),
        ("mapsheets", "BOUNDARY", f"{LONG}.gpkg"),
        ("mapsheets", "COUNTY", f"{LONG}.yaml"),
        ("checksurvey", "SURVEY", f"{LONG}.gpkg"),
        ("checksurvey", "OUTPUT", f"{LONG}.csv"),
        ("createsurvey", "DESTINATION", f"{LONG}.gpkg"),
        ("evaluate", "PROVENANCE", "n" * 250 + ".json"),
        ("mergefield", "PACKAGE", LONG),
        ("importevidence", "FILES", f"{LONG}.jpg"),
        ("importevidence", "FOLDER", LONG),
        ("trainingwatershed", "OUTPUT_FOLDER", LONG),
    ],
    ids=lambda v: v if len(v) < 30 else f"{len(v)} signs",
)
def test_a_name_too_long_for_a_disk_is_told_with_its_parameter(run, tmp_path, algorithm, parameter, name):
    boundary = tmp_path / "boundary.geojson"
    boundary.write_text(SQUARE, "utf-8")
    others = {"OUTPUT": "TEMPORARY_OUTPUT", "BOUNDARY": str(boundary)} if algorithm == "mapsheets" else {}
    with pytest.raises(QgsProcessingException) as told:
        run(f"qingliu:{algorithm}", {**others, parameter: str(tmp_path / name)})
    assert f"QL-PARAM-NAMELENGTH: {parameter} (" in str(told.value)


def test_a_long_layer_in_memory_and_a_long_address_are_no_files(run, tmp_path):
    from qgis.core import QgsProject, QgsVectorLayer

    fields = "&".join(f"field=name_{n}:string" for n in range(30))
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:4490&{fields}", "x", "memory")
    QgsProject.instance().addMapLayer(layer)
    for source in (layer.id(), layer.source()):
        with pytest.raises(QgsProcessingException) as told:
            run("qingliu:mapsheets", {"BOUNDARY": source, "OUTPUT": "TEMPORARY_OUTPUT"})
        assert "QL-PARAM-NAMELENGTH" not in str(told.value)
