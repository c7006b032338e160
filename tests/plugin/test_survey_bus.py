"""One place tells that a survey has changed: whoever saved, beside whoever has it open."""

from __future__ import annotations

import pytest
from qgis.core import QgsProject

WAIT_MS = 20000


@pytest.fixture
def path(run, tmp_path):
    """A survey with one village's row in A.7."""
    from qingliu.layers.store import Insert, open_store

    made = run(
        "qingliu:createsurvey",
        {
            "DESTINATION": str(tmp_path / "survey.gpkg"),
            "NAME": "青柳沟",
            "TYPE": "livable",
            "CRS": "EPSG:4547",
        },
    )
    with open_store(made["SURVEY"], who="张三") as store:
        store.save([Insert("a7", {"natural_village": "上店"}, uuid="r7")])
    return tmp_path / "survey.gpkg"


@pytest.fixture
def bus(qgis_new_project):
    from qingliu.ui.survey_bus import SurveyBus

    made = SurveyBus(QgsProject.instance())
    yield made
    made.close()


def told(bus):
    found = []
    bus.changed.connect(lambda path, tables: found.append((path, tables)))
    return found


def saved_by_another(path, population):
    from qingliu.layers.store import Update, open_store

    with open_store(path, who="李四") as store:
        row = store.row("a7", "r7")
        store.save([Update("a7", "r7", row.version, {"population": population})])


def test_a_save_by_another_connection_is_told_with_its_tables(bus, path, qtbot):
    found = told(bus)
    bus.watch(path)
    saved_by_another(path, 5)
    qtbot.waitUntil(lambda: bool(found), timeout=WAIT_MS)
    assert found == [(str(path), frozenset({"a7"}))]


def test_opening_and_resting_without_a_save_tells_nothing(bus, path):
    from qingliu.layers.store import open_store

    found = told(bus)
    bus.watch(path)
    open_store(path).close()
    bus.look()
    assert found == []


def test_facts_of_the_survey_are_told_too(bus, path):
    from qingliu.layers.store import open_store

    found = told(bus)
    bus.watch(path)
    with open_store(path) as store:
        store.set_meta({"name": "清水沟"})
        bus.look()
    assert found == [(str(path), frozenset({"meta"}))]


def test_a_file_put_in_the_place_of_another_is_told_whole(bus, path, tmp_path):
    from qingliu.layers.store import open_store

    fresh = tmp_path / "fresh.gpkg"
    with open_store(path) as store:
        store.backup("test").rename(fresh)
    saved_by_another(path, 5)
    found = told(bus)
    bus.watch(path)
    fresh.replace(path)
    bus.look()
    assert [tables for _, tables in found] == [frozenset({"a7", "sheet"})]  # all that its log has


def test_a_survey_is_looked_after_until_the_last_has_let_go(bus, path):
    found = told(bus)
    bus.watch(path)
    bus.watch(path)
    bus.unwatch(path)
    saved_by_another(path, 5)
    bus.look()
    bus.unwatch(path)
    saved_by_another(path, 6)
    bus.look()
    assert len(found) == 1


def test_the_survey_that_the_project_shows_is_looked_after(bus, path, qtbot):
    found = told(bus)
    assert QgsProject.instance().read(str(path.with_suffix(".qgz")))
    qtbot.waitUntil(lambda: bus._shown == path, timeout=WAIT_MS)
    saved_by_another(path, 5)
    qtbot.waitUntil(lambda: bool(found), timeout=WAIT_MS)
    QgsProject.instance().clear()
    qtbot.waitUntil(lambda: bus._shown is None, timeout=WAIT_MS)


def test_a_locked_file_is_asked_again(bus, path):
    import sqlite3

    found = told(bus)
    bus.watch(path)
    saved_by_another(path, 5)
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    bus.look()
    assert found == []
    lock.execute("ROLLBACK")
    lock.close()
    bus.look()
    assert len(found) == 1


def test_who_writes_takes_a_seat_beside_whoever_has_it_open(bus, path):
    from qingliu.layers.store import BesideStore, Update, open_store

    assert bus.seat(path) is None
    with open_store(path, who="张三") as store:
        bus.hold(store)
        with BesideStore(bus.seat(path)) as beside:
            beside.save([Update("a7", "r7", 1, {"population": 7})])
        assert store.row("a7", "r7").values["population"] == 7
        assert path.read_bytes()[18:20] == b"\x02\x02"  # still a WAL for the layers that show it
        bus.let_go(store)
    assert bus.seat(path) is None
