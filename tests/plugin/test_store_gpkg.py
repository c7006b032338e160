"""The GeoPackage behind the store: R-trees, extents, GDAL's and QGIS's view of it."""

from __future__ import annotations

import math
import random
import shutil
import sqlite3
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import gdal, ogr


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


def ring(points):
    return struct.pack("<I", len(points)) + b"".join(struct.pack("<dd", *p) for p in points)


def polygon(points):
    return struct.pack("<BII", 1, 3, 1) + ring(points)


@pytest.fixture
def store(qgis_app, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.store import NewSurvey, create_store
    from qingliu.layers.storecrs import srs_of

    srs = srs_of(QgsCoordinateReferenceSystem("EPSG:4547"))
    made = create_store(tmp_path / "survey.gpkg", NewSurvey("青柳沟", "1", "livable", srs))
    yield made
    made.close()


def rtree_entries(connection, table):
    return sorted(connection.execute(f'SELECT * FROM "rtree_{table}_geom"'))


def recomputed(connection, table):
    """The table's envelopes put into a fresh R-tree (its columns are float32, rounded outwards)."""
    fresh = sqlite3.connect(":memory:")
    fresh.execute("CREATE VIRTUAL TABLE r USING rtree(id, minx, maxx, miny, maxy)")
    gdal.UseExceptions()
    for fid, blob in connection.execute(f'SELECT fid, geom FROM "{table}" WHERE geom IS NOT NULL'):
        size = 8 + 8 * (0, 4, 6, 6, 8)[blob[3] >> 1 & 7]
        geometry = ogr.CreateGeometryFromWkb(bytes(blob[size:]))
        if not geometry.IsEmpty():
            fresh.execute("INSERT INTO r VALUES (?, ?, ?, ?, ?)", (fid, *geometry.GetEnvelope()))
    return sorted(fresh.execute("SELECT * FROM r"))


def test_spatial_index_equals_the_envelopes_after_many_mixed_changes(store):
    from qingliu.layers.store import Delete, Insert, Update

    random.seed(7)
    known = {}
    for _ in range(30):
        batch = []
        for _ in range(40):
            x, y = random.uniform(4e5, 6e5), random.uniform(3e6, 4e6)
            batch.append(Insert("parcels", {}, polygon([(x, y), (x + 9.3, y), (x, y + 7.1), (x, y)])))
        for uuid in random.sample(sorted(known), min(20, len(known))):
            version = known.pop(uuid)
            x, y = random.uniform(4e5, 6e5), random.uniform(3e6, 4e6)
            moved = polygon([(x, y), (x + 3, y), (x, y + 3), (x, y)])
            change = random.choice(
                [Delete("parcels", uuid, version), Update("parcels", uuid, version, {}, moved),
                 Update("parcels", uuid, version, {}, None)]
            )  # fmt: skip
            batch.append(change)
        known.update((k.uuid, k.version) for k in store.save(batch).rows if store.row("parcels", k.uuid))
    entries = rtree_entries(store.connection, "parcels")
    assert len(entries) > 800 and entries == recomputed(store.connection, "parcels")
    assert store.connection.execute("SELECT rtreecheck('rtree_parcels_geom')").fetchone()[0] == "ok"


@given(st.lists(st.tuples(st.floats(-1e7, 1e7), st.floats(-1e7, 1e7)), min_size=1, max_size=20))
def test_envelope_of_wkb_is_gdals(points):
    from qingliu.layers.store.geometry import envelope_of_blob, envelope_of_wkb, to_blob, to_wkb

    line = struct.pack("<BI", 1, 2) + ring(points)
    expected = ogr.CreateGeometryFromWkb(line).GetEnvelope()
    assert tuple(envelope_of_wkb(line)) == expected
    assert tuple(envelope_of_blob(to_blob(line, 4547))) == expected
    assert to_wkb(to_blob(line, 4547)) == line


@pytest.mark.parametrize(
    ("wkb", "empty"),
    [
        (point(1, 2), False),
        (point(math.nan, math.nan), True),
        (struct.pack("<BII", 1, 2, 0), True),
        (struct.pack(">BII", 0, 2, 1) + struct.pack(">dd", 5, 6), False),
        (struct.pack("<BII", 1, 7, 2) + point(1, 2) + struct.pack("<BII", 1, 2, 0), False),
    ],
    ids=["point", "empty-point", "empty-line", "big-endian", "collection"],
)
def test_empty_is_told_from_full(wkb, empty):
    from qingliu.layers.store.geometry import envelope_of_wkb

    assert (envelope_of_wkb(wkb) is None) is empty


@given(st.binary(max_size=60))
def test_broken_wkb_is_refused_not_stored(data):
    from qingliu.core.errors import InputError
    from qingliu.layers.store.geometry import envelope_of_wkb

    try:
        found = envelope_of_wkb(data)
    except InputError as error:
        assert error.code == "QL-STORE-WKB"
    else:
        assert found is None or all(map(math.isfinite, found))


def test_blobs_that_gdal_wrote_are_read_with_and_without_envelope(qgis_app, tmp_path):
    from qingliu.layers.store.geometry import envelope_of_blob

    gdal.UseExceptions()
    path = str(tmp_path / "x.gpkg")
    dataset = gdal.GetDriverByName("GPKG").Create(path, 0, 0, 0, gdal.GDT_Unknown)
    layer = dataset.CreateLayer("x", None, ogr.wkbUnknown)
    texts = [
        "POINT (3 4)",
        "POINT EMPTY",
        "LINESTRING (1 2,3 5)",
        "POLYGON ((0 0,4 0,0 9,0 0))",
        "LINESTRING EMPTY",
    ]
    for text in texts:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(text))
        layer.CreateFeature(feature)
    del feature, layer, dataset
    blobs = [r[0] for r in sqlite3.connect(path).execute("SELECT geom FROM x ORDER BY fid")]
    assert [envelope_of_blob(b) for b in blobs] == [(3, 3, 4, 4), None, (1, 3, 2, 5), (0, 4, 0, 9), None]


