"""A session killed while the file had a rollback journal: the next one opens it, and half a save is undone."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3

import pytest

if not hasattr(os, "fork"):
    pytest.skip("needs fork", allow_module_level=True)


@pytest.fixture
def torn(faults, program, survey):
    """A survey at rest whose last writer was killed in the middle: its journal lies beside it."""
    program("some", survey, 5).lines()
    pid = os.fork()
    if pid == 0:
        connection = sqlite3.connect(survey, isolation_level=None)
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA cache_spill = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE a7 SET natural_village = hex(randomblob(30000))")
        connection.execute("UPDATE a8 SET natural_village = hex(randomblob(30000))")
        connection.execute("UPDATE meta SET value = 'half' WHERE key = 'name'")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    journal = survey.with_name(survey.name + "-journal")
    assert journal.exists() and journal.read_bytes()[:8] == bytes.fromhex("d9d505f920a163d7")
    return survey


def test_the_next_session_opens_it_and_nothing_of_the_half_save_is_there(torn, faults):
    from qingliu.layers.store import open_store

    with open_store(torn, daily_backup=False) as store:
        assert store.findings == [] and not store.read_only
        assert store.meta()["name"] == "青柳沟" and store.count("a7") == 5
    assert faults.state_of(torn) == (5, [])


def test_so_does_whoever_only_reads(torn):
    from qingliu.layers.store import open_store

    with open_store(torn, read_only=True) as store:
        assert store.meta()["name"] == "青柳沟" and store.count("a7") == 5


def test_a_package_that_came_back_so_is_read_whole(torn, tmp_path):
    from qingliu.layers.fieldread import copied

    folder = tmp_path / "device"
    folder.mkdir()
    for name in (torn.name, torn.name + "-journal"):
        shutil.copyfile(torn.with_name(name), folder / name)
    with copied(folder / torn.name) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'name'").fetchone() == ("青柳沟",)
        assert connection.execute(
            "SELECT count(*) FROM a7 WHERE length(natural_village) > 100"
        ).fetchone() == (0,)
    assert (folder / (torn.name + "-journal")).exists()  # left as it lay


def killed(survey, before):
    """A session that saves and is killed after ``before(store)``."""
    from qingliu.layers.store import open_store

    pid = os.fork()
    if pid == 0:
        store = open_store(survey, daily_backup=False)
        store.set_meta({"name": "清水沟"})
        before(store)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    assert survey.read_bytes()[18:20] == b"\x02\x02"


def into_the_file(store):
    """The last step of going to rest but one: the log is in the file and gone, the header still says WAL."""
    from qingliu.layers.store import users

    users.turn(store.note, True)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    store.connection.close()


def test_a_session_killed_while_it_went_to_rest_lost_nothing_and_nobody_is_alarmed(survey):
    from qingliu.layers.store import open_store

    killed(survey, into_the_file)
    assert not survey.with_name(survey.name + "-wal").exists()
    with open_store(survey, daily_backup=False) as store:
        assert store.findings == [] and store.meta()["name"] == "清水沟"


def test_a_copy_of_that_file_elsewhere_is_doubted(survey, tmp_path):
    from qingliu.layers.store import open_store

    killed(survey, into_the_file)
    other = tmp_path / "elsewhere" / survey.name
    other.parent.mkdir()
    shutil.copyfile(survey, other)
    with open_store(other, daily_backup=False) as store:
        assert [p.code for p in store.findings] == ["QL-STORE-NOCOMPANION"]


def test_a_log_that_somebody_took_away_after_a_crash_is_told(survey):
    from qingliu.layers.store import open_store

    killed(survey, lambda store: None)
    survey.with_name(survey.name + "-wal").unlink()
    survey.with_name(survey.name + "-shm").unlink(missing_ok=True)
    with open_store(survey, daily_backup=False) as store:
        assert [p.code for p in store.findings] == ["QL-STORE-NOCOMPANION"]
        assert store.meta()["name"] == "青柳沟"


def test_a_session_killed_while_it_opened_left_nothing_open_to_doubt(survey, monkeypatch):
    """The header says WAL before there is a log: nothing was saved yet, so nothing can be missing."""
    from qingliu.layers.store import gpkg, open_store

    def turned(connection, wait_s):
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        os.kill(os.getpid(), signal.SIGKILL)

    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(gpkg, "use_wal", turned)
        open_store(survey, daily_backup=False)
        os._exit(1)
    os.waitpid(pid, 0)
    assert survey.read_bytes()[18:20] == b"\x02\x02"
    assert not survey.with_name(survey.name + "-wal").exists()
    with open_store(survey, daily_backup=False) as store:
        assert store.findings == []
