"""What opening says about a file, and what it refuses."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


@pytest.fixture
def survey(qgis_app, tmp_path):
    """The path of a survey with one village, at rest."""
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.store import Insert, NewSurvey, create_store
    from qingliu.layers.storecrs import srs_of

    srs = srs_of(QgsCoordinateReferenceSystem("EPSG:4547"))
    with create_store(tmp_path / "survey.gpkg", NewSurvey("青柳沟", "1", "livable", srs)) as store:
        store.save([Insert("villages", {"name": "上店"}, point(1, 2)), Insert("a7", {"households": 3})])
    return tmp_path / "survey.gpkg"


def codes(store):
    return [p.code for p in store.findings]


def opened(path, **options):
    from qingliu.layers.store import open_store

    return open_store(path, **options)


def test_a_sound_survey_opens_without_a_word(survey):
    with opened(survey) as store:
        assert codes(store) == [] and not store.read_only


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "QL-STORE-NOFILE"), (b"", "QL-STORE-NOTSURVEY"), (b"no database" * 1000, "QL-STORE-NOTSURVEY")],
    ids=["absent", "empty", "text"],
)
def test_what_is_no_database_is_said(tmp_path, content, code):
    from qingliu.core.errors import InputError

    path = tmp_path / "x.gpkg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as told:
        opened(path)
    assert told.value.code == code


def test_a_geopackage_that_is_no_survey_is_said(tmp_path, qgis_app):
    from osgeo import gdal, ogr
    from qingliu.core.errors import InputError

    path = tmp_path / "roads.gpkg"
    dataset = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
    dataset.CreateLayer("roads", None, ogr.wkbLineString)
    del dataset
    with pytest.raises(InputError, match=r"QL-STORE-NOTSURVEY.*change_log"):
        opened(path)


def test_a_damaged_file_is_said_and_the_newest_whole_copy_is_named(survey):
    from qingliu.core.errors import InputError

    with opened(survey) as store:
        copy = store.backup("test")
    data = bytearray(survey.read_bytes())
    data[4096 * 3 : 4096 * 8] = os.urandom(4096 * 5)
    survey.write_bytes(bytes(data))
    with pytest.raises(InputError) as told:
        opened(survey)
    assert told.value.code == "QL-STORE-DAMAGED" and told.value.problems[0].facts["backup"] == str(copy)


def test_foreign_triggers_make_it_read_only_and_never_run(survey):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import Insert

    connection = sqlite3.connect(survey)
    connection.execute(
        "CREATE TRIGGER rtree_villages_geom_update9 AFTER INSERT ON a7 BEGIN DELETE FROM villages; END"
    )
    connection.execute("CREATE VIEW spy AS SELECT * FROM a7")
    connection.commit()
    connection.close()
    with opened(survey) as store:
        assert codes(store) == ["QL-STORE-FOREIGN", "QL-STORE-VIEWS"] and store.read_only
        with pytest.raises(InputError, match="QL-STORE-READONLY"):
            store.save([Insert("a7", {})])
        assert store.count("villages") == 1


@pytest.mark.parametrize(
    "body",
    [
        "BEGIN DELETE FROM villages; END",
        'BEGIN DELETE FROM "rtree_villages_geom" WHERE id = load_extension(OLD."fid"); END',
        "BEGIN UPDATE a7 SET households = 0; END",
    ],
)
def test_a_trigger_that_takes_a_known_name_is_still_foreign(survey, body):
    connection = sqlite3.connect(survey)
    connection.execute("DROP TRIGGER rtree_villages_geom_delete")
    connection.execute(f"CREATE TRIGGER rtree_villages_geom_delete AFTER DELETE ON villages {body}")
    connection.commit()
    connection.close()
    with opened(survey) as store:
        assert codes(store) == ["QL-STORE-FOREIGN"]


def test_tables_that_qgis_adds_to_the_file_bring_only_known_triggers(survey):
    from osgeo import gdal, ogr

    dataset = gdal.OpenEx(str(survey), gdal.OF_VECTOR | gdal.OF_UPDATE)
    dataset.CreateLayer("mine", None, ogr.wkbPolygon)
    del dataset
    with opened(survey) as store:
        assert "QL-STORE-FOREIGN" not in codes(store) and not store.read_only


def test_triggers_of_geopackage_1_4_are_known(survey):
    """As GDAL 3.8 and later write them."""
    connection = sqlite3.connect(survey)
    connection.execute("DROP TRIGGER rtree_villages_geom_update1")
    connection.execute(
        """CREATE TRIGGER "rtree_villages_geom_update6" AFTER UPDATE OF "geom" ON "villages" WHEN
        OLD."fid" = NEW."fid" AND (NEW."geom" NOTNULL AND NOT ST_IsEmpty(NEW."geom")) AND
        (OLD."geom" NOTNULL AND NOT ST_IsEmpty(OLD."geom")) BEGIN UPDATE "rtree_villages_geom" SET
        minx = ST_MinX(NEW."geom"), maxx = ST_MaxX(NEW."geom"), miny = ST_MinY(NEW."geom"),
        maxy = ST_MaxY(NEW."geom") WHERE id = NEW."fid"; END"""
    )
    connection.commit()
    connection.close()
    with opened(survey) as store:
        assert codes(store) == []


def test_a_newer_survey_opens_for_reading_only(survey):
    connection = sqlite3.connect(survey)
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    connection.commit()
    connection.close()
    with opened(survey) as store:
        assert codes(store) == ["QL-STORE-NEWER"] and store.read_only and store.count("a7") == 1


def test_a_wal_file_without_its_companion_is_said(survey, tmp_path):
    connection = sqlite3.connect(survey, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("UPDATE meta SET value = 'x' WHERE key = 'name'")
    bare = tmp_path / "elsewhere.gpkg"
    shutil.copyfile(survey, bare)  # as a careless person copies a survey that is open
    connection.close()
    with opened(bare) as store:
        assert "QL-STORE-NOCOMPANION" in codes(store)


def test_rows_written_past_the_store_are_noticed_once_checked_and_logged(survey):
    with opened(survey) as store:
        village = store.rows("villages")[0]
        row = store.rows("a7")[0]
    connection = sqlite3.connect(survey)
    connection.execute("UPDATE a7 SET households = 'viele' WHERE uuid = ?", (row.uuid,))
    connection.execute("INSERT INTO a8 (uuid, natural_village) VALUES ('u-1', '下店')")
    connection.execute("DROP TRIGGER rtree_villages_geom_delete")
    connection.execute("DELETE FROM villages")
    connection.commit()
    connection.close()
    with opened(survey) as store:
        found = {
            (p.facts["table"], p.facts["how"]): p.facts["rows"] for p in store.findings if "how" in p.facts
        }
        assert found == {
            ("a7", "changed"): row.uuid, ("a8", "added"): "u-1", ("villages", "deleted"): village.uuid,
        }  # fmt: skip
        assert [p.facts["field"] for p in store.findings if p.code == "QL-STORE-VALUE"] == ["households"]
        assert store.row("a7", row.uuid).version == row.version + 1  # forms filled before notice it
        assert {e.action for e in store.changes_since(0)} >= {"outside"}
    with opened(survey) as store:
        assert not [p for p in store.findings if p.code == "QL-STORE-OUTSIDE"]


def test_cached_row_counts_that_lie_are_put_right(survey):
    connection = sqlite3.connect(survey)
    connection.execute(
        "CREATE TABLE gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER)"
    )
    connection.execute("INSERT INTO gpkg_ogr_contents VALUES ('villages', 24)")
    connection.commit()
    connection.close()
    with opened(survey) as store:
        assert store.connection.execute("SELECT feature_count FROM gpkg_ogr_contents").fetchone() == (1,)


# -- copies --------------------------------------------------------------------


def test_copies_are_whole_daily_and_five(survey):
    from qingliu.layers.store import Insert, backups

    with opened(survey) as store:
        for number in range(7):
            store.save([Insert("a8", {"natural_village": str(number)})])
            store.backup(f"batch {number}")
    kept = backups.backups_of(survey)
    assert [b.reason for b in kept] == [f"batch-{n}" for n in range(2, 7)]
    assert all(backups.is_whole(b.path) for b in kept)
    assert not backups.is_due(survey) and backups.is_due(survey, datetime.now() + timedelta(days=1))
    with opened(survey):
        pass
    assert len(backups.backups_of(survey)) == 5  # today has one


def test_the_order_of_copies_does_not_follow_the_clock(survey):
    from qingliu.layers.store import backups

    with opened(survey) as store:
        first = store.backup("a")
        future = first.with_name("000900_29990101T000000_future.gpkg")
        first.rename(future)
        made = store.backup("b")
    assert made.name.startswith("000901_")
    assert backups.backups_of(survey)[-1].path == made


def test_a_copy_holds_saves_that_the_bare_file_does_not(survey):
    from qingliu.layers.store import Insert

    with opened(survey) as store:
        store.save([Insert("a8", {"natural_village": "在 WAL 里"})])
        copy = store.backup("now")
        with opened(copy, read_only=True) as other:
            assert other.rows("a8")[0].values["natural_village"] == "在 WAL 里"
            assert other.findings == []


def test_restore_gives_back_every_row_and_overwrites_nothing(survey, tmp_path):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import Insert, Update, backups

    with opened(survey) as store:
        before = {t: store.rows(t) for t, i in store.tables().items() if i.tracked}
        copy = store.backup("good")
        row = store.rows("a7")[0]
        store.save([Update("a7", row.uuid, row.version, {"households": 99}), Insert("a8", {})])
    with pytest.raises(InputError, match="QL-STORE-EXISTS"):
        backups.restore(copy, survey)
    backups.restore(copy, tmp_path / "restored.gpkg")
    with opened(tmp_path / "restored.gpkg") as store:
        assert {t: store.rows(t) for t, i in store.tables().items() if i.tracked} == before


def test_a_copy_that_cannot_be_made_is_told_and_old_ones_stay(survey, monkeypatch):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import backups

    with opened(survey) as store:
        good = store.backup("good")

        def broken(connection, expected=None):
            raise OSError("no space left on device")

        monkeypatch.setattr(backups, "verify", broken)
        with pytest.raises(InputError, match=r"QL-STORE-BACKUP.*no space"):
            store.backup("bad")
    assert [b.reason for b in backups.backups_of(survey)] == ["daily", "good"]
    assert good.exists() and len(list(backups.folder_of(survey).iterdir())) == 2  # no half copy


# -- migrations ----------------------------------------------------------------


def test_a_migration_is_made_after_a_copy_and_keeps_all_data(survey):
    from qingliu.layers.store import backups, migrations

    with opened(survey) as store:
        before = {t: store.rows(t) for t, i in store.tables().items() if i.tracked}
        steps = {2: lambda c: c.execute("ALTER TABLE a7 ADD COLUMN dialect TEXT")}
        said = migrations.migrate(store, steps=steps, version=2)
        assert [p.code for p in said] == ["QL-STORE-MIGRATED"] and store.schema_version == 2
        assert "dialect" in {c.name for c in store.tables()["a7"].columns}
        for table, rows in before.items():
            for old, new in zip(rows, store.rows(table)):
                assert {**old.values, "dialect": None}.items() >= new.values.items()
    assert backups.backups_of(survey)[-1].reason == "before-version-2"


def test_a_migration_that_fails_leaves_version_and_data_as_they_were(survey):
    from qingliu.layers.store import migrations

    def broken(connection):
        connection.execute("ALTER TABLE a7 ADD COLUMN dialect TEXT")
        raise sqlite3.OperationalError("disk I/O error")

    from qingliu.core.errors import QingliuError

    with opened(survey) as store:
        with pytest.raises(QingliuError, match="disk I/O"):
            migrations.migrate(store, steps={2: broken}, version=2)
        assert store.schema_version == 1
        assert "dialect" not in {r[1] for r in store.connection.execute("PRAGMA table_info(a7)")}


def test_a_survey_that_lacks_a_column_of_the_edition_gets_it(survey):
    connection = sqlite3.connect(survey)
    connection.execute("ALTER TABLE a7 DROP COLUMN industry_scale")
    connection.execute("DELETE FROM gpkg_data_columns WHERE column_name = 'industry_scale'")
    connection.execute("DROP TABLE a12x")
    for table in ("gpkg_contents", "gpkg_data_columns", "gpkg_data_column_constraints"):
        column = "table_name" if table != "gpkg_data_column_constraints" else "constraint_name"
        connection.execute(f"DELETE FROM {table} WHERE {column} LIKE 'a12x%'")
    connection.commit()
    connection.close()
    with opened(survey) as store:
        assert "QL-STORE-MIGRATED" in codes(store)
        assert "industry_scale" in {c.name for c in store.tables()["a7"].columns}
        assert store.count("a12x") == 0 and store.rows("a7")[0].values["households"] == 3
        assert "QL-STORE-OUTSIDE" not in codes(store)


# -- places --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/mnt/共享/a.gpkg", "cifs"),
        ("/mnt/共享 盘/a.gpkg", "nfs4"),
        ("/home/x/a.gpkg", "ext4"),
        ("/mnt/a.gpkg", "ext4"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_its_nearest_mount(path, expected):
    from pathlib import PurePosixPath

    from qingliu.layers.store.places import mount_type

    mounts = [
        "/dev/sda1 / ext4 rw 0 0",
        "//srv/x /mnt/共享 cifs rw 0 0",
        "srv:/y /mnt/共享\\040盘 nfs4 rw 0 0",
    ]
    assert mount_type(PurePosixPath(path), mounts) == expected


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/home/x/OneDrive - 局/a.gpkg", "OneDrive - 局"),
        ("/d/坚果云/a.gpkg", "坚果云"),
        ("/d/dropbox.gpkg", ""),
    ],
)
def test_synchronised_folders_are_known_by_name(path, folder):
    from pathlib import PurePosixPath

    from qingliu.layers.store.places import synced_folder

    assert synced_folder(PurePosixPath(path)) == folder


@pytest.fixture
def share(survey, tmp_path, monkeypatch):
    """The survey on what counts as a network drive, and a folder for local copies."""
    from qingliu.layers.store import places

    folder = tmp_path / "share"
    folder.mkdir()
    shutil.move(str(survey), folder / "survey.gpkg")
    monkeypatch.setattr(places, "is_network", lambda p: folder in Path(p).parents)
    return folder / "survey.gpkg", tmp_path / "work"


def test_a_survey_on_a_network_drive_is_worked_on_locally_and_sent_back(share):
    from qingliu.layers.store import Insert

    path, work = share
    before = path.read_bytes()
    store = opened(path, work_folder=work)
    assert "QL-STORE-LOCALCOPY" in codes(store) and work in store.path.parents and store.home == path
    store.save([Insert("a8", {"natural_village": "上店"})])
    assert path.read_bytes() == before
    store.close()
    with opened(path, read_only=True) as there:
        assert there.rows("a8")[0].values["natural_village"] == "上店"


def test_unsent_saves_of_a_crash_are_taken_up_again_and_a_conflict_keeps_both(share):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import Insert

    path, work = share
    store = opened(path, work_folder=work)
    store.save([Insert("a8", {"natural_village": "未送回"})])
    store._connection.close()  # as after a crash
    again = opened(path, work_folder=work)
    assert again.count("a8") == 1
    again._connection.close()
    with opened(path) as other:  # meanwhile somebody saves on the share
        other.save([Insert("a8", {"natural_village": "别人"})])
    with pytest.raises(InputError, match="QL-STORE-COPYCONFLICT"):
        opened(path, work_folder=work)
    with opened(path, read_only=True) as there:
        assert [r.values["natural_village"] for r in there.rows("a8")] == ["别人"]


# -- drafts --------------------------------------------------------------------


def test_drafts_survive_and_come_back_equal(tmp_path, qgis_app):
    from qingliu.layers.store import KEEP, Delete, Draft, Drafts, Insert, Update

    drafts = Drafts(tmp_path / "drafts")
    changes = (
        Insert("villages", {"name": "上店"}, point(1, 2)),
        Update("a7", "u", 3, {"households": None, "new_energy_type": '{"沼气"}'}, KEEP),
        Update("villages", "v", 1, {}, None),
        Delete("a8", "w", 2),
    )
    draft = Draft("store-1", changes, "张三", "入户")
    drafts.keep(draft)
    (drafts.folder / "half.json").write_text('{"id": "')
    assert Drafts(tmp_path / "drafts").left("store-1") == [draft]
    assert drafts.left("store-2") == []
    drafts.drop(draft.id)
    assert drafts.left("store-1") == []


def test_the_store_core_runs_without_qgis(survey):
    """The kill tests' writers are plain Python, and so may be a server's."""
    code = (
        "import sys; sys.modules['qgis'] = None; sys.path.insert(0, 'tests'); import conftest\n"
        "from qingliu.layers.store import open_store, Insert\n"
        f"s = open_store({str(survey)!r}); s.save([Insert('a8', {{}})]); print(s.count('a8')); s.close()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "1", done.stderr


@pytest.mark.parametrize(("free", "code"), [(4096, "QL-STORE-FULL"), (2**30, "QL-STORE-UNREADABLE")])
def test_a_disk_error_on_a_full_disk_is_told_as_a_full_disk(tmp_path, monkeypatch, free, code):
    from collections import namedtuple

    from qingliu.layers.store import connection

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(connection.shutil, "disk_usage", lambda path: usage(2**30, 0, free))
    error = sqlite3.OperationalError("disk I/O error")
    assert connection.told(error, tmp_path / "s.gpkg", "QL-STORE-UNREADABLE").code == code