def test_extent_grows_with_the_rows_and_last_change_moves(store):
    from qingliu.layers.store import Insert

    def extent():
        sql = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'villages'"
        return store.connection.execute(sql).fetchone()

    assert extent() == (None, None, None, None)
    store.save([Insert("villages", {}, point(5, 7)), Insert("villages", {})])
    assert extent() == (5, 7, 5, 7)
    store.save([Insert("villages", {}, point(2, 9))])
    assert extent() == (2, 7, 5, 9)


def test_log_is_append_only_even_for_other_programs(store):
    for sql in ("DELETE FROM change_log", "UPDATE change_log SET who = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            store.connection.execute(sql)


def test_qgis_counts_and_reads_what_was_just_saved(store, qgis_app):
    from qgis.core import QgsVectorLayer
    from qingliu.layers.store import Insert

    layer = QgsVectorLayer(f"{store.path}|layername=villages", "v", "ogr")
    assert layer.isValid() and layer.featureCount() == 0
    store.save([Insert("villages", {"name": f"村{i}"}, point(i, i)) for i in range(7)])
    layer.dataProvider().reloadData()
    assert layer.featureCount() == 7 == len(list(layer.getFeatures()))
    assert layer.extent().toString(0) == "0,0 : 6,6"
    del layer


def test_gdals_validator_is_content_with_a_filled_store(store):
    from osgeo_utils.samples import validate_gpkg
    from qingliu.layers.store import Insert

    store.save(
        [
            Insert("villages", {"name": "上店"}, point(5e5, 4e6)),
            Insert("measures", {"measure": "terrace"}, polygon([(0, 0), (1, 0), (0, 1), (0, 0)])),
            Insert("measures", {"measure": "grass"}, point(3, 3)),
            Insert("a6", {"sand_digging": True}),
            Insert("sheet", {"table": "a1", "survey_date": "2024-05-01"}),
            Insert("photos", {"taken_at": "2024-05-01T10:20:30Z"}, None),
        ]
    )
    path = store.path
    store.close()
    assert not validate_gpkg.check(str(path), extra_checks=True)


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("2025-06-18T08:00:00Z", "2025-06-18T08:00:00.000Z"),
        ("2025-06-18 08:00", "2025-06-18T08:00:00.000Z"),
        ("2025-06-18T08:00:00.1239+08:00", "2025-06-18T00:00:00.123Z"),
        ("2025-12-31T23:59:59-0130", "2026-01-01T01:29:59.000Z"),
    ],
)
def test_a_moment_is_kept_as_geopackage_writes_it(entered, kept):
    from qingliu.layers.store.values import moment

    assert moment(entered) == kept and moment(kept) == kept


