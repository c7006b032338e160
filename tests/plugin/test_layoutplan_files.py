"""Layouts on disk: DXF read back by another reader, schemes saved whole or not at all."""

from __future__ import annotations

import pytest
from osgeo import ogr
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsVectorLayer
from qingliu.core.errors import InputError
from qingliu.core.layoutplan.schemes import Feature, Result, digest
from qingliu.core.standard import default_edition

EDITION = default_edition()


def wkb(wkt):
    return bytes(QgsGeometry.fromWkt(wkt).asWkb())


SQUARE = "POLYGON((500000 3000000,500100 3000000,500100 3000100,500000 3000100,500000 3000000))"
HOLED = "MULTIPOLYGON(((0 0,90 0,90 90,0 90,0 0),(30 30,60 30,60 60,30 60,30 30)),((200 0,210 0,210 10,200 10,200 0)))"


def read_dxf(path):
    source = ogr.Open(str(path))
    layer = source.GetLayer(0)
    return [(f.GetField("Layer"), f.GetField("Text"), f.GetGeometryRef().Clone()) for f in layer]


def test_a_drawing_has_one_layer_per_measure_with_the_shapes_and_labels(qgis_app, tmp_path):
    from qingliu.layers.layoutplandxf import Drawn, export_dxf

    drawn = [
        Drawn("terrace", wkb(SQUARE), "3/梯田/1.0000"),
        Drawn("closure", wkb(HOLED)),
        Drawn("dredging", wkb("LINESTRING(500000.125 3000000.25,500010 3000000,500010 3000020)")),
        Drawn("check_dam", wkb("MULTIPOINT((500001 3000001),(500002 3000002))")),
    ]
    report = export_dxf(tmp_path / "plan.dxf", drawn, EDITION)
    assert report.layers == {"01_closure": 3, "08_terrace": 2, "15_check_dam": 2, "28_dredging": 1}
    found = {}
    for layer, text, shape in read_dxf(report.path):
        found.setdefault(layer, []).append((text, shape))
    assert {name: len(entities) for name, entities in found.items()} == report.layers
    outlines = [s for t, s in found["08_terrace"] if not t]
    assert outlines[0].GetPointCount() == 5
    assert ogr.BuildPolygonFromEdges(_collected(outlines), 0, 1).GetArea() == pytest.approx(10_000)
    assert sorted(abs(_ring_area(s)) for _, s in found["01_closure"]) == pytest.approx([100, 900, 8100])
    assert found["28_dredging"][0][1].GetPoint_2D(0) == pytest.approx((500000.125, 3000000.25), abs=1e-6)
    assert {s.GetPoint_2D(0) for _, s in found["15_check_dam"]} == {(500001, 3000001), (500002, 3000002)}
    assert [t for t, _ in found["08_terrace"] if t] == ["3/梯田/1.0000"]


def _collected(lines):
    made = ogr.Geometry(ogr.wkbMultiLineString)
    for line in lines:
        made.AddGeometry(line)
    return made


def _ring_area(line):
    points = [line.GetPoint_2D(i) for i in range(line.GetPointCount())]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:])) / 2


def test_the_chinese_of_a_label_is_written_in_plain_ascii(qgis_app, tmp_path):
    from qingliu.layers.layoutplandxf import Drawn, export_dxf

    path = export_dxf(tmp_path / "plan.dxf", [Drawn("terrace", wkb(SQUARE), "梯田")], EDITION).path
    assert path.read_bytes().decode("ascii").count("\\U+68af") == 1


def test_every_measure_of_b1_has_a_layer_name_of_its_own(qgis_app):
    from qingliu.layers.layoutplandxf import dxf_layer

    names = {dxf_layer(EDITION, key) for key in EDITION.measures}
    assert len(names) == 34
    assert all(name.isascii() and " " not in name for name in names)


def test_a_drawing_that_cannot_be_written_leaves_the_old_one(qgis_app, tmp_path):
    from qingliu.layers.layoutplandxf import Drawn, export_dxf

    with pytest.raises(InputError) as caught:
        export_dxf(tmp_path / "none" / "plan.dxf", [Drawn("terrace", wkb(SQUARE))], EDITION)
    assert caught.value.code == "QL-PLAN-DXF"
    old = tmp_path / "plan.dxf"
    old.write_text("old")
    with pytest.raises(RuntimeError):
        export_dxf(old, _failing(), EDITION)
    assert old.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["plan.dxf"]


