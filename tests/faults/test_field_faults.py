"""Kills while a package is made: the folder holds the old package whole or the new one whole, never half."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("qgis.core")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
_spec = importlib.util.spec_from_file_location(
    "field_surveys", ROOT / "tests" / "plugin" / "field_surveys.py"
)
fs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fs)


def package_state(folder):
    """The id of the package in a folder; None where there is none. Raises AssertionError where it is half."""
    if not folder.exists():
        return None
    manifest = json.loads((folder / "package.json").read_text("utf-8"))
    for name, size in manifest["files"].items():
        assert (folder / name).stat().st_size == size, name
    (gpkg,) = folder.glob("*.gpkg")
    connection = sqlite3.connect(f"file:{gpkg}?mode=ro&immutable=1", uri=True)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = dict(connection.execute("SELECT key, value FROM meta"))
    assert connection.execute("SELECT count(*) FROM a7").fetchone() == (2,)
    connection.close()
    assert found["package_id"] == manifest["id"]
    (project,) = folder.glob("*.qgz")
    with zipfile.ZipFile(project) as archive:
        assert archive.testzip() is None
    return manifest["id"]


def _wait_for(word, log, child):
    deadline = time.monotonic() + 60
    while word not in log.read_text() and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.02)


def storm(tmp_path, kills, seed):
    """Kill a packager at random moments; how often it had packaged, and the states found after each kill."""
    chance = random.Random(seed)
    survey = fs.make_survey(tmp_path / "s")
    folder = tmp_path / "p"
    states, acknowledged, span = [], 0, 1.0
    packager = ROOT / "tests" / "faults" / "field_packager.py"
    for number in range(kills):
        log = tmp_path / "packager.log"
        with log.open("w") as stream:
            child = subprocess.Popen(
                [sys.executable, str(packager), str(ROOT), str(survey), str(folder)],
                stdout=stream, stderr=subprocess.DEVNULL, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            )  # fmt: skip
        _wait_for("READY", log, child)
        if not number:  # the first one is let finish a package: how long that takes is the span of the kills
            ready = time.monotonic()
            _wait_for("ACK", log, child)
            span = 1.3 * (time.monotonic() - ready)
        time.sleep(chance.uniform(0.0, span))
        assert child.poll() is None, log.read_text()
        child.kill()
        child.wait()
        acknowledged += log.read_text().count("ACK")
        from qingliu.layers.fieldpackage import recover

        recover(folder)
        states.append(package_state(folder))
    return acknowledged, states, survey, folder


def check(tmp_path, kills, seed):
    from qingliu.layers.store import open_store

    acknowledged, states, survey, folder = storm(tmp_path, kills, seed)
    assert len(states) == kills and acknowledged > 0 and any(states)
    after_first = states[next(i for i, s in enumerate(states) if s) :]
    assert all(after_first)  # once there is a package there always is one
    with open_store(survey) as store:
        assert store.findings == [] and store.count("a7") == 2
    shutil.rmtree(folder)


@pytest.mark.timeout(280)
def test_kills_while_packaging_leave_the_old_or_the_new_package_whole(tmp_path, qgis_app):
    check(tmp_path, 4, seed=1)


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_two_hundred_kills_while_packaging(tmp_path, qgis_app):
    check(tmp_path, 200, seed=2)


# -- a merge that ends halfway ------------------------------------------------------------


def with_photos(tmp_path, count):
    """A survey and a package of it in which a device took ``count`` photos of a village."""
    survey = fs.make_survey(tmp_path / "调查 一")
    package = tmp_path / "package"
    with open_it(survey) as store:
        package_it(store, package)
    for number in range(count):
        (package / "DCIM" / f"{number}.jpg").write_bytes(b"photo %d" % number)
        fs.device(
            package,
            f"INSERT INTO photos (uuid, version, path, table_name, row_uuid) SELECT "
            f"'{number}1111111-1111-1111-1111-111111111111', 1, 'DCIM/{number}.jpg', 'a7', uuid FROM a7 LIMIT 1",
        )
    return survey, package


def open_it(survey):
    from qingliu.layers.store import open_store

    return open_store(survey, daily_backup=False)


def package_it(store, folder):
    from qingliu.core.progress import SILENT
    from qingliu.layers.fieldpackage import FieldWish, package_survey

    package_survey(store, FieldWish(folder, "qfield", "", "en"), SILENT)


def merge_it(survey, package):
    """Merge in this process; the codes of what was said."""
    from qingliu.core.progress import SILENT
    from qingliu.layers.fieldmerge import apply_package, compare_package
    from qingliu.layers.fieldread import find_package

    with open_it(survey) as store:
        found = compare_package(store, find_package(package), SILENT)
        return [w.code for w in apply_package(store, found, {}, SILENT).warnings]


def die(survey, package, stage, step):
    """A merge that is killed there."""
    program = [sys.executable, str(HERE / "field_merger.py"), str(ROOT)]
    done = subprocess.run(
        [*program, str(survey), str(package), stage, str(step)], capture_output=True, timeout=100
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize(
    "stage, step, copied",
    [
        pytest.param("field_photos", 2, 1, id="between two photos"),
        pytest.param("save_changes", 0, 3, id="between the photos and the rows"),
    ],
)
def test_a_merge_killed_before_its_rows_leaves_no_photo_behind_once_it_is_merged_again(
    tmp_path, qgis_app, stage, step, copied
):
    survey, package = with_photos(tmp_path, 3)
    photos = survey.parent / "photos"
    before = {p.name for p in photos.iterdir()}
    die(survey, package, stage, step)
    assert len({p.name for p in photos.iterdir()} - before) == copied  # the kill fell where it should
    assert len(fs.rows(survey, "photos")) == 2
    assert "QL-FIELD-BROKENOFF" in merge_it(survey, package)
    named = {Path(r.values["path"]).name for r in fs.rows(survey, "photos").values()}
    assert named == {p.name for p in photos.iterdir()} and len(named) == 5
    assert "QL-FIELD-BROKENOFF" not in merge_it(survey, package)
    assert not list((survey.parent / "survey.field").glob("bringing-*"))
