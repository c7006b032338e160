"""Files brought beside a survey: with their rows or not at all, and cleared where a process ended halfway."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("field_surveys", Path(__file__).with_name("field_surveys.py"))
fs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fs)

GONE = 2**22 + 1  # above the most processes that Linux numbers


@pytest.fixture
def store(tmp_path, qgis_app):
    from qingliu.layers.store import open_store

    with open_store(fs.make_survey(tmp_path / "调查 一"), daily_backup=False) as found:
        yield found


@pytest.fixture
def copies(tmp_path):
    from qingliu.layers.fieldbringing import Copy

    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
    return [Copy(tmp_path / name, f"photos/new_{name}.jpg") for name in ("a", "b")]


def brought(store):
    return sorted(p.name for p in (store.home.parent / "photos").glob("new_*"))


def notes(store):
    return sorted((store.home.parent / "survey.field").glob("bringing-*"))


def note(store, **facts):
    """What a merge that was killed left: a photo and its note."""
    (store.home.parent / "photos" / "new_a.jpg").write_bytes(b"half")
    known = {"save_id": "none", "files": ["photos/new_a.jpg"], "host": platform.node(), "pid": GONE}
    folder = store.home.parent / "survey.field"
    folder.mkdir(exist_ok=True)
    path = folder / "bringing-none.json"
    path.write_text(json.dumps({**known, **facts}), encoding="utf-8")
    return path


def cleared(store):
    from qingliu.layers.fieldbringing import clear_broken_off

    return [p.code for p in clear_broken_off(store)]


def test_kept_files_stay_and_the_note_goes(store, copies):
    from qingliu.layers.fieldbringing import Bringing

    with Bringing(store, copies) as bringing:
        for copy in copies:
            bringing.bring(copy)
        assert len(notes(store)) == 1 and cleared(store) == []  # this one is still running
        bringing.keep()
    assert brought(store) == ["new_a.jpg", "new_b.jpg"] and notes(store) == []


@pytest.mark.parametrize("reason", ["Cancelled", "refused save"])
def test_whatever_stops_the_bringing_takes_its_files_away(store, copies, reason):
    from qingliu.core.errors import Cancelled, InputError
    from qingliu.layers.fieldbringing import Bringing

    error = Cancelled() if reason == "Cancelled" else InputError("QL-STORE-NOTABLE", table="x")
    with pytest.raises(type(error)), Bringing(store, copies) as bringing:
        bringing.bring(copies[0])
        raise error
    assert brought(store) == [] and notes(store) == []


def test_a_save_in_doubt_keeps_files_and_note_until_it_is_settled(store, copies):
    from qingliu.core.errors import QingliuError
    from qingliu.layers.fieldbringing import Bringing

    doubt = QingliuError("QL-STORE-UNKNOWN", path="x", save="y", reason="z")
    with pytest.raises(QingliuError), Bringing(store, copies) as bringing:
        bringing.bring(copies[0])
        raise doubt
    assert brought(store) == ["new_a.jpg"] and len(notes(store)) == 1
    assert cleared(store) == ["QL-FIELD-BROKENOFF"]  # the save is not in the log after all
    assert brought(store) == [] and notes(store) == []


def test_files_of_a_save_that_is_in_the_log_stay(store):
    save = store.changes_since(0)[-1].save_id
    note(store, save_id=save)
    assert cleared(store) == [] and brought(store) == ["new_a.jpg"] and notes(store) == []


def test_a_file_that_a_row_names_stays_whoever_brought_it(store):
    from qingliu.layers.store import Insert

    note(store)
    store.save([Insert("photos", {"path": "photos/new_a.jpg"})], why="test")
    assert cleared(store) == [] and brought(store) == ["new_a.jpg"]


@pytest.mark.parametrize(
    "facts, old, gone",
    [
        pytest.param({}, False, True, id="a process that ended"),
        pytest.param({"pid": os.getppid()}, False, False, id="a process that lives"),
        pytest.param({"host": "elsewhere"}, False, False, id="another machine a moment ago"),
        pytest.param({"host": "elsewhere"}, True, True, id="another machine long ago"),
        pytest.param({"files": "photos/new_a.jpg"}, False, False, id="a note that is damaged"),
    ],
)
def test_only_what_is_over_is_cleared(store, facts, old, gone):
    path = note(store, **facts)
    if old:
        os.utime(path, (0, 0))
    assert cleared(store) == (["QL-FIELD-BROKENOFF"] if gone else [])
    assert brought(store) == ([] if gone else ["new_a.jpg"])


@pytest.mark.parametrize("path", ["../outside.jpg", "/etc/hostname", "C:/x.jpg", "photos", ""])
def test_a_note_that_points_elsewhere_removes_nothing(store, tmp_path, path):
    (tmp_path / "outside.jpg").write_bytes(b"mine")
    note(store, files=[path])
    assert cleared(store) == []
    assert (tmp_path / "outside.jpg").exists() and (store.home.parent / "photos").is_dir()
