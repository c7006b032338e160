"""Kills, full disks, failing writes, locks, two writers, read-only media: nothing lost, torn or corrupt.

The short forms run in the suite, the long ones by ``make torture``. That the harness finds faults
where there are any is shown by the test of a plain ``commitChanges()`` writer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import pytest

CLEAN = {"lost": 0, "torn": 0, "corrupt": 0, "faults": []}


def damage(result):
    return {key: result[key] for key in CLEAN}


# -- kills ---------------------------------------------------------------------


@pytest.mark.timeout(280)
def test_fifty_kills_lose_tear_and_corrupt_nothing(storm):
    result = storm(50, seed=1)
    assert result["kills"] == 50 and result["acknowledged"] > 50
    assert damage(result) == CLEAN


@pytest.mark.timeout(280)
def test_kills_while_edits_of_qgis_layers_are_saved(storm, qgis_app):
    result = storm(4, seed=2, how="session")
    assert damage(result) == CLEAN


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_kills(storm, seed):
    """Four times 250."""
    result = storm(250, seed=100 + seed)
    assert result["kills"] == 250 and damage(result) == CLEAN


@pytest.mark.timeout(280)
def test_kills_while_the_dock_itself_saves(storm, qgis_app):
    result = storm(3, seed=5, how="dock")
    assert result["acknowledged"] > 0 and damage(result) == CLEAN


@pytest.mark.torture
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_kills_through_the_docks_save_path(storm, seed):
    """Four times 250, the dock's layers open, its actions in turn at once, in a task and by QGIS's tools."""
    result = storm(250, seed=300 + seed, how="dock")
    assert result["kills"] == 250 and damage(result) == CLEAN


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_two_hundred_kills_while_map_edits_are_saved(storm):
    result = storm(200, seed=3, how="session")
    assert result["kills"] == 200 and damage(result) == CLEAN


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_the_harness_finds_the_faults_of_plain_commit_changes(storm):
    """The same kills on QGIS's own saving, layer by layer, tear actions: an action of five tables is five
    transactions. Chance decides how many; none in forty kills would mean that the harness is blind."""
    result = storm(40, seed=4, how="plain")
    assert result["lost"] + result["torn"] > 0


# -- the oracle itself ------------------------------------------------------------


def _sql(path, *statements):
    import sqlite3

    connection = sqlite3.connect(path)
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        connection.create_function(name, 1, lambda blob: 0)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("DELETE FROM a7 WHERE natural_village = '2'", "a7"),
        ("UPDATE a6 SET length_m = 4", "villages"),
        ("INSERT INTO a8 (uuid, natural_village) VALUES ('x', '2')", "a8"),
        ("DELETE FROM rtree_parcels_geom WHERE id = 2", "index"),
    ],
    ids=["row-missing", "token-ahead", "replaced-row-double", "index"],
)
def test_the_oracle_sees_each_kind_of_tear(faults, program, survey, statement, word):
    program("some", survey, 3).lines()
    assert faults.state_of(survey) == (3, [])
    _sql(survey, statement)
    _, found = faults.state_of(survey)
    assert found and any(word in text for text in found)


# -- the disk --------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MB of its own; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting a small disk needs root")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]).returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def acknowledged(lines):
    return [line for line in lines if line.startswith("ACK")]


def refused(lines):
    return {line.split()[2] for line in lines if line.startswith("ERR")}


@pytest.mark.parametrize("room_kb", [40, 120, 400])
def test_a_full_disk_is_told_loses_nothing_and_saving_works_once_there_is_room(
    faults, program, small_disk, room_kb
):
    path = small_disk / "survey.gpkg"
    program("new", path).lines()
    program("some", path, 5).lines()
    ballast = small_disk / "ballast"
    free = os.statvfs(small_disk)
    ballast.write_bytes(b"\1" * (free.f_bavail * free.f_frsize - room_kb * 1024))
    lines = program("some", path, 120).lines()
    told = refused(lines)
    assert told and told <= {"QL-STORE-FULL", "QL-STORE-FAILED"}, told
    state, found = faults.state_of(path)
    assert found == [] and state == 5 + len(acknowledged(lines))
    ballast.unlink()
    lines = program("some", path, 5).lines()
    assert refused(lines) == set() and faults.state_of(path) == (state + 5, [])


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """A library that makes writes fail; skips where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler for the failing disk")
    made = tmp_path_factory.mktemp("shim") / "eio.so"
    source = os.path.join(os.path.dirname(__file__), "eio.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-w", "-o", made, source, "-ldl"], check=True)
    return made


def _failing(shim, at, for_good):
    env = {**os.environ, "LD_PRELOAD": str(shim), "EIO_NAME": "survey.gpkg", "EIO_AT": str(at)}
    return {**env, "EIO_ALL": "1"} if for_good else env


def _write_while_failing(program, survey, env):
    """12 actions on a disk that fails: what was said, whether the disk did fail."""
    process = program("some", survey, 12, env=env).process
    out, err = process.communicate(timeout=120)
    return out.splitlines(), "EIO" in err, err


