"""Features become records, and what was changed on the way is counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import ogr
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QByteArray, QDate, QDateTime, QTime, QVariant
from qingliu.core.errors import Cancelled, InputError
from qingliu.core.landuse import LandClass
from qingliu.layers.landuse import cells_of, classify_cells, classify_records, read_map
from qingliu.layers.rasters import CodeGrid
from qingliu.layers.records import (
    LINE,
    POINT,
    POLYGON,
    TABLE,
    Record,
    Wanted,
    id_list,
    plain,
    read_records,
)

ZONE = "EPSG:4527"
SQUARE = "Polygon((39500000 2800000, 39500010 2800000, 39500010 2800010, 39500000 2800010, 39500000 2800000))"
BOW_TIE = (
    "Polygon((39500000 2800000, 39500010 2800010, 39500010 2800000, 39500000 2800010, 39500000 2800000))"
)


@pytest.fixture(autouse=True)
def _qgis(qgis_app, english):
    return qgis_app


def crs(code=ZONE):
    return QgsCoordinateReferenceSystem(code)


def layer(kind, rows, fields="name:string", code=ZONE, name="地块"):
    """A memory layer from (WKT or None, attributes…)."""
    spec = "&".join(f"field={f}" for f in fields.split(",") if f)
    made = QgsVectorLayer(f"{kind}?crs={code}&{spec}", name, "memory")
    for wkt, *values in rows:
        feature = QgsFeature(made.fields())
        if wkt is not None:
            feature.setGeometry(QgsGeometry.fromWkt(wkt))
        feature.setAttributes(values)
        if not made.dataProvider().addFeature(feature):
            pytest.fail("the test layer took no feature")
    return made


def read(made, *args, target=ZONE, **options):
    return read_records(made, crs(target), "PARCELS", *args, **options)


def wkts(reading):
    found = []
    for record in reading.records:
        geometry = QgsGeometry()
        geometry.fromWkb(record.wkb)
        found.append(geometry.asWkt(3))
    return found


def codes(problems):
    for found in problems:
        assert "{" not in found.text("en") + found.text("zh")
        assert "地块" in found.text("zh") and "PARCELS" in found.text("zh")
    return [p.code for p in problems]


def refused(made, *args, **options):
    with pytest.raises(InputError) as error:
        read(made, *args, **options)
    return codes(error.value.problems)


def area(record):
    return ogr.CreateGeometryFromWkb(record.wkb).GetArea()


# -- geometry ---------------------------------------------------------------


def test_plain_features_come_through_untouched():
    found = read(layer("Polygon", [(SQUARE, "a"), (SQUARE, "b")]), Wanted(POLYGON))
    assert found.warnings == []
    assert [r.attributes for r in found.records] == [{"name": "a"}, {"name": "b"}]
    assert [area(r) for r in found.records] == [100.0, 100.0]
    assert [r.fid for r in found.records] == [1, 2]


def test_z_and_m_end_here():
    line = "LineStringZM(39500000 2800000 5 6, 39500010 2800000 7 8)"
    found = read(layer("LineStringZM", [(line, "a")]))
    assert found.warnings == []
    assert wkts(found) == ["LineString (39500000 2800000, 39500010 2800000)"]


def test_arcs_become_straight_pieces_and_are_counted():
    arc = "CurvePolygon(CircularString(39500000 2800000, 39500010 2800010, 39500020 2800000, "
    arc += "39500010 2799990, 39500000 2800000))"
    found = read(layer("CurvePolygon", [(arc, "a")]), Wanted(POLYGON))
    assert codes(found.warnings) == ["QL-LAYER-CURVES"]
    assert area(found.records[0]) == pytest.approx(np.pi * 100, rel=1e-3)


def test_self_crossing_polygon_is_repaired_and_named():
    found = read(layer("Polygon", [(SQUARE, "a"), (BOW_TIE, "b")]), Wanted(POLYGON))
    assert codes(found.warnings) == ["QL-LAYER-REPAIRED"]
    assert found.warnings[0].facts["count"] == 1
    assert found.warnings[0].facts["ids"] == "2"
    assert area(found.records[1]) == 50.0


def test_repair_keeps_only_area():
    spike = "Polygon((39500000 2800000, 39500010 2800000, 39500010 2800010, 39500010 2800050, "
    spike += "39500010 2800010, 39500000 2800010, 39500000 2800000))"
    found = read(layer("Polygon", [(spike, "a")]), Wanted(POLYGON))
    assert codes(found.warnings) == ["QL-LAYER-REPAIRED"]
    assert area(found.records[0]) == 100.0
    assert "Polygon" in wkts(found)[0]


def test_polygon_without_area_is_left_out_and_counted():
    flat = "Polygon((39500000 2800000, 39500010 2800000, 39500020 2800000, 39500000 2800000))"
    found = read(layer("Polygon", [(SQUARE, "a"), (flat, "b")]), Wanted(POLYGON))
    assert set(codes(found.warnings)) == {"QL-LAYER-REPAIRED", "QL-LAYER-LOST"}
    assert [r.attributes["name"] for r in found.records] == ["a"]


def test_features_without_geometry_are_left_out_and_counted():
    found = read(layer("Polygon", [(None, "a"), ("Polygon EMPTY", "b"), (SQUARE, "c")]), Wanted(POLYGON))
    assert codes(found.warnings) == ["QL-LAYER-NOGEOMETRY"]
    assert (found.warnings[0].facts["count"], found.warnings[0].facts["ids"]) == (2, "1, 2")
    assert len(found.records) == 1


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_coordinates_that_are_no_numbers_are_left_out_and_counted(odd):
    made = layer("Point", [("Point(39500000 2800000)", "a")])
    feature = QgsFeature(made.fields())
    point = ogr.Geometry(ogr.wkbPoint)
    point.AddPoint_2D(odd, 2800000.0)
    geometry = QgsGeometry()
    geometry.fromWkb(bytes(point.ExportToWkb()))
    feature.setGeometry(geometry)
    feature.setAttributes(["b"])
    made.dataProvider().addFeature(feature)
    found = read(made, Wanted(POINT))
    assert len(found.records) == 1
    assert len(found.warnings) == 1


def test_layer_without_features_is_said():
    assert codes(read(layer("Polygon", []), Wanted(POLYGON)).warnings) == ["QL-LAYER-NOFEATURES"]


def test_multi_parts_stay_multi_parts():
    two = "MultiPolygon(((39500000 2800000, 39500010 2800000, 39500010 2800010, 39500000 2800000)), "
    two += "((39500020 2800000, 39500030 2800000, 39500030 2800010, 39500020 2800000)))"
    found = read(layer("MultiPolygon", [(two, "a")]), Wanted(POLYGON))
    assert found.warnings == []
    assert ogr.CreateGeometryFromWkb(found.records[0].wkb).GetGeometryCount() == 2


def test_wrong_kind_of_layer_is_refused():
    made = layer("LineString", [("LineString(39500000 2800000, 39500010 2800000)", "a")])
    assert refused(made, Wanted(POLYGON)) == ["QL-LAYER-GEOMETRYTYPE"]
    assert refused(layer("None", [(None, "a")]), Wanted(LINE)) == ["QL-LAYER-GEOMETRYTYPE"]


def test_ids_shown_are_ten_with_the_number_of_the_rest():
    assert id_list(list(range(1, 13))) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 (+2)"


CORNERS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9)


@given(st.lists(CORNERS, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_whatever_is_drawn_comes_out_valid_or_counted(drawn):
    """Rings through random lattice points cross and touch themselves in every way."""
    rows = []
    for corners in drawn:
        ring = ", ".join(f"{39_500_000 + x} {2_800_000 + y}" for x, y in [*corners, corners[0]])
        rows.append((f"Polygon(({ring}))", "a"))
    found = read(layer("Polygon", rows), Wanted(POLYGON))
    for record in found.records:
        geometry = QgsGeometry()
        geometry.fromWkb(record.wkb)
        assert geometry.isGeosValid()
        assert geometry.area() > 0
    lost = sum(p.facts["count"] for p in found.warnings if p.code == "QL-LAYER-LOST")
    empty = sum(p.facts["count"] for p in found.warnings if p.code == "QL-LAYER-NOGEOMETRY")
    assert len(found.records) + lost + empty == len(rows)


# -- coordinate reference systems -------------------------------------------


def test_records_come_in_the_target_crs():
    found = read(layer("Point", [("Point(117 25.31)", "a")], code="EPSG:4490"), Wanted(POINT))
    assert found.warnings == []
    assert wkts(found)[0].startswith("Point (39500000 2800")


def test_prefix_under_a_crs_without_it_is_refused_by_name():
    assert refused(layer("Polygon", [(SQUARE, "a")], code="EPSG:4548")) == ["QL-CRS-PREFIXED"]


def test_layer_without_crs_is_refused():
    made = layer("Polygon", [(SQUARE, "a")])
    made.setCrs(QgsCoordinateReferenceSystem())
    assert refused(made) == ["QL-CRS-NONE"]


def test_old_datum_is_refused_or_warned_about():
    made = layer("Polygon", [(SQUARE, "a")], code="EPSG:2415")
    assert refused(made, algorithm="streamsurvey") == ["QL-CRS-DATUM"]
    assert codes(read(made).warnings) == ["QL-CRS-DATUMSHIFT"]


# -- attributes -------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NULL, None),
        (None, None),
        (QVariant(), None),
        (QVariant(5), 5),
        (QDate(2024, 5, 6), "2024-05-06"),
        (QDate(), None),
        (QDateTime(QDate(2024, 5, 6), QTime(7, 8, 9)), "2024-05-06T07:08:09"),
        (QTime(7, 8, 9), "07:08:09"),
        (QByteArray(b"ab"), b"ab"),
        (float("nan"), None),
        ([1, NULL], [1, None]),
        (0, 0),
        ("", ""),
        (False, False),
    ],
)
def test_attributes_are_plain_python(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


def test_null_stays_null_and_dates_become_text():
    rows = [(None, NULL, NULL, NULL), (None, "x", 1.5, QDate(2024, 5, 6))]
    made = layer("None", rows, "t:string,n:double,d:date")
    found = read(made, Wanted(TABLE))
    assert [r.attributes for r in found.records] == [
        {"t": None, "n": None, "d": None},
        {"t": "x", "n": 1.5, "d": "2024-05-06"},
    ]
    assert [r.wkb for r in found.records] == [None, None]


def test_uuid_is_picked_up():
    found = read(layer("Polygon", [(SQUARE, "a", "u-1"), (SQUARE, "b", NULL)], "name:string,uuid:string"))
    assert [r.uuid for r in found.records] == ["u-1", None]


def test_missing_fields_are_all_named():
    made = layer("Polygon", [(SQUARE, "a")])
    assert refused(made, Wanted(POLYGON, ("code", "name"), ("height",))) == ["QL-LAYER-NOFIELD"] * 2


def test_numbers_kept_as_text_are_read_and_counted():
    rows = [(SQUARE, "12.5"), (SQUARE, "１２"), (SQUARE, " "), (SQUARE, NULL)]
    found = read(layer("Polygon", rows, "h:string"), Wanted(POLYGON, numbers=("h",)))
    assert [r.attributes["h"] for r in found.records] == [12.5, 12.0, None, None]
    assert codes(found.warnings) == ["QL-LAYER-TEXTNUMBER"]
    assert found.warnings[0].facts["count"] == 2


def test_text_that_is_no_number_is_refused_with_ids():
    rows = [(SQUARE, "12 米"), (SQUARE, "3"), (SQUARE, "无"), (SQUARE, "inf")]
    made = layer("Polygon", rows, "h:string")
    with pytest.raises(InputError) as error:
        read(made, Wanted(POLYGON, numbers=("h",)))
    assert codes(error.value.problems) == ["QL-LAYER-NOTNUMBER"]
    assert error.value.problems[0].facts["ids"] == "1, 3, 4"
    assert "h = '12 米'" in error.value.text()


# -- sources, progress, cancel ----------------------------------------------


def test_processing_source_is_read_alike_though_a_polygon_is_invalid():
    made = layer("Polygon", [(SQUARE, "a"), (BOW_TIE, "b")])
    source = QgsProcessingFeatureSource(made, QgsProcessingContext())
    found = read(source, Wanted(POLYGON))
    assert codes(found.warnings) == ["QL-LAYER-REPAIRED"]
    assert len(found.records) == 2


class Watch:
    def __init__(self, stop=False):
        self.stages, self.stop = [], stop

    def stage(self, name, count=None):
        self.stages.append((name, count))

    def step(self, fraction):
        if self.stop:
            raise Cancelled


def test_stage_is_named_with_its_count_and_can_be_cancelled():
    made = layer("Polygon", [(SQUARE, "a")] * 3)
    watch = Watch()
    read(made, progress=watch)
    assert watch.stages == [("read_features", 3)]
    with pytest.raises(Cancelled):
        read(made, progress=Watch(stop=True))


def test_real_layers_are_read_whole(shared):
    path = shared / "data/bayreuth_rotmain/osm_layers.gpkg"
    counts = {}
    for name, kind in (("landuse", POLYGON), ("waterways", LINE), ("places", POINT), ("buildings", POLYGON)):
        made = QgsVectorLayer(f"{path}|layername={name}", "地块", "ogr")
        found = read(made, Wanted(kind), target="EPSG:32632")
        counts[name] = (len(found.records), made.featureCount())
        assert {p.code for p in found.warnings} <= {"QL-LAYER-REPAIRED"}
    assert all(read_count == there for read_count, there in counts.values())


# -- land use ---------------------------------------------------------------


def parcel(code, **more):
    return Record(1, None, None, {"DLBM": code, **more})


def test_settlement_attribute_marks_village_land():
    records = [parcel("0101", czcsxm="203"), parcel("1003", czcsxm="203A"), parcel("0101", czcsxm=None)]
    found = classify_records(records, [1.0, 1.0, 1.0], "DLBM", layer="地块")
    assert found.classes == [LandClass("0101", True), LandClass("1003", True), LandClass("0101", False)]


def test_parcel_of_unknown_code_has_no_class_and_its_area_is_told():
    records = [parcel("0101"), parcel("0101"), parcel("9999")]
    found = classify_records(records, [5.0, 6.0, 7.0], "DLBM", layer="x")
    assert found.classes == [LandClass("0101"), LandClass("0101"), None]
    assert found.unmapped == {"9999": 7.0}


@pytest.mark.parametrize("far", [1101, 1_000_000], ids=["near codes", "codes far apart"])
def test_cells_are_weighted_by_the_area_of_their_row(far):
    codes = np.array([[101, 101, far], [301, 101, 9]], np.int32)
    valid = np.array([[True, True, True], [True, True, False]])
    mapping = {"101": "0101", "301": "0301", str(far): "1101"}
    grid = CodeGrid(codes, valid, frame=None)
    found = classify_cells(grid, np.array([10.0, 20.0]), layer="地块", mapping={"101": "0101", "301": "0301"})
    assert found.unmapped == {str(far): 10.0}
    full = classify_cells(grid, np.array([10.0, 20.0]), layer="地块", mapping=mapping)
    assert cells_of(grid, full, {"0101"}).tolist() == [[True, True, False], [False, True, False]]
    assert cells_of(grid, full, {"0301", "1101"}).tolist() == [[False, False, True], [True, False, False]]


def test_map_that_cannot_be_read_is_refused(tmp_path):
    assert read_map(None) == (None, [])
    with pytest.raises(InputError) as error:
        read_map(tmp_path / "no.csv")
    assert error.value.code == "QL-LANDUSE-MAPFILE"
