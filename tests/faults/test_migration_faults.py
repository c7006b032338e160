"""A kill at each statement of a migration: the version is old or new, the data are whole, a copy is there (F13)."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3

import pytest

if not hasattr(os, "fork"):
    pytest.skip("needs fork", allow_module_level=True)


def dump(path):
    """Rows of the tables that hold data, without columns that the migration adds."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = {}
        for table in ("a6", "a7", "a8", "villages", "parcels", "sheet"):
            names = [r[1] for r in connection.execute(f"PRAGMA table_info({table})")]
            kept = [n for n in names if n not in ("industry_scale", "dialect")]
            listed = ", ".join(f'"{n}"' for n in kept)
            found[table] = connection.execute(f"SELECT {listed} FROM {table} ORDER BY fid").fetchall()
        version = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()[0]
        return version, found
    finally:
        connection.close()


@pytest.fixture
def aged(faults, program, tmp_path):
    """A survey with three actions whose layout lacks a column and a table of the edition."""
    path = tmp_path / "start" / "survey.gpkg"
    path.parent.mkdir()
    program("new", path).lines()
    program("some", path, 3).lines()
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE a7 DROP COLUMN industry_scale")
    connection.execute("DELETE FROM gpkg_data_columns WHERE column_name = 'industry_scale'")
    connection.execute("DROP TABLE a12x")
    for table in ("gpkg_contents", "gpkg_data_columns"):
        connection.execute(f"DELETE FROM {table} WHERE table_name LIKE 'a12x%'")
    connection.execute("DELETE FROM gpkg_data_column_constraints WHERE constraint_name LIKE 'a12x%'")
    connection.commit()
    connection.close()
    return path


def migrate_and_die(path, at):
    """In a child: open and migrate, and be killed at the ``at``-th statement; whether it was."""
    from qingliu.layers.store import migrations
    from qingliu.layers.store.gpkg import GpkgStore

    pid = os.fork()
    if pid == 0:
        try:
            store = GpkgStore(path, who="x")
            count = [0]

            def trace(_):
                count[0] += 1
                if count[0] == at:
                    os.kill(os.getpid(), signal.SIGKILL)

            store.connection.set_trace_callback(trace)
            steps = {2: lambda c: c.execute("ALTER TABLE a7 ADD COLUMN dialect TEXT")}
            migrations.migrate(store, steps=steps, version=2)
            store.connection.set_trace_callback(None)
            store.close()
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def try_at(aged, folder, at, before):
    """One kill; whether there was anything left to kill."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(aged.parent, folder)
    path = folder / "survey.gpkg"
    killed = migrate_and_die(path, at)
    version, rows = dump(path)
    assert rows == before and version in ("1", "2"), at
    copies = sorted((folder / "survey.backups").glob("*.gpkg"))
    if version == "2":
        assert len(copies) >= 1 and dump(copies[-1])[1] == before, "changed without a copy"
    from qingliu.layers.store import migrations, open_store

    with open_store(path, daily_backup=False) as store:  # what the next session does
        if version == "1":
            assert "industry_scale" in {c.name for c in store.tables()["a7"].columns}
            assert store.count("a12x") == 0 and migrations.missing_parts(store) == {}
    return killed


def storm(aged, folder, step):
    before = dump(aged)[1]
    kills, at = 0, 1
    while try_at(aged, folder, at, before):
        kills += 1
        at += step
    print("migration: kills", kills, "statements about", at)
    return kills


def test_kills_at_every_twentieth_statement_of_a_migration_lose_nothing(aged, tmp_path):
    assert storm(aged, tmp_path / "now", 23) >= 5


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_a_kill_at_each_statement_of_a_migration_loses_nothing(aged, tmp_path):
    assert storm(aged, tmp_path / "now", 1) >= 100
