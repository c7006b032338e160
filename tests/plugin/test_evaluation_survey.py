"""A survey as the evaluation reads it: what was touched since, years of layers, stated errors, files beside it."""

from __future__ import annotations

import datetime as dt
import struct

import pytest
from qingliu.core.errors import InputError
from qingliu.core.evaluation.snapshot import Kept
from qingliu.core.standard import default_edition

DATE = dt.date(2025, 9, 30)


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


@pytest.fixture
def path(run, tmp_path):
    folder = tmp_path / "库 一"
    folder.mkdir()
    made = folder / "survey.gpkg"
    run(
        "qingliu:createsurvey", {"DESTINATION": str(made), "NAME": "x", "TYPE": "livable", "CRS": "EPSG:4547"}
    )
    return made


@pytest.fixture
def store(path):
    from qingliu.layers.store import open_store

    with open_store(path, who="t") as made:
        yield made


def read(store):
    from qingliu.layers.surveyevaluation import read_survey

    return read_survey(store, default_edition(), DATE).given


# -- what was touched ----------------------------------------------------------------------------


def touched(store, sequence):
    from qingliu.layers.surveyevaluation import touched_since

    return {(t.table, t.uuid): t for t in touched_since(store, sequence)}


def test_rows_touched_since_have_their_values_before_the_first_and_after_the_last_change(store):
    from qingliu.layers.store import Delete, Insert, Update

    store.save([Insert("a7", {"natural_village": "上店", "households": 10}, uuid="r")])
    at = store.sequence()
    store.save([Update("a7", "r", 1, {"households": 20})])
    store.save([Update("a7", "r", 2, {"households": 30, "population": 9})])
    store.save([Insert("a7", {"natural_village": "新村"}, uuid="n")])
    store.save([Insert("toilets", {"kind": "public"}, point(1, 1), "t")])
    store.save([Update("toilets", "t", 1, {}, point(2, 2))])
    found = touched(store, at)
    row = found["a7", "r"]
    assert (row.before["households"], row.after["households"]) == (10, 30)
    assert (row.before["population"], row.after["population"]) == (None, 9)
    assert row.changed(["households"]) and not row.changed(["natural_village"]) and not row.whole
    assert found["a7", "n"].before is None and found["toilets", "t"].before is None
    store.save([Delete("a7", "r", 3)])
    assert touched(store, at)["a7", "r"].after is None
    assert touched(store, at)["a7", "r"].before["households"] == 10
    assert touched(store, store.sequence()) == {}


def test_a_moved_shape_and_a_changed_fact_are_touched(store):
    from qingliu.layers.store import Insert, Update

    store.save([Insert("toilets", {"kind": "public"}, point(1, 1), "t")])
    at = store.sequence()
    store.save([Update("toilets", "t", 1, {}, point(2, 2))])
    store.set_meta({"evaluation_date": "2025-01-01"})
    found = touched(store, at)
    assert found["toilets", "t"].whole
    fact = found["meta", "evaluation_date"]
    assert (fact.before, fact.after) == ({"value": None}, {"value": "2025-01-01"})


def test_a_row_written_past_the_store_is_touched_whole(path, store):
    import sqlite3

    from qingliu.layers.store import Insert, open_store

    store.save([Insert("a7", {"natural_village": "上店", "households": 10}, uuid="r")])
    at = store.sequence()
    store.close()
    outside = sqlite3.connect(path)
    outside.execute("UPDATE a7 SET households = 99")
    outside.commit()
    outside.close()
    with open_store(path, who="t") as again:
        found = touched(again, at)["a7", "r"]
    assert found.whole and found.after["households"] == 99


# -- years ---------------------------------------------------------------------------------------


def square(size):
    from qgis.core import QgsGeometry, QgsRectangle

    shape = QgsGeometry.fromRect(QgsRectangle(500_000, 3_300_000, 500_000 + size, 3_300_000 + size))
    shape.convertToMultiType()
    return bytes(shape.asWkb())


def sheet(store, table, date):
    from qingliu.layers.store import Update

    (head,) = store.rows("sheet", where={"table": table})
    store.save([Update("sheet", head.uuid, head.version, {"survey_date": date})])


def test_layer_has_the_year_of_its_provenance_else_of_the_sheet_that_describes_it(store):
    from qingliu.layers.store import Insert

    store.save(
        [Insert("boundary", {"name": "b"}, square(1000)), Insert("erosion", {"class": 3}, square(1000))]
    )
    assert read(store).figures["eroded_area"].year is None
    sheet(store, "a3", "2025-06-01")
    figure = read(store).figures["eroded_area"]
    assert figure.year == 2025 and "A.3" in figure.source
    for layer in ("erosion", "boundary"):
        store.save([Insert("provenance", {"value_id": layer, "table_name": layer, "kind": "official",
                                          "source": "监测公报", "year": 2024})])  # fmt: skip
    figure = read(store).figures["eroded_area"]
    assert (figure.year, figure.source) == (2024, "监测公报")