@pytest.mark.parametrize("entered", ["2025-02-31T08:00:00Z", "2025-06-18", "25:00", "heute", 5, None])
def test_what_is_no_moment_is_no_moment(entered):
    from qingliu.layers.store.values import Misfit, moment

    with pytest.raises(Misfit):
        moment(entered)


def test_gdals_validator_is_content_with_moments_given_from_outside(store, qgis_app):
    from osgeo_utils.samples import validate_gpkg
    from qingliu.layers.store import Insert

    origin = {"value_id": "a1:x:f", "made_at": "2025-06-18T08:00:00+00:00"}
    known = {c.name for c in store.tables()["provenance"].columns}
    store.save(
        [Insert("provenance", {k: v for k, v in origin.items() if k in known})], at="2025-06-18T08:00:00Z"
    )
    store.set_meta({"name": "清水沟"}, at="2025-06-18T08:00:00Z")
    path = store.path
    store.close()
    assert not validate_gpkg.check(str(path), extra_checks=True, warning_as_error=True)


def test_gdals_validator_is_content_with_every_file_of_the_practice_watershed(practice_folder, tmp_path):
    from osgeo_utils.samples import validate_gpkg

    files = sorted(practice_folder.glob("*.gpkg"))
    assert {"survey.gpkg", "landuse.gpkg"} <= {p.name for p in files}
    for path in files:
        copy = shutil.copyfile(path, tmp_path / path.name)
        assert not validate_gpkg.check(str(copy), extra_checks=True, warning_as_error=True), path.name


def test_closing_leaves_one_file_in_rollback_mode_and_wal_while_open(store):
    from qingliu.layers.store import Insert

    store.save([Insert("a8", {})])
    folder = store.path.parent
    assert store.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert store.connection.execute("PRAGMA synchronous").fetchone()[0] == 3  # EXTRA
    assert store.close()
    assert sorted(p.name for p in folder.iterdir() if not p.name.endswith(".backups")) == ["survey.gpkg"]
    assert store.path.read_bytes()[18:20] == b"\x01\x01"


def test_the_last_of_two_to_close_puts_the_file_to_rest(store):
    from qingliu.layers.store import Insert, open_store

    second = open_store(store.path, who="李四")
    assert second.users() == [f"{store.who}@{_host()}"]
    second.save([Insert("a8", {})])
    assert store.close() is False  # still open elsewhere: stays WAL, nothing lost
    assert second.close() is True
    again = open_store(store.path)
    assert again.count("a8") == 1 and again.findings == []
    again.close()


def _host():
    import socket

    return socket.gethostname()


def test_a_lock_held_by_another_is_waited_for_and_refused_by_name(store):
    from qingliu.core.errors import QingliuError
    from qingliu.layers.store import Insert, open_store

    other = open_store(store.path, who="李四")
    other.connection.execute("BEGIN IMMEDIATE")
    told = []
    store.wait_s = 0.6
    store.waiting = lambda seconds, who: told.append(who) or True
    with pytest.raises(QingliuError) as refused:
        store.save([Insert("a8", {})])
    assert refused.value.code == "QL-STORE-BUSY" and "李四" in refused.value.text("zh")
    assert told and told[0][0].startswith("李四@")
    other.connection.execute("ROLLBACK")
    store.save([Insert("a8", {})])
    assert store.count("a8") == 1
    other.close()
