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


def journal(path):
    """The journal that the file's header tells: read as bytes of a copy that nothing has open."""
    return {b"\x01\x01": "delete", b"\x02\x02": "wal"}[path.read_bytes()[18:20]]


@pytest.fixture
def shown(bus, path, qtbot):
    """The survey's project is open, and no dock holds the survey."""
    assert QgsProject.instance().read(str(path.with_suffix(".qgz")))
    qtbot.waitUntil(lambda: bus.keeper.keeps(path), timeout=WAIT_MS)
    return path


def villages_shown():
    (layer,) = (x for x in QgsProject.instance().mapLayers().values() if x.source().endswith("layername=a7"))
    return sorted(f["natural_village"] for f in layer.getFeatures())


def test_layers_show_all_rows_while_an_algorithm_has_the_survey_open_and_afterwards(shown, bus):
    from qingliu.layers.store import Insert, open_store

    assert journal(shown) == "wal" and villages_shown() == ["上店"]
    with open_store(shown, who="李四") as store:
        assert villages_shown() == ["上店"]
        store.save([Insert("a7", {"natural_village": "下店"})])
        assert villages_shown() == ["上店", "下店"]
    assert journal(shown) == "wal" and villages_shown() == ["上店", "下店"]


def test_a_survey_is_one_file_at_rest_once_no_layer_shows_it(shown, bus, qtbot):
    QgsProject.instance().clear()
    qtbot.waitUntil(lambda: bus._shown is None, timeout=WAIT_MS)
    # soon after where a layer was still being drawn in another thread
    qtbot.waitUntil(lambda: journal(shown) == "delete", timeout=WAIT_MS)
    assert not [p.name for p in shown.parent.glob("survey.gpkg-*")]


def test_closing_the_survey_leaves_the_journal_to_the_layers_that_still_show_it(shown, bus):
    from qingliu.layers.store import open_store

    assert open_store(shown).close() is False
    assert journal(shown) == "wal" and villages_shown() == ["上店"]


@pytest.mark.parametrize("version", ["99", "no number"])
def test_the_journal_of_a_file_that_must_not_be_written_is_left(bus, path, qtbot, version):
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (version,))
    connection.commit()
    connection.close()
    assert QgsProject.instance().read(str(path.with_suffix(".qgz")))
    qtbot.waitUntil(lambda: bus._shown == path, timeout=WAIT_MS)
    assert not bus.keeper.keeps(path) and journal(path) == "delete" and villages_shown() == ["上店"]


def test_a_journal_that_somebody_holds_is_asked_for_again(path, qtbot):
    import sqlite3

    from qingliu.ui.survey_keeper import Keeper

    keeper = Keeper(QgsProject.instance(), lambda _: False)
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    keeper.follow(path)
    assert not keeper.keeps(path)
    lock.execute("ROLLBACK")
    lock.close()
    qtbot.waitUntil(lambda: keeper.keeps(path), timeout=WAIT_MS)
    keeper.release()
    assert journal(path) == "delete"


def test_every_module_of_the_survey_dock_is_fetched_ahead_one_a_turn_and_the_bus_begins(
    qgis_new_project, qtbot
):
    import sys
    from pathlib import Path

    from qingliu.ui import ahead, survey_bus

    folder = Path(ahead.__file__).parent
    assert {p.stem for p in folder.glob("survey_*.py")} == set(ahead.MODULES)
    survey_bus.stop()
    fetching = ahead.Ahead()
    fetching.begin()
    try:
        qtbot.waitUntil(lambda: bool(survey_bus._BUS), timeout=WAIT_MS)
        assert fetching.done and all(f"qingliu.ui.{name}" in sys.modules for name in ahead.MODULES)
    finally:
        fetching.stop()
        survey_bus.stop()


def test_a_survey_somebody_still_read_when_it_was_closed_is_one_file_soon_after(bus, path, qtbot):
    """A count in a task or a layer being drawn may be later than the dock's own close."""
    import sqlite3

    from qingliu.layers.store import open_store

    store = open_store(path)
    bus.hold(store)
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM a7").fetchone()
    bus.let_go(store)
    assert store.close() is False
    assert path.read_bytes()[18:20] == b"\x02\x02"
    reader.close()
    qtbot.waitUntil(lambda: path.read_bytes()[18:20] == b"\x01\x01", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not bus.keeper._resting, timeout=WAIT_MS)


def test_a_survey_of_a_newer_plugin_keeps_its_journal(bus, path, qtbot):
    """This version does not know what the newer one relies on: it reads, and changes not even the journal."""
    import sqlite3

    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
    writer.commit()
    kept = sqlite3.connect(path)  # who closes last would take the log away
    writer.close()
    bus.keeper.rest_later(path)
    qtbot.waitUntil(lambda: not bus.keeper._resting, timeout=WAIT_MS)
    kept.close()
    assert path.read_bytes()[18:20] == b"\x02\x02"