def _failing():
    raise RuntimeError("stopped on the way")
    yield


# -- schemes ----------------------------------------------------------------

CRS = QgsCoordinateReferenceSystem("EPSG:4547")
FEATURES = [
    Feature("b", wkb("POINT(500001.5 3000001.25)"),
            {"measure": "check_dam", "status": "built", "name": "谷坊", "plot_no": 3}),
    Feature("a", wkb(SQUARE), {"measure": "terrace", "status": "planned", "name": None, "width": 2.5}),
]  # fmt: skip


@pytest.fixture
def book(qgis_app, tmp_path):
    from qingliu.layers.layoutplanschemes import SchemeBook

    return SchemeBook(tmp_path / "schemes.gpkg", CRS)


def head(key, **more):
    from qingliu.layers.layoutplanschemes import SchemeHead

    return SchemeHead(key, f"方案 {key}", **more)


def test_a_scheme_comes_back_as_it_was_kept(book):
    assert book.heads() == []
    kept = book.save(head("A", note="南坡梯田"), FEATURES)
    assert kept.made_at
    assert book.heads() == [kept]
    found = book.features("A")
    assert [f.uuid for f in found] == ["a", "b"]
    assert digest(found) == digest(FEATURES)


def test_saving_again_replaces_only_that_scheme(book):
    book.save(head("A"), FEATURES)
    book.save(head("B", base="A"), FEATURES[:1])
    book.save(head("A"), FEATURES[1:])
    assert [f.uuid for f in book.features("A")] == ["a"]
    assert [f.uuid for f in book.features("B")] == ["b"]
    assert {h.key: h.base for h in book.heads()} == {"A": "", "B": "A"}


def test_a_result_is_kept_with_the_digest_it_belongs_to(book):
    book.save(head("A"), FEATURES)
    assert book.result("A") is None
    book.keep(Result("A", digest(FEATURES), {"cost": 12.5, "terrace": 1.0}))
    book.keep(Result("A", "later", {"cost": 13.0}))
    assert book.result("A") == Result("A", "later", {"cost": 13.0})


def test_deleting_takes_features_and_results_along(book):
    book.save(head("A"), FEATURES)
    book.keep(Result("A", "x", {}))
    book.delete("A")
    assert book.heads() == [] and book.result("A") is None
    layer = QgsVectorLayer(f"{book.path}|layername=scheme_measures", "m", "ogr")
    assert layer.featureCount() == 0


def test_a_scheme_that_is_not_there_is_named_with_those_that_are(book):
    book.save(head("A"), FEATURES)
    with pytest.raises(InputError) as caught:
        book.features("Z' or '1'='1")
    assert caught.value.code == "QL-PLAN-NOSCHEME"
    assert caught.value.problems[0].facts["known"] == "A"


def test_what_fails_on_the_way_leaves_the_scheme_as_it_was(book):
    book.save(head("A"), FEATURES)

    def broken():
        yield FEATURES[0]
        raise RuntimeError("stopped on the way")

    with pytest.raises(RuntimeError):
        book.save(head("A"), broken())
    assert digest(book.features("A")) == digest(FEATURES)


def test_a_file_that_is_no_book_of_schemes_is_refused_and_untouched(book):
    book.path.write_bytes(b"not a database")
    for work in (book.heads, lambda: book.save(head("A"), FEATURES)):
        with pytest.raises(InputError) as caught:
            work()
        assert caught.value.code == "QL-PLAN-SCHEMES"
    assert book.path.read_bytes() == b"not a database"


def test_the_features_of_schemes_open_as_a_layer_in_their_crs(book):
    book.save(head("A"), FEATURES)
    layer = QgsVectorLayer(f"{book.path}|layername=scheme_measures", "m", "ogr")
    assert layer.isValid() and layer.crs() == CRS
    assert {f["measure"] for f in layer.getFeatures()} == {"terrace", "check_dam"}
