"""What every survey store must hold, whatever is behind it (GeoPackage now, PostGIS later)."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


def square(x, y, size):
    ring = [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]
    return struct.pack("<BIII", 1, 3, 1, 5) + b"".join(struct.pack("<dd", *p) for p in ring)


def geopackage(folder: Path):
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.store import NewSurvey, create_store
    from qingliu.layers.storecrs import srs_of

    srs = srs_of(QgsCoordinateReferenceSystem("EPSG:4547"))
    survey = NewSurvey("青柳沟", "411600001", "livable", srs)
    return create_store(folder / "survey.gpkg", survey, who="张三")


@pytest.fixture(params=[geopackage], ids=["geopackage"])
def store(request, qgis_app, tmp_path):
    made = request.param(tmp_path)
    yield made
    made.close()


def test_rows_come_back_as_they_were_saved(store):
    from qingliu.layers.store import Insert, multi_values

    values = {
        "natural_village": "上店 ‘北’; DROP TABLE a7; --",
        "households": 36,
        "population": None,
        "residential_area_hm2": 1.2345,
        "new_energy_type": ["沼气", "太阳能"],
    }
    (key,) = store.save([Insert("a7", values)], why="入户").rows
    row = store.row("a7", key.uuid)
    assert row.version == 1 and row.uuid == key.uuid
    for name in ("natural_village", "households", "population", "residential_area_hm2"):
        assert row.values[name] == values[name]
    assert multi_values(row.values["new_energy_type"]) == ["沼气", "太阳能"]
    assert row.values["created_by"] == row.values["updated_by"] == "张三"
    assert store.rows("a7", where={"households": 36}) == [row]
    assert store.rows("a7", where={"population": None}) == [row]
    assert store.rows("a7", ["absent"]) == [] and store.row("a7", "absent") is None


@given(
    values=st.fixed_dictionaries(
        {},
        optional={
            "natural_village": st.none()
            | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
                "{}".__ne__
            ),
            "households": st.none() | st.integers(-(2**63), 2**63 - 1),
            "residential_area_hm2": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        },
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_of_its_kind_survives_bit_for_bit(store, values):
    from qingliu.layers.store import Insert

    (key,) = store.save([Insert("a7", values)]).rows
    found = store.row("a7", key.uuid).values
    assert {k: found[k] for k in values} == values


@pytest.mark.parametrize(
    ("table", "field", "value"),
    [
        ("a7", "households", "36"),
        ("a7", "households", 36.5),
        ("a7", "households", True),
        ("a7", "residential_area_hm2", float("nan")),
        ("a7", "residential_area_hm2", "1,5"),
        ("a6", "sand_digging", 2),
        ("sheet", "survey_date", "2024-13-01"),
        ("a7", "natural_village", "\ud800"),
        ("a7", "natural_village", b"bytes"),
        ("a7", "households", 2**63),
    ],
    ids=["text-for-integer", "fraction", "bool", "nan", "comma", "two-for-bool", "month-13", "surrogate", "bytes",
         "too-big"],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_before_anything_is_written(store, table, field, value):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import Insert

    before = store.sequence()
    with pytest.raises(InputError) as told:
        store.save([Insert("villages", {"name": "上店"}), Insert(table, {field: value})])
    assert told.value.code == "QL-STORE-VALUE" and told.value.problems[0].facts["field"] == field
    assert store.count("villages") == 0 and store.sequence() == before


def test_all_faults_of_a_batch_are_told_at_once(store):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import Insert

    with pytest.raises(InputError) as told:
        store.save(
            [
                Insert("a7", {"households": "x", "population": "y"}),
                Insert("a99", {}),
                Insert("a8", {"absent": 1}),
                Insert("villages", {}, square(0, 0, 1)),
                Insert("villages", {}, point(float("inf"), 0)),
                Insert("a8", {}, point(0, 0)),
            ]
        )
    assert [p.code for p in told.value.problems] == [
        "QL-STORE-VALUE", "QL-STORE-VALUE", "QL-STORE-NOTABLE", "QL-STORE-NOFIELD",
        "QL-STORE-GEOMETRY", "QL-STORE-WKB", "QL-STORE-NOTLOCATED",
    ]  # fmt: skip


def test_an_action_over_four_tables_is_whole_or_not_there(store):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import Insert

    key = store.save([Insert("villages", {"name": "上店"}, point(5e5, 4e6))]).rows[0]
    before = store.sequence()
    batch = [
        Insert("parcels", {"landuse": "0101"}, square(5e5, 4e6, 10)),
        Insert("a7", {"natural_village": "上店", "villages_uuid": key.uuid}),
        Insert("a8", {"natural_village": "上店"}),
        Insert("villages", {"name": "又一个"}, uuid=key.uuid),  # the uuid is taken
    ]
    with pytest.raises(InputError, match="QL-STORE-REFUSED"):
        store.save(batch)
    assert [store.count(t) for t in ("parcels", "a7", "a8", "villages")] == [0, 0, 0, 1]
    assert store.sequence() == before
    store.save(batch[:3])
    assert [store.count(t) for t in ("parcels", "a7", "a8", "villages")] == [1, 1, 1, 1]


def test_a_stale_save_shows_both_values_and_writes_nothing(store):
    from qingliu.layers.store import Insert, StaleSave, Update

    (key,) = store.save([Insert("a7", {"natural_village": "上店", "households": 30})]).rows
    store.save([Update("a7", key.uuid, 1, {"households": 31})], who="李四")
    with pytest.raises(StaleSave) as told:
        store.save([Insert("a8", {}), Update("a7", key.uuid, 1, {"households": 32})])
    (conflict,) = told.value.conflicts
    assert (conflict.ours["households"], conflict.theirs["households"]) == (32, 31)
    assert (conflict.base_version, conflict.version, conflict.who) == (1, 2, "李四")
    assert "31 / 32" in told.value.text("en")
    assert store.row("a7", key.uuid).values["households"] == 31 and store.count("a8") == 0


def test_changing_or_deleting_a_row_that_is_gone_is_an_error(store):
    from qingliu.layers.store import Delete, Insert, StaleSave, Update

    (key,) = store.save([Insert("a7", {"households": 30})]).rows
    store.save([Delete("a7", key.uuid, 1)], who="李四")
    for change in (Delete("a7", key.uuid, 1), Update("a7", key.uuid, 1, {"households": 1})):
        with pytest.raises(StaleSave) as told:
            store.save([change])
        assert told.value.code == "QL-STORE-GONE" and told.value.conflicts[0].theirs is None


def test_an_update_that_changes_nothing_leaves_version_and_log_alone(store):
    from qingliu.layers.store import Insert, Update

    (key,) = store.save([Insert("villages", {"name": "上店"}, point(1, 2))]).rows
    before = store.sequence()
    saved = store.save([Update("villages", key.uuid, 1, {"name": "上店"}, point(1, 2))])
    assert saved.rows == (key,) and store.sequence() == before


def test_the_log_says_who_changed_what_when_and_why(store):
    from qingliu.layers.store import Delete, Insert, Update

    start = store.sequence()
    (key,) = store.save([Insert("a7", {"households": 30})], who="张三", why="入户").rows
    store.save([Update("a7", key.uuid, 1, {"households": 31})], who="李四", why="核实")
    store.save([Delete("a7", key.uuid, 2)], who="王五", why="重复")
    entries = store.changes_since(start)
    assert [(e.action, e.who, e.why, e.version) for e in entries] == [
        ("insert", "张三", "入户", 1),
        ("update", "李四", "核实", 2),
        ("delete", "王五", "重复", 2),
    ]
    assert entries[1].before == {"households": 30} and entries[1].after == {"households": 31}
    assert entries[2].before["households"] == 31
    assert [e.sequence for e in entries] == sorted(e.sequence for e in entries)
    assert store.changes_since(entries[0].sequence, "a7") == entries[1:]
    assert store.changes_since(entries[-1].sequence) == []
    assert store.history("a7", key.uuid) == entries


def test_rows_of_a_checked_sheet_are_locked_until_it_is_opened_again(store):
    from qingliu.core.errors import QingliuError
    from qingliu.layers.store import Insert, Update

    (sheet,) = store.rows("sheet", where={"table": "a7"})
    (key,) = store.save([Insert("a7", {"sheet_uuid": sheet.uuid, "households": 30})]).rows
    store.save([Update("sheet", sheet.uuid, 1, {"state": "checked", "checker": "王五"})])
    for change in (Update("a7", key.uuid, 1, {"households": 31}), Insert("a7", {"sheet_uuid": sheet.uuid})):
        with pytest.raises(QingliuError, match="QL-STORE-CHECKED"):
            store.save([change])
    unlock = Update("sheet", sheet.uuid, 2, {"state": "open"})
    store.save([unlock, Update("a7", key.uuid, 1, {"households": 31})], why="复核发现有误")
    assert store.row("a7", key.uuid).values["households"] == 31


def test_facts_are_kept_and_their_change_is_logged(store):
    start = store.sequence()
    store.set_meta({"evaluation_date": "2024-12-31", "county": None}, why="x")
    store.set_meta({"evaluation_date": "2025-12-31"})
    assert store.meta()["evaluation_date"] == "2025-12-31"
    changed = [e.after for e in store.changes_since(start)]
    assert changed == [{"evaluation_date": "2024-12-31"}, {"evaluation_date": "2025-12-31"}]


def test_geometries_keep_their_bytes_and_single_ones_become_multi(store):
    from qingliu.layers.store import Insert, Update

    saved = store.save([Insert("parcels", {}, square(3, 4, 5)), Insert("villages", {}, point(7, 8))])
    parcel, village = (store.row(k.table, k.uuid) for k in saved.rows)
    assert parcel.wkb == struct.pack("<BII", 1, 6, 1) + square(3, 4, 5)
    assert village.wkb == point(7, 8)
    store.save([Update("villages", village.uuid, 1, {}, None)])
    assert store.row("villages", village.uuid).wkb is None


def test_a_save_is_known_by_its_id(store):
    from qingliu.layers.store import Insert

    saved = store.save([Insert("a8", {})], save_id="11111111-2222-3333-4444-555555555555")
    assert store.holds(saved.save_id) and not store.holds("absent")


def contents(store):
    """All rows without their versions and times."""
    history = ("version", "updated_at", "updated_by", "created_at", "created_by")
    return {
        table: {
            r.uuid: ({k: v for k, v in r.values.items() if k not in history}, r.wkb)
            for r in store.rows(table)
        }
        for table in ("villages", "parcels", "a7", "a8")
    }


def test_undo_brings_every_row_back(store):
    from qingliu.layers.store import Delete, Insert, Update
    from qingliu.layers.store.undo import undo

    first = store.save(
        [
            Insert("villages", {"name": "上店"}, point(1, 2)),
            Insert("parcels", {"landuse": "0101"}, square(0, 0, 5)),
            Insert("a7", {"households": 30}),
            Insert("a8", {"natural_village": "上店"}),
        ]
    )
    village, parcel, a7, a8 = first.rows
    before = contents(store)
    saved = store.save(
        [
            Update("villages", village.uuid, 1, {"name": "下店"}, point(8, 9)),
            Update("villages", village.uuid, 2, {"name": "又改"}),
            Delete("parcels", parcel.uuid, 1),
            Update("a7", a7.uuid, 1, {"households": None, "population": 7}),
            Insert("a8", {"natural_village": "新"}),
            Delete("a8", a8.uuid, 1),
        ]
    )
    assert contents(store) != before
    again = undo(store, saved.save_id, why="误操作")
    assert contents(store) == before
    undo(store, again.save_id)  # and forward again
    assert store.row("villages", village.uuid).values["name"] == "又改"
    assert store.row("parcels", parcel.uuid) is None


def test_undo_of_what_somebody_changed_since_is_refused(store):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import Insert, StaleSave, Update
    from qingliu.layers.store.undo import undo

    saved = store.save([Insert("a7", {"households": 30})])
    store.save([Update("a7", saved.rows[0].uuid, 1, {"households": 31})], who="李四")
    with pytest.raises(StaleSave):
        undo(store, saved.save_id)
    with pytest.raises(InputError, match="QL-STORE-NOSAVE"):
        undo(store, "absent")


@pytest.mark.parametrize("nothing", ["", "{}", [], None], ids=repr)
def test_nothing_entered_is_null(store, nothing):
    from qingliu.layers.store import Insert

    (key,) = store.save([Insert("a7", {"natural_village": nothing, "new_energy_type": nothing})]).rows
    row = store.row("a7", key.uuid)
    assert row.values["natural_village"] is None and row.values["new_energy_type"] is None