@pytest.mark.parametrize("at", [3, 12])
def test_a_failing_disk_at_opening_is_told_and_changes_nothing(faults, program, survey, shim, at):
    program("some", survey, 3).lines()
    lines, failed, err = _write_while_failing(program, survey, _failing(shim, at, False))
    assert failed and lines == [] and "QL-STORE-UNREADABLE" in err
    assert faults.state_of(survey) == (3, [])


@pytest.mark.parametrize("at", [22, 31, 48, 75, 110])
def test_one_failing_write_is_told_and_leaves_whole_actions(faults, program, survey, shim, at):
    program("some", survey, 3).lines()
    lines, failed, _ = _write_while_failing(program, survey, _failing(shim, at, False))
    assert failed and refused(lines) == {"QL-STORE-FAILED"}
    state, found = faults.state_of(survey)
    assert found == [] and state == 3 + len(acknowledged(lines)) == 14
    program("some", survey, 2).lines()
    assert faults.state_of(survey) == (16, [])


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_each_write_fails_once(faults, program, tmp_path, shim):
    """Every third call of the first 240, with a new survey each."""
    for at in range(1, 240, 3):
        path = tmp_path / f"{at}" / "survey.gpkg"
        path.parent.mkdir()
        program("new", path).lines()
        lines, failed, err = _write_while_failing(program, path, _failing(shim, at, False))
        state, found = faults.state_of(path)
        assert failed and found == [] and state == len(acknowledged(lines)), (at, lines, err)


@pytest.mark.parametrize("at", [30, 90])
def test_a_pulled_stick_is_told_and_all_acknowledged_saves_are_there_afterwards(
    faults, program, survey, shim, at
):
    program("some", survey, 3).lines()
    lines, failed, _ = _write_while_failing(program, survey, _failing(shim, at, True))
    assert failed and refused(lines) == {"QL-STORE-FAILED"} and len(acknowledged(lines)) < 12
    state, found = faults.state_of(survey)
    assert found == [] and state == 3 + len(acknowledged(lines))


# -- other people -------------------------------------------------------------------


def test_a_lock_held_for_eight_seconds_is_waited_for(faults, program, survey):
    program("lock", survey, 8).ready()
    started = time.monotonic()
    lines = program("some", survey, 1).lines()
    assert acknowledged(lines) == ["ACK 1"] and time.monotonic() - started > 5
    assert faults.state_of(survey) == (1, [])


def test_two_writers_lose_no_update(program, survey):
    import sqlite3

    both = [program("token", survey, 60, name) for name in ("甲", "乙")]
    for one in both:
        assert one.lines()[-1].startswith("DONE")
    connection = sqlite3.connect(survey)
    assert connection.execute("SELECT length_m FROM a6").fetchone() == (120,)
    names = {r[0] for r in connection.execute("SELECT name FROM villages")}
    assert names == {f"{who} {n}" for who in "甲乙" for n in range(60)}
    entries = connection.execute("SELECT count(DISTINCT save_id) FROM change_log WHERE who IN ('甲', '乙')")
    assert entries.fetchone() == (120,)
    connection.close()


def test_readers_beside_a_writer_see_whole_saves_only(program, survey, qgis_app):
    """200 full scans of a QGIS layer while another process saves 20 parcels at a time."""
    from qgis.core import QgsFeatureRequest, QgsVectorLayer

    writer = program("twenties", survey, 30).ready()
    layer = QgsVectorLayer(f"{survey}|layername=parcels", "p", "ogr")
    request = QgsFeatureRequest().setSubsetOfAttributes([])
    counts = []
    while len(counts) < 200 and writer.process.poll() is None:
        counts.append(sum(1 for _ in layer.getFeatures(request)))
    beside = len(counts)
    writer.process.terminate()
    assert beside == 200, "the writer ended before the readers"
    assert counts[-1] > counts[0] and counts == sorted(counts)
    assert [n for n in counts if n % 20] == []
    del layer


def test_a_read_only_medium_is_said_and_every_saved_row_is_shown(program, small_disk, qgis_app):
    from qingliu.core.errors import InputError
    from qingliu.layers.store import Insert, open_store

    path = small_disk / "survey.gpkg"
    program("new", path).lines()
    program("some", path, 4).lines()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with open_store(path) as store:
        assert [p.code for p in store.findings] == ["QL-STORE-NOWRITE"] and store.read_only
        assert store.count("villages") == 4
        with pytest.raises(InputError, match="QL-STORE-READONLY"):
            store.save([Insert("a7", {})])


def test_saves_left_in_the_wal_of_a_read_only_medium_are_shown_too(program, small_disk, qgis_app):
    from qingliu.layers.store import open_store

    path = small_disk / "survey.gpkg"
    program("new", path).lines()
    writer = program("twenties", path, 60).ready()
    time.sleep(1.0)
    writer.process.kill()
    writer.process.wait()
    assert path.with_name("survey.gpkg-wal").stat().st_size > 0
    path.with_name("survey.gpkg-shm").unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    store = open_store(path)
    assert store.findings[0].code == "QL-STORE-STRANDED" and store.read_only
    count = store.count("parcels")
    saves = store.connection.execute(
        "SELECT count(DISTINCT save_id) FROM change_log WHERE table_name = 'parcels'"
    ).fetchone()[0]
    assert count == 20 * saves > 0
    store.close()