def test_the_oldest_of_several_sheets_counts(store):
    from qingliu.layers.store import Insert

    store.save([Insert("boundary", {"name": "b"}, square(1000))])
    sheet(store, "a1", "2025-06-01")
    sheet(store, "a3", "2022-06-01")
    assert read(store).figures["total_area"].year == 2022


def test_villages_outside_the_boundary_ask_for_no_row(store):
    from qingliu.layers.store import Insert

    store.save([
        Insert("boundary", {"name": "b"}, square(1000)),
        Insert("villages", {"name": "里村"}, point(500_500, 3_300_500), "v1"),
        Insert("villages", {"name": "外村"}, point(600_000, 3_300_500), "v2"),
    ])  # fmt: skip
    assert [(p.uuid, p.name) for p in read(store).located["villages"]] == [("v1", "里村")]


def test_cell_that_provenance_calls_an_estimate_is_one_until_somebody_changes_it(store):
    from qingliu.layers.store import Insert, Update

    store.save([
        Insert("a3", {"erosion_total_hm2": 40.0}, uuid="e"),
        Insert("provenance", {"value_id": "x", "table_name": "a3", "row_uuid": "e", "kind": "estimate",
                              "field": "erosion_total_hm2", "value": 40.0}),
    ])  # fmt: skip
    assert read(store).estimates == {("a3", "e", "erosion_total_hm2")}
    store.save([Update("a3", "e", 1, {"erosion_total_hm2": 55.0})])
    assert read(store).estimates == frozenset()


def test_stated_errors_are_those_of_the_survey(store):
    from qingliu.layers.surveyevaluation import stated_accuracy

    assert stated_accuracy(store) == (0.0, 50.0, 0.0)
    store.set_meta({"line_error_m": "5", "class_error_pct": "8", "vertex_spacing_m": "soon"})
    assert stated_accuracy(store) == (5.0, 50.0, 0.08)


# -- files beside the survey ---------------------------------------------------------------------


def test_evidence_is_copied_once_and_never_over_another_file(path, tmp_path):
    from qingliu.layers.surveyevidence import attach

    one, other = tmp_path / "a" / "照片.jpg", tmp_path / "b" / "照片.jpg"
    for file, content in ((one, b"1"), (other, b"2")):
        file.parent.mkdir()
        file.write_bytes(content)
    assert attach(path, one, 3) == "evidence/03_照片.jpg"
    assert attach(path, one, 3) == "evidence/03_照片.jpg"
    assert attach(path, other, 3) == "evidence/03_照片_2.jpg"
    folder = path.parent / "evidence"
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {"03_照片.jpg": b"1", "03_照片_2.jpg": b"2"}
    assert attach(path, folder / "03_照片.jpg", 4) == "evidence/03_照片.jpg"


def test_evidence_that_cannot_be_read_is_refused_by_code_and_leaves_nothing(path, tmp_path):
    from qingliu.layers.surveyevidence import attach

    with pytest.raises(InputError) as told:
        attach(path, tmp_path / "none.jpg", 3)
    assert told.value.code == "QL-EVAL-EVIDENCE"
    assert list((path.parent / "evidence").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b.txt", "a_b.txt"),
        ("x:y?.pdf", "x_y_.pdf"),
        ("..", "_"),
        ("长" * 200 + ".jpg", "长" * 80 + ".jpg"),
    ],
)
def test_names_of_files_are_ones_that_every_system_takes(name, safe):
    from qingliu.layers.surveyevidence import safe_name

    assert safe_name(name) == safe


def test_kept_evaluations_lie_beside_the_survey(path, store):
    from qingliu.core.evaluation import evaluate
    from qingliu.layers.surveyevidence import keep, kept_files, read_kept

    found = evaluate(read(store))
    made = keep(path, Kept("治理前/一期", "before", "livable", found))
    assert made == path.parent / "evaluations" / "治理前_一期.json"
    assert [read_kept(p).evaluation.rows for p in kept_files(path)] == [found.rows]
    with pytest.raises(InputError) as told:
        keep(path, Kept("  ", "before", "livable", found))
    assert told.value.code == "QL-EVAL-KEEPNAME"
    made.write_bytes(b"\xff")
    with pytest.raises(InputError) as told:
        read_kept(made)
    assert told.value.code == "QL-EVAL-KEPT"
