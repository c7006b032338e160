"""Records become features again; tables whole or not at all; roles by property."""

from __future__ import annotations

import csv

import pytest
from osgeo import ogr
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qingliu.core.errors import InputError
from qingliu.layers.backgrounds import background_problems
from qingliu.layers.outputs import (
    Column,
    boolean_field,
    csv_cell,
    date_field,
    double_field,
    feature,
    fields,
    format_warnings,
    integer_field,
    set_aliases,
    shapefile_names,
    string_field,
    write_csv,
    write_features,
)
from qingliu.layers.records import Wanted, read_records
from qingliu.layers.roles import clear_role, layer_of, layers_of, role_of, roles, set_role, survey_of

COLUMNS = [
    Column("name", "text", "名称"),
    Column("length_m", "number", "长度"),
    Column("count", "integer"),
    Column("cells", "long"),
    Column("complete", "boolean"),
    Column("day", "date"),
]
ROW = {
    "name": "甲",
    "length_m": 1.5,
    "count": 3,
    "cells": 5_000_000_000,
    "complete": True,
    "day": "2024-05-06",
}
POINT = bytes(ogr.CreateGeometryFromWkt("POINT (39500000 2800000)").ExportToWkb())


@pytest.fixture(autouse=True)
def _qgis(qgis_app, english):
    return qgis_app


def gpkg(path, made):
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = "out"
    return QgsVectorFileWriter.create(
        str(path),
        made,
        QgsWkbTypes.Type.Point,
        QgsCoordinateReferenceSystem("EPSG:4527"),
        QgsCoordinateTransformContext(),
        options,
    )


def test_what_is_written_is_read_back(tmp_path):
    made = fields(COLUMNS)
    sink = gpkg(tmp_path / "a.gpkg", made)
    assert write_features(sink, made, [(ROW, POINT), ({}, POINT)]) == 2
    del sink
    layer = QgsVectorLayer(f"{tmp_path / 'a.gpkg'}|layername=out", "out", "ogr")
    first, second = read_records(layer, layer.crs(), "X", Wanted()).records
    assert {k: first.attributes[k] for k in ROW} == ROW
    assert all(second.attributes[k] is None for k in ROW)
    assert ogr.CreateGeometryFromWkb(first.wkb).ExportToWkt() == "POINT (39500000 2800000)"


def test_field_helpers_give_the_kinds_they_name():
    kinds = [f.type() for f in (string_field("a"), double_field("b"), integer_field("c"))]
    assert [f.name() for f in fields(COLUMNS)] == [c.name for c in COLUMNS]
    assert len(set(kinds)) == 3
    assert double_field("b").isNumeric() and integer_field("c").isNumeric()
    assert not string_field("a").isNumeric()
    assert date_field("d").isDateOrTime()
    assert boolean_field("e").type() not in (string_field("a").type(), integer_field("c").type())
    assert fields(COLUMNS).at(0).alias() == "名称"


def test_missing_values_are_null_never_zero():
    found = feature(fields(COLUMNS), {"name": "x"})
    assert found.attribute("length_m") in (NULL, None)


def test_sink_that_refuses_is_told_with_its_number():
    class Refusing:
        def __init__(self):
            self.taken = 0

        def addFeature(self, *_):
            self.taken += 1
            return self.taken < 3

        def lastError(self):
            return "disk full"

    with pytest.raises(InputError) as error:
        write_features(Refusing(), fields(COLUMNS), [(ROW, POINT)] * 5)
    assert error.value.code == "QL-OUT-FEATURE"
    assert "feature 3" in error.value.text() and "disk full" in error.value.text()


def test_shapefile_names_are_those_gdal_writes(tmp_path):
    names = ["channel_id", "survey_required", "survey_reason", "distance_outlet_m", "area_km2"]
    names += [f"indicator_value_{n}" for n in range(12)]
    folder = tmp_path / "s"
    source = ogr.GetDriverByName("ESRI Shapefile").CreateDataSource(str(folder))
    layer = source.CreateLayer("s", None, ogr.wkbPoint, ["ENCODING=UTF-8"])
    for name in names:
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTString))
    written = [layer.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(len(names))]
    assert list(shapefile_names(names).values()) == written


def test_writing_a_shapefile_warns_with_old_and_new_names():
    found = format_warnings("/data/沟道.SHP", ["channel_id", "survey_required", "survey_reason"])
    assert [p.code for p in found] == ["QL-OUT-SHAPEFILE"]
    assert "survey_required → survey_req" in found[0].text()
    assert "survey_reason → survey_rea" in found[0].text()
    assert "channel_id" not in found[0].facts["names"]
    assert format_warnings("/data/a.gpkg", ["survey_required"]) == []


def test_csv_opens_right_in_excel_and_survives_a_round_trip(tmp_path):
    path = write_csv(tmp_path / "表 1.csv", ["名称", "值"], [["甲,乙", 1.5], ['引"号', None], ["两\n行", -3]])
    assert path.read_bytes()[:3] == b"\xef\xbb\xbf"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [["名称", "值"], ["甲,乙", "1.5"], ['引"号', ""], ["两\n行", "-3"]]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-12.5", "-12.5"),
        (-12.5, -12.5),
        ("＝cmd", "'＝cmd"),
        ("甲", "甲"),
        (None, ""),
    ],
)
def test_no_cell_is_run_as_a_formula(value, cell):
    assert csv_cell(value) == cell


def test_failed_table_leaves_the_old_one(tmp_path):
    path = write_csv(tmp_path / "a.csv", ["a"], [[1]])
    before = path.read_bytes()

    def rows():
        yield [2]
        raise InputError("QL-OUT-WRITE", path="x", reason="y")

    with pytest.raises(InputError):
        write_csv(path, ["a"], rows())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_aliases_are_set_on_a_loaded_layer():
    layer = QgsVectorLayer("Point?field=name:string&field=length_m:double", "x", "memory")
    set_aliases(layer, {"name": "名称", "absent": "无"})
    assert layer.attributeDisplayName(0) == "名称"


# -- roles ------------------------------------------------------------------


def test_role_is_a_property_and_never_the_name(qgis_new_project):
    project = QgsProject.instance()
    named, played = (QgsVectorLayer("Point?crs=EPSG:4527", n, "memory") for n in ("channels", "某图层"))
    project.addMapLayers([named, played])
    set_role(played, "CHANNELS", survey="survey.gpkg")
    assert role_of(named) is None
    assert role_of(played) == "channels"
    assert survey_of(played) == "survey.gpkg"
    assert layer_of(project, "channels") is played
    assert layers_of(project, "channels", survey="other.gpkg") == []
    assert roles(project) == {"channels": [played]}
    clear_role(played)
    assert layer_of(project, "channels") is None


def test_two_layers_of_one_role_are_no_answer(qgis_new_project):
    project = QgsProject.instance()
    made = [QgsVectorLayer("Point?crs=EPSG:4527", n, "memory") for n in "ab"]
    project.addMapLayers(made)
    for layer in made:
        set_role(layer, "villages")
    assert layer_of(project, "villages") is None
    assert len(layers_of(project, "villages")) == 2


def test_shifted_background_of_a_project_is_named():
    class Source:
        def __init__(self, text):
            self.text = text

        def source(self):
            return self.text

        def name(self):
            return "底图"

    found = background_problems(
        [Source("type=xyz&url=https://webrd01.is.autonavi.com/appmaptile?x={x}"), Source("/a/dem.tif")]
    )
    assert [p.code for p in found] == ["QL-CRS-GCJ02"]
    assert "GCJ-02" in found[0].text()
