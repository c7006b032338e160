"""A run that is refused on a full disk leaves no empty file that looks like a result, and no result is half there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from qgis.core import QgsProcessingContext, QgsProcessingException
from qingliu.core.errors import InputError
from qingliu.layers.outputs import require_held
from qingliu.processing.leftovers import drop_empty, not_there_yet

BOUNDARY = """{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry":
{"type": "Polygon", "coordinates": [[[116.40, 30.02], [116.47, 30.02], [116.47, 30.06], [116.40, 30.02]]]}}]}"""


@pytest.fixture
def full_disk(tmp_path):
    """A disk without a byte left; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting a small disk needs root")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]).returncode:
        pytest.skip("no tmpfs can be mounted here")
    (folder / "ballast").write_bytes(b"\1" * 65536)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("name", ["a.gpkg", "b.shp", "c.geojson", "d.csv", "e.fgb", "f.kml"])
def test_a_run_refused_for_want_of_room_says_so_and_leaves_no_empty_file(run, full_disk, tmp_path, name):
    boundary = tmp_path / "boundary.geojson"
    boundary.write_text(BOUNDARY, "utf-8")
    with pytest.raises(QgsProcessingException) as told:
        run("qingliu:mapsheets", {"BOUNDARY": str(boundary), "OUTPUT": str(full_disk / name)})
    assert "QL-OUT-" in str(told.value)
    assert [p.name for p in full_disk.iterdir()] == ["ballast"]


def test_an_empty_file_that_was_there_before_stays(run, full_disk, tmp_path):
    boundary = tmp_path / "boundary.geojson"
    boundary.write_text(BOUNDARY, "utf-8")
    goal = full_disk / "mine.gpkg"
    goal.touch()
    with pytest.raises(QgsProcessingException):
        run("qingliu:mapsheets", {"BOUNDARY": str(boundary), "OUTPUT": str(goal)})
    assert goal.is_file()


def test_only_what_was_not_there_and_holds_nothing_goes(qgis_app, tmp_path):
    def touch(name: str, content: bytes = b"") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    before = [touch("a.shp"), touch("a.dbf", b"x")]
    fresh = not_there_yet(str(tmp_path / "a.shp"), QgsProcessingContext())
    made, filled = touch("a.shx"), touch("a.prj", b"x")
    drop_empty(fresh)
    assert all(p.is_file() for p in (*before, filled)) and not made.exists()
    assert not_there_yet("memory:", QgsProcessingContext()) == ()
    assert not_there_yet(str(tmp_path / ("n" * 300 + ".gpkg")), QgsProcessingContext()) == ()


def test_a_file_that_lost_features_at_its_closing_is_no_result(qgis_app, tmp_path):
    path = tmp_path / "one.geojson"
    path.write_text(BOUNDARY, "utf-8")
    require_held(str(path), 1)
    with pytest.raises(InputError, match=r"QL-OUT-FEATURE.*feature 2"):
        require_held(str(path), 3)
