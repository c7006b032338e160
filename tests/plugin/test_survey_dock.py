"""The survey dock on real surveys: opened, filled, told off, saved, taken back, signed, pasted."""

from __future__ import annotations

import struct

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QSettings, Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressDialog,
    QPushButton,
    QToolButton,
    QTreeWidget,
)

WAIT_MS = 20000


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


@pytest.fixture
def path(run, tmp_path):
    """A survey made by createsurvey, with two villages, one of them in A.7 and A.8."""
    from qingliu.layers.store import Insert, open_store

    folder = tmp_path / "调查 一"
    folder.mkdir()
    made = run(
        "qingliu:createsurvey",
        {"DESTINATION": str(folder / "survey.gpkg"), "NAME": "青柳沟", "TYPE": "livable", "CRS": "EPSG:4547"},
    )
    with open_store(made["SURVEY"], who="张三") as store:
        sheets = {r.values["table"]: r.uuid for r in store.rows("sheet")}
        villages = [
            Insert("villages", {"name": n}, point(i, i), f"v{i}") for i, n in enumerate(("上店", "下店"))
        ]
        rows = [
            Insert("a7", {"natural_village": "上店", "households": 30, "villages_uuid": "v0", "row_no": 1,
                          "sheet_uuid": sheets["a7"]}, uuid="r7"),
            Insert("a8", {"natural_village": "上店", "villages_uuid": "v0", "row_no": 1,
                          "sheet_uuid": sheets["a8"]}, uuid="r8"),
        ]  # fmt: skip
        store.save([*villages, *rows])
    return folder / "survey.gpkg"


@pytest.fixture
def bare(qtbot, qgis_new_project, tmp_path, monkeypatch):
    """A dock without a survey, its drafts in a folder of the test."""
    from qingliu.layers.store import Drafts
    from qingliu.ui.survey_dock import SurveyDock
    from qingliu.ui.survey_recent import SETTINGS

    QSettings().remove(SETTINGS)
    made = SurveyDock()
    made.desk.drafts = Drafts(tmp_path / "drafts")
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: made.edition is not None, timeout=WAIT_MS)
    yield made
    made.close_survey()
    QgsProject.instance().clear()


@pytest.fixture
def dock(bare, path, qtbot):
    """The dock with the survey open and table A.7 chosen."""
    opened(bare, path, qtbot)
    bare.choose_table("a7")
    return bare


def opened(dock, path, qtbot):
    dock.open_survey(path)
    qtbot.waitUntil(lambda: dock.session is not None and bool(dock.counts), timeout=WAIT_MS)


def field(dock, key):
    found = dock.records.form.lines[key].editor
    return getattr(found, "line", None) or found.box


def fault(dock, key):
    label = dock.records.form.lines[key].fault
    return "" if label.isHidden() else label.text()


def stored(dock, table="a7", uuid="r7"):
    return dock.session.store.row(table, uuid)


def test_without_a_survey_the_dock_says_what_to_do(bare):
    assert "Open a survey" in bare.panel.status.text()
    assert bare.findChild(QToolButton, "survey_open").isEnabled()
    assert not bare.findChild(QPushButton, "survey_close").isEnabled()
    assert bare.panel.splitter.isHidden()


def test_new_survey_asks_for_the_algorithms_dialog(bare, qtbot):
    with qtbot.waitSignal(bare.target_requested) as asked:
        bare.findChild(QPushButton, "survey_new").click()
    assert asked.args == ["algorithm:createsurvey"]


def test_opening_adds_the_layers_once_and_remembers_the_survey(dock, path, qtbot):
    from qingliu.layers.store.editing import layers_of
    from qingliu.ui.survey_recent import recently_used

    count = len(layers_of(QgsProject.instance(), dock.session.store))
    assert count >= 35 and len(dock.session.edits.layers()) == count
    assert recently_used() == [str(path)]
    dock.close_survey()
    assert dock.session is None and dock.panel.splitter.isHidden()
    dock.counts = {}
    opened(dock, path, qtbot)
    assert len(layers_of(QgsProject.instance(), dock.session.store)) == count


def test_what_was_there_is_not_looked_through_by_the_collector_until_the_survey_is_closed(dock):
    import gc

    assert gc.get_freeze_count() > 0 and gc.isenabled()
    dock.close_survey()
    assert gc.get_freeze_count() == 0


def test_a_file_that_is_no_survey_is_refused_in_words(bare, tmp_path, qtbot):
    wrong = tmp_path / "other.gpkg"
    wrong.write_bytes(b"")
    bare.open_survey(wrong)
    qtbot.waitUntil(lambda: "QL-STORE-NOTSURVEY" in bare.panel.status.text(), timeout=WAIT_MS)
    assert bare.session is None


def test_tree_lists_every_table_with_what_is_filled(dock):
    tree = dock.findChild(QTreeWidget, "survey_tree")
    titles = [tree.topLevelItem(i).text(0).split()[0] for i in range(tree.topLevelItemCount())]
    assert titles == [*(t.id for t in dock.edition.tables.values()), "7-1"]
    # A.7 asks for 16 cells beside the row number; village and households are filled; the head's 4 lack
    count = dock.counts["a7"]
    assert (count.rows, count.filled, count.asked, count.missing, count.wrong) == (1, 2, 16, 18, 0)
    assert dock.counts["a6"].rows == 0 and dock.counts["a6"].missing == 0
    assert tree.topLevelItem(titles.index("A.7")).font(0).bold()  # 4.1.5: livable
    assert not tree.topLevelItem(titles.index("A.3")).font(0).bold()


def test_an_empty_table_says_how_to_begin(dock):
    dock.choose_table("a9")
    assert not dock.panel.empty.isHidden() and "No rows yet" in dock.panel.empty.text()


def test_an_entry_is_one_action_of_the_store_and_counts_follow(dock, qtbot):
    before = dock.session.store.sequence()
    field(dock, "population").setText("118")
    field(dock, "housing_per_capita_m2").setText("32.5")
    dock.panel.save_button.click()
    row = stored(dock)
    assert (row.values["population"], row.values["housing_per_capita_m2"], row.version) == (118, 32.5, 2)
    assert dock.session.store.sequence() == before + 1
    assert dock.records.pending() is None
    qtbot.waitUntil(lambda: dock.counts["a7"].filled == 4, timeout=WAIT_MS)


def test_every_column_of_every_table_has_an_editor_that_gives_back_what_it_was_given(dock):
    samples = {"number": 12.345678912, "integer": 7, "text": "文字", "boolean": False, "date": "2025-09-30"}
    for table in dock.edition.tables.values():
        dock.choose_table(table.name)
        for key, line in dock.records.form.lines.items():
            items = dock.desk.cells.items[key]
            kind = dock.desk.cells.columns[key].type
            code = items[0].code if items else None
            value = code if kind == "enum" else f'{{"{code}"}}' if kind == "enum_multi" else samples[kind]
            line.editor.set_value(value)
            assert line.editor.value() == value, f"{table.name}.{key}"
            line.editor.set_value(None)
            assert line.editor.value() is None, f"{table.name}.{key}"
        dock.records.discard()


def test_an_impossible_value_is_told_at_its_field_at_once(dock, qtbot):
    field(dock, "population").setText("-3")
    assert "-3" in fault(dock, "population") and fault(dock, "households") == ""
    field(dock, "population").setText("三百")
    assert "三百" in fault(dock, "population")
    assert dock.records.save() is None and "三百" in dock.panel.status.text()
    assert stored(dock).version == 1
    field(dock, "population").setText("300")
    assert fault(dock, "population") == ""


def test_a_value_above_another_column_of_the_row_is_told(dock, qtbot):
    dock.choose_table("a8")
    field(dock, "sewage_l_d").setText("1000")
    field(dock, "sewage_treated_l_d").setText("1200")
    assert "1200" in fault(dock, "sewage_treated_l_d")
    dock.records.save()
    qtbot.waitUntil(lambda: dock.counts["a8"].wrong == 1, timeout=WAIT_MS)


def test_fields_lead_to_their_clause(dock, qtbot):
    with qtbot.waitSignal(dock.target_requested) as asked:
        dock.records.form.findChild(QToolButton, "survey_clause_households").click()
    assert asked.args == ["clause:4.4.1"]


def test_units_stand_beside_the_fields(dock):
    dock.choose_table("a8")
    editor = dock.records.form.lines["sewage_l_d"].editor
    assert "L/d" in [label.text() for label in editor.findChildren(QLabel)]


def test_lower_classes_follow_the_class_above(dock):
    dock.choose_table("a10")
    dock.records.new_row()
    main, sub = field(dock, "main_class"), field(dock, "sub_class")
    main.setCurrentIndex(1)
    above = main.currentData()
    codes = [sub.itemData(i) for i in range(1, sub.count())]
    assert codes and {dock.edition.codelist("tourism").item(c).parent for c in codes} == {above}


def test_a_stale_save_shows_both_values_and_keeps_what_is_chosen(dock):
    from qingliu.layers.store import Update, open_store

    with open_store(dock.session.store.path, who="李四") as other:
        other.save([Update("a7", "r7", 1, {"households": 31, "population": 90})])
    seen = []

    def choose(conflict, cells):
        seen.append((conflict.who, conflict.theirs["households"], conflict.ours["households"]))
        return {"households": conflict.ours["households"]}

    dock.records.choose_conflict = choose
    field(dock, "households").setText("36")
    assert dock.records.save() is not None
    assert seen == [("李四", 31, 36)]
    assert (stored(dock).values["households"], stored(dock).values["population"]) == (36, 90)


def test_a_stale_save_that_is_not_settled_loses_nothing(dock):
    from qingliu.layers.store import Update, open_store

    with open_store(dock.session.store.path, who="李四") as other:
        other.save([Update("a7", "r7", 1, {"households": 31})])
    dock.records.choose_conflict = lambda conflict, cells: None
    field(dock, "households").setText("36")
    assert dock.records.save() is None and "QL-STORE-STALE" in dock.panel.status.text()
    assert stored(dock).values["households"] == 31
    assert field(dock, "households").text() == "36"
    assert len(dock.desk.drafts.left(dock.session.id)) == 1


def test_the_conflict_dialog_lists_the_differing_fields(dock, qtbot):
    from qingliu.layers.store import Conflict
    from qingliu.ui.survey_conflict import ConflictDialog

    ours, theirs = {"households": 36, "population": 90}, {"households": 31, "population": 90}
    conflict = Conflict("a7", "r7", 1, 2, ours, theirs, "李四", "2026-01-01T00:00:00Z")
    dialog = ConflictDialog(conflict, dock.desk.cells)
    qtbot.addWidget(dialog)
    assert [dialog.table.item(0, c).text() for c in (1, 2)] == ["31", "36"]
    assert dialog.table.rowCount() == 1 and dialog.kept() == {"households": 36}
    dialog.table.cellWidget(0, 3).setCurrentIndex(1)
    assert dialog.kept() == {}


def test_what_was_typed_is_offered_after_a_crash(dock, path, qtbot):
    field(dock, "population").setText("118")
    qtbot.waitUntil(lambda: len(dock.desk.drafts.left(dock.session.id)) == 1, timeout=WAIT_MS)
    dock.close_survey()  # a crash keeps as much: the draft is on disk
    dock.counts = {}
    opened(dock, path, qtbot)
    assert not dock.panel.draft_bar.isHidden() and "A.7" in dock.panel.draft_label.text()
    dock.records.drafts.take()
    assert dock.desk.cells.table.name == "a7" and field(dock, "population").text() == "118"
    assert dock.records.save() is not None
    assert stored(dock).values["population"] == 118
    assert dock.desk.drafts.left(dock.session.id) == [] and dock.panel.draft_bar.isHidden()


def test_leaving_a_row_saves_it_and_undo_takes_it_back(dock):
    field(dock, "population").setText("118")
    dock.choose_table("a8")
    assert stored(dock).values["population"] == 118
    dock.panel.undo_button.click()
    assert stored(dock).values["population"] is None
    assert not dock.panel.undo_button.isEnabled()


def test_leaving_an_unreadable_row_keeps_it_as_a_draft_that_is_offered(dock):
    field(dock, "population").setText("三百")
    dock.choose_table("a8")
    assert stored(dock).version == 1 and not dock.panel.draft_bar.isHidden()
    dock.records.drafts.take()
    assert dock.desk.cells.table.name == "a7" and field(dock, "population").text() == "三百"


def test_a_new_row_is_in_the_survey_once_saved_and_gone_once_undone(dock):
    dock.panel.add_button.click()
    assert dock.records.pending() is None  # a row number alone is no row
    field(dock, "natural_village").setText("北沟")
    saved = dock.records.save()
    row = dock.session.store.row("a7", saved.rows[0].uuid)
    assert (row.values["natural_village"], row.values["row_no"]) == ("北沟", 2)
    assert row.values["sheet_uuid"] == dock.desk.sheet().uuid
    assert len(dock.panel.model.uuids) == 2
    dock.undo()
    assert len(dock.panel.model.uuids) == 1


def layer_of(dock, table):
    return dock.session.layers(table)[0]


def select(dock, table, uuid):
    layer_of(dock, table).selectByIds([dock.session.fid(table, uuid)])


def test_selecting_a_village_on_the_map_opens_its_row_and_the_reverse(dock):
    dock.choose_table("a9")
    select(dock, "villages", "v0")
    assert dock.desk.cells.table.name == "a7" and dock.records.row.uuid == "r7"
    layer_of(dock, "villages").removeSelection()
    dock.choose_table("a8")
    dock.records.show_row("r8")
    assert layer_of(dock, "villages").selectedFeatureIds() == [dock.session.fid("villages", "v0")]


def test_a_village_without_a_row_begins_one_with_its_name_and_link(dock):
    select(dock, "villages", "v1")
    assert field(dock, "natural_village").text() == "下店"
    saved = dock.records.save()
    assert dock.session.store.row("a7", saved.rows[0].uuid).values["villages_uuid"] == "v1"


def test_tables_that_share_a_village_stay_on_it(dock):
    assert dock.records.row.uuid == "r7"
    dock.choose_table("a8")
    assert dock.records.row.uuid == "r8"


def sign(dock, **people):
    for key, name in people.items():
        dock.panel.head.fields[key].setText(name)


def test_what_a_head_lacks_leads_to_the_head_of_its_table(dock):
    sheet = next(r for r in dock.session.store.rows("sheet") if r.values["table"] == "a8")
    dock.open_form("sheet", sheet.uuid, "checker")
    assert dock.desk.cells.table.name == "a8" and "map" not in dock.panel.status.text()
    assert dock.focusWidget() is dock.panel.head.fields["checker"]


def test_what_others_save_is_shown_anew_and_named(dock, path, english, qtbot):
    from qingliu.layers.store import Update, open_store

    with open_store(path, who="李四") as store:
        store.save([Update("a7", "r7", 1, {"population": 118})])
    qtbot.waitUntil(lambda: "elsewhere" in dock.panel.status.text(), timeout=WAIT_MS)
    assert "A.7" in dock.panel.status.text() and field(dock, "population").text() == "118"


def test_what_could_not_be_read_is_told_no_longer_once_it_is_corrected(dock):
    field(dock, "households").setText("三十")
    assert dock.records.save() is None and "三十" in dock.panel.status.text()
    field(dock, "households").setText("36")
    assert dock.panel.status.text() == ""


def test_layers_of_a_survey_lie_above_those_that_were_there(bare, path, qtbot):
    from qgis.core import QgsVectorLayer

    QgsProject.instance().addMapLayer(QgsVectorLayer("Polygon?crs=EPSG:4547", "cover", "memory"))
    opened(bare, path, qtbot)
    top = [node.name() for node in QgsProject.instance().layerTreeRoot().children()]
    assert top.index("cover") == len(top) - 1 == 3


def test_the_checker_is_someone_else_than_the_surveyor(dock):
    sign(dock, surveyor="张三", checker="张 三")
    dock.findChild(QPushButton, "survey_check").click()
    assert "someone else" in dock.panel.head.fault.text()
    assert dock.desk.sheet().values["state"] == "open"


def test_a_checked_sheet_is_locked_and_unlocking_asks_why(dock):
    sign(dock, surveyor="张三", recorder="王五", checker="李四", survey_date="2025-9-30")
    dock.findChild(QPushButton, "survey_check").click()
    sheet = dock.desk.sheet()
    assert (sheet.values["state"], sheet.values["survey_date"]) == ("checked", "2025-09-30")
    assert (
        dock.desk.locked
        and not dock.records.form.lines[
            "sewage_l_d" if "sewage_l_d" in dock.records.form.lines else "households"
        ].editor.isEnabled()
        and not dock.panel.save_button.isEnabled()
    )
    assert not dock.panel.undo_button.isEnabled()  # undo would unlock without a reason
    dock.sheets.ask_reason = lambda: " "
    dock.findChild(QPushButton, "survey_unlock").click()
    assert dock.desk.locked
    dock.sheets.ask_reason = lambda: "户数有误"
    dock.findChild(QPushButton, "survey_unlock").click()
    assert not dock.desk.locked
    entry = dock.session.store.history("sheet", sheet.uuid)[-1]
    assert (entry.why, entry.after["state"]) == ("户数有误", "open")


def test_a_computed_value_stands_beside_the_entered_one_with_the_difference(dock):
    from qingliu.layers.store import Insert

    facts = {"table_name": "a7", "row_uuid": "r7", "field": "households", "value": 25.0, "kind": "computed",
             "source": "居民区"}  # fmt: skip
    dock.session.store.save([Insert("provenance", facts)])
    dock.records.show_row("r7")
    label = dock.records.form.lines["households"].computed
    assert not label.isHidden()
    assert "25" in label.text() and "+5" in label.text() and "+20.0%" in label.text()


def test_rows_copied_to_a_spreadsheet_come_back_unchanged(dock):
    field(dock, "new_energy_type").setItemCheckState(0, Qt.CheckState.Checked)
    field(dock, "industry_type").setText("=1+1")
    dock.records.save()
    dock.clipboard.copy()
    from qgis.core import QgsApplication

    copied = QgsApplication.clipboard().text()
    assert "'=1+1" in copied
    before = stored(dock)
    dock.panel.rows.selectRow(0)
    dock.clipboard.paste(copied)
    assert "the same already" in dock.panel.status.text()
    assert stored(dock) == before


def test_pasted_rows_update_what_is_there_and_add_the_rest_in_one_action(dock):
    before = dock.session.store.sequence()
    dock.panel.rows.selectRow(0)
    dock.clipboard.paste("自然村名\t户数\t人口\n上店\t35\t１，２００\n北沟\t12\t40\n")
    assert (stored(dock).values["households"], stored(dock).values["population"]) == (35, 1200)
    rows = dock.session.store.rows("a7")
    assert [r.values["natural_village"] for r in rows] == ["上店", "北沟"]
    assert rows[1].values["sheet_uuid"] == dock.desk.sheet().uuid
    log = dock.session.store.changes_since(before)
    assert len(log) == 2 and len({e.save_id for e in log}) == 1


def test_a_cell_that_cannot_be_read_stops_the_whole_paste(dock):
    dock.panel.rows.selectRow(0)
    dock.clipboard.paste("户数\t人口\n35\t许多\n")
    assert "QL-PRINT-INTEGER" in dock.panel.status.text() or "QL-PRINT-NUMBER" in dock.panel.status.text()
    assert stored(dock).version == 1


def test_edits_on_the_map_go_through_the_store(dock, qtbot):
    layer = layer_of(dock, "villages")
    layer.startEditing()
    layer.changeAttributeValue(dock.session.fid("villages", "v1"), layer.fields().indexOf("name"), "下店村")
    field(dock, "population").setText("5")
    assert dock.records.save() is None and "QL-STORE-EDITING" in dock.panel.status.text()
    dock.findChild(QPushButton, "survey_save_map").click()
    assert covered(dock)  # nothing can be drawn until it is in the file
    until_saved(dock, qtbot)
    assert stored(dock, "villages", "v1").values["name"] == "下店村" and not layer.isEditable()
    assert not covered(dock) and "1" in dock.panel.status.text()
    dock.findChild(QPushButton, "survey_save_map").click()
    assert "No layer" in dock.panel.status.text() and not covered(dock)
    assert dock.records.save() is not None


def test_every_control_has_a_name(dock):
    kinds = (QPushButton, QLineEdit, QComboBox)
    nameless = [w for k in kinds for w in dock.findChildren(k) if not w.objectName()]
    assert nameless == []


def test_a_closed_survey_is_one_file_at_rest(dock, path, qtbot):
    field(dock, "population").setText("5")
    dock.records.save()
    QgsProject.instance().clear()
    dock.close_survey()
    # rollback journal, not WAL; whoever of dock and keeper lets go last puts it to rest
    qtbot.waitUntil(lambda: path.read_bytes()[18:20] == b"\x01\x01", timeout=WAIT_MS)
    assert not path.with_name(path.name + "-wal").exists()


def test_what_can_neither_be_saved_nor_drafted_stays_in_the_form(dock, tmp_path):
    from qingliu.layers.store import Drafts

    blocked = tmp_path / "no-folder"
    blocked.write_text("a file where the folder should be")
    dock.desk.drafts = Drafts(blocked)
    field(dock, "population").setText("三百")
    dock.choose_table("a8")
    assert dock.desk.cells.table.name == "a7" and field(dock, "population").text() == "三百"
    assert dock.panel.tree.currentItem() is dock.panel.item("a7")
    field(dock, "population").setText("300")
    dock.desk.drafts = Drafts(tmp_path / "drafts")


# -- large actions, waiting, deleting ------------------------------------------------


def grown(dock, count):
    """``count`` villages pasted below the one that is there."""
    dock.panel.rows.clearSelection()
    dock.panel.rows.setCurrentIndex(dock.panel.model.index(-1, -1))
    words = "自然村名\t户数\n" + "".join(f"村{i}\t{i}\n" for i in range(count))
    dock.clipboard.paste(words)


def test_a_large_paste_goes_on_in_a_task_and_is_told_after_commit(dock, qtbot):
    before = dock.session.store.sequence()
    grown(dock, 300)
    assert dock.desk.busy and not dock.panel.save_button.isEnabled() and not dock.records.form.lines[
        "households"
    ].editor.isEnabled()  # fmt: skip
    assert dock.panel.status.text() == "Pasting rows …"
    dock.choose_table("a8")  # nothing else is done meanwhile
    assert dock.desk.cells.table.name == "a7"
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert dock.panel.status.text() == "300 rows pasted."
    assert dock.session.store.count("a7") == 301 == len(dock.panel.model.uuids)
    assert len({e.save_id for e in dock.session.store.changes_since(before)}) == 1
    assert [r.values["row_no"] for r in dock.session.store.rows("a7")] == list(range(1, 302))
    qtbot.waitUntil(lambda: dock.counts["a7"].rows == 301, timeout=WAIT_MS)
    dock.undo()
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert dock.session.store.count("a7") == 1 and dock.panel.undo_button.isEnabled() is False


def test_a_large_paste_with_one_bad_cell_changes_nothing(dock, qtbot):
    dock.panel.rows.selectRow(0)
    words = "自然村名\t户数\n" + "".join(f"村{i}\t{i if i != 40 else '许多'}\n" for i in range(80))
    dock.clipboard.paste(words)
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert "QL-PRINT-" in dock.panel.status.text() and dock.session.store.count("a7") == 1


@pytest.fixture
def locked_out(dock):
    """Another program that holds the survey's write lock until it is told to let go."""
    import sqlite3

    other = sqlite3.connect(dock.session.store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield lambda: other.execute("ROLLBACK")
    other.close()


def test_a_save_that_has_to_wait_waits_in_a_task_and_is_told_once_it_is_on_disk(dock, locked_out, qtbot):
    field(dock, "population").setText("118")
    assert dock.records.save() is None and dock.desk.busy  # at once: the window is not held up
    assert len(dock.desk.drafts.left(dock.session.id)) == 1
    qtbot.waitUntil(lambda: "Waiting" in dock.panel.status.text(), timeout=WAIT_MS)
    assert stored(dock).values["population"] is None
    locked_out()
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert dock.panel.status.text() == "Saved." and stored(dock).values["population"] == 118
    assert dock.desk.drafts.left(dock.session.id) == [] and dock.records.row.version == 2


def test_closing_while_a_save_waits_keeps_the_draft(dock, path, locked_out, qtbot):
    field(dock, "population").setText("118")
    dock.records.save()
    qtbot.waitUntil(lambda: "Waiting" in dock.panel.status.text(), timeout=WAIT_MS)
    dock.close_survey()
    locked_out()
    opened(dock, path, qtbot)
    assert stored(dock).values["population"] is None
    dock.records.drafts.take()
    assert field(dock, "population").text() == "118"
    assert dock.records.save() is not None and stored(dock).values["population"] == 118


def renamed(dock, uuid, name, layer=None):
    """A village renamed in the edit buffer of its layer."""
    layer = layer or layer_of(dock, "villages")
    layer.startEditing()
    layer.changeAttributeValue(dock.session.fid("villages", uuid), layer.fields().indexOf("name"), name)
    return layer


def test_map_edits_wait_in_a_task_while_somebody_else_saves(dock, locked_out, qtbot):
    layer = renamed(dock, "v1", "下店村")
    dock.map_saving.save()
    qtbot.waitUntil(lambda: "Waiting" in dock.panel.status.text(), timeout=WAIT_MS)
    assert layer.isModified() and len(dock.desk.drafts.left(dock.session.id)) == 1
    locked_out()
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert stored(dock, "villages", "v1").values["name"] == "下店村" and not layer.isEditable()
    assert dock.desk.drafts.left(dock.session.id) == []


def test_map_edits_that_wait_no_longer_stand_in_buffer_and_draft_and_are_saved_later(dock, locked_out, qtbot):
    layer = renamed(dock, "v1", "下店村")
    dock.map_saving.save()
    qtbot.waitUntil(lambda: "Waiting" in dock.panel.status.text(), timeout=WAIT_MS)
    covered(dock).cancel()
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert "QL-STORE-BUSY" in dock.panel.status.text() and not covered(dock)
    assert layer.isModified() and stored(dock, "villages", "v1").values["name"] == "下店"
    assert len(dock.desk.drafts.left(dock.session.id)) == 1
    locked_out()
    renamed(dock, "v0", "上店村", layer)
    dock.map_saving.save()
    until_saved(dock, qtbot)
    assert [stored(dock, "villages", v).values["name"] for v in ("v0", "v1")] == ["上店村", "下店村"]
    assert dock.desk.drafts.left(dock.session.id) == []


def test_what_a_program_edits_while_map_edits_are_saved_is_saved_in_its_turn(dock, locked_out, qtbot):
    from qgis.core import QgsFeature

    layer = renamed(dock, "v1", "下店村")
    new = QgsFeature(layer.fields())
    new.setAttribute("uuid", "v9")
    new.setAttribute("name", "新村")
    layer.addFeature(new)
    dock.map_saving.save()
    qtbot.waitUntil(lambda: "Waiting" in dock.panel.status.text(), timeout=WAIT_MS)
    renamed(dock, "v1", "下店新村", layer)
    added = next(fid for fid, f in layer.editBuffer().addedFeatures().items() if f["uuid"] == "v9")
    layer.changeAttributeValue(added, layer.fields().indexOf("name"), "新新村")
    locked_out()
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert not layer.isEditable() and dock.desk.drafts.left(dock.session.id) == []
    assert [stored(dock, "villages", v).values["name"] for v in ("v1", "v9")] == ["下店新村", "新新村"]
    assert stored(dock, "villages", "v1").version == 3


def test_an_error_that_nobody_foresaw_uncovers_the_window_and_keeps_the_edits(dock, qtbot, monkeypatch):
    from qingliu.ui import survey_mapsave

    def broken(store, draft):
        raise RuntimeError("torn cable")

    layer = renamed(dock, "v1", "下店村")
    with monkeypatch.context() as patched:
        patched.setattr(survey_mapsave, "write", broken)
        dock.map_saving.save()
        qtbot.waitUntil(lambda: "torn cable" in dock.panel.status.text(), timeout=WAIT_MS)
    assert not covered(dock) and not dock.desk.busy and layer.isModified()
    assert len(dock.desk.drafts.left(dock.session.id)) == 1
    dock.map_saving.save()
    until_saved(dock, qtbot)
    assert stored(dock, "villages", "v1").values["name"] == "下店村"
    assert dock.desk.drafts.left(dock.session.id) == []


def test_closing_while_map_edits_wait_keeps_their_draft(dock, path, locked_out, qtbot):
    renamed(dock, "v1", "下店村")
    dock.map_saving.save()
    qtbot.waitUntil(lambda: "Waiting" in dock.panel.status.text(), timeout=WAIT_MS)
    dock.close_survey()
    assert not covered(dock)
    locked_out()
    QgsProject.instance().clear()
    opened(dock, path, qtbot)
    assert stored(dock, "villages", "v1").values["name"] == "下店"
    dock.records.drafts.take()
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert stored(dock, "villages", "v1").values["name"] == "下店村"


def test_map_edits_can_be_taken_back(dock, qtbot):
    renamed(dock, "v1", "下店村")
    dock.map_saving.save()
    until_saved(dock, qtbot)
    dock.undo()
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert stored(dock, "villages", "v1").values["name"] == "下店"


def until_saved(dock, qtbot):
    """Until map edits are in the file, and their buffers gone."""
    qtbot.waitUntil(lambda: not dock.desk.busy and not dock.map_saving.busy, timeout=WAIT_MS)


def covered(dock):
    """The dialog over the window while map edits are saved, None where there is none."""
    found = [w for w in dock.panel.findChildren(QProgressDialog, "survey_map_saving") if w.isVisible()]
    return found[0] if found else None


def test_rows_are_deleted_once_confirmed_and_undo_brings_all_back(dock, qtbot):
    from qingliu.layers.store import Insert

    store = dock.session.store
    store.save(
        [Insert("photos", {"path": "photos/a.jpg", "row_uuid": "r7"}, uuid="p1"),
         Insert("provenance", {"table_name": "a7", "row_uuid": "r7", "field": "households", "value": 25.0},
                uuid="q1")]
    )  # fmt: skip
    before = stored(dock)
    asked = []
    dock.removal.confirm = lambda words: asked.append(words) or False
    dock.panel.rows.selectRow(0)
    dock.findChild(QPushButton, "survey_delete").click()
    assert "上店" in asked[0] and "A.7" in asked[0] and stored(dock) is not None
    dock.removal.confirm = lambda words: True
    dock.findChild(QPushButton, "survey_delete").click()
    assert (
        stored(dock) is None and store.row("photos", "p1") is None and store.row("provenance", "q1") is None
    )
    assert len(dock.panel.model.uuids) == 0 and "1 rows deleted" in dock.panel.status.text()
    dock.undo()
    history = {"version", "created_at", "created_by", "updated_at", "updated_by"}
    again = {k: v for k, v in stored(dock).values.items() if k not in history}
    assert again == {k: v for k, v in before.values.items() if k not in history}
    assert store.row("photos", "p1").values["path"] == "photos/a.jpg" and store.row("provenance", "q1")


def test_deleting_a_row_that_somebody_changed_since_is_refused(dock):
    from qingliu.layers.store import Update, open_store

    with open_store(dock.session.store.path, who="李四") as other:
        other.save([Update("a7", "r7", 1, {"households": 31})])
    dock.removal.confirm = lambda words: True
    dock.panel.rows.selectRow(0)
    dock.removal.delete()
    assert "QL-STORE-STALE" in dock.panel.status.text() and stored(dock).values["households"] == 31


def test_inputs_of_indicators_are_rows_like_others(dock):
    dock.choose_table("indicator_input")
    dock.records.new_row()
    number, key = field(dock, "number"), field(dock, "key")
    number.setCurrentIndex(number.findData("8"))
    codes = [key.itemData(i) for i in range(1, key.count())]
    assert codes == [v.key for v in dock.edition.indicators[8].formula.variables]
    key.setCurrentIndex(1)
    field(dock, "value").setText("1200")
    saved = dock.records.save()
    row = dock.session.store.row("indicator_input", saved.rows[0].uuid)
    assert (row.values["number"], row.values["key"], row.values["value"]) == (8, codes[0], 1200.0)
    assert not dock.desk.locked and dock.panel.head.isHidden()


# -- photos -----------------------------------------------------------------------------


@pytest.fixture
def pictures(tmp_path):
    """Two pictures of 60 × 40 cells, and a text that calls itself one."""
    from qgis.PyQt.QtGui import QImage

    made = []
    for number, name in enumerate(("村口.jpg", "河边.png")):
        image = QImage(60, 40, QImage.Format.Format_RGB32)
        image.fill(0xFF202020 + 0x404040 * number)
        made.append(tmp_path / name)
        assert image.save(str(made[-1]))
    (tmp_path / "文字.jpg").write_text("no picture")
    return [*made, tmp_path / "文字.jpg"]


def strip(dock):
    return dock.panel.photos


def test_photos_are_copied_beside_the_survey_and_linked_to_their_row(dock, path, pictures, qtbot):
    assert "No photos" in strip(dock).title.text()
    dock.photos.add(pictures[:2])
    qtbot.waitUntil(lambda: strip(dock).list.count() == 2, timeout=WAIT_MS)
    rows = dock.session.store.rows("photos", where={"row_uuid": "r7"})
    names = [r.values["path"] for r in rows]
    assert [n[:10] for n in names] == ["photos/a7_"] * 2 and [n[-4:] for n in names] == [".jpg", ".png"]
    assert all((path.parent / n).is_file() for n in names)
    assert (path.parent / names[1]).read_bytes() == pictures[1].read_bytes()
    assert {r.values["table_name"] for r in rows} == {"a7"} and {r.values["person"] for r in rows} != {None}
    assert all(not strip(dock).list.item(i).icon().isNull() for i in range(2))
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    assert dock.panel.status.text() == "2 photos added."
    dock.choose_table("a9")
    assert strip(dock).isHidden()


def test_direction_and_note_of_a_photo_are_kept_and_undone(dock, pictures, qtbot):
    dock.photos.add(pictures[:1])
    qtbot.waitUntil(lambda: strip(dock).list.count() == 1 and not dock.desk.busy, timeout=WAIT_MS)
    (photo,) = dock.session.store.rows("photos")
    assert photo.values["direction"] is None and strip(dock).direction.text() == "–"
    strip(dock).direction.setValue(270)
    qtbot.waitUntil(lambda: dock.photos.current() is not None and dock.photos.current().version == 2)
    strip(dock).note.setText("村口排水沟")
    strip(dock).note.editingFinished.emit()
    found = stored(dock, "photos", photo.uuid).values
    assert (found["direction"], found["note"]) == (270.0, "村口排水沟")
    dock.undo()
    assert stored(dock, "photos", photo.uuid).values["note"] is None


def test_a_note_that_is_being_typed_outlives_the_reading_of_the_photos(dock, pictures, qtbot):
    from qgis.PyQt.QtTest import QTest

    dock.show()
    dock.photos.add(pictures[:1])
    qtbot.waitUntil(lambda: strip(dock).list.count() == 1 and not dock.desk.busy, timeout=WAIT_MS)
    QTest.keyClicks(strip(dock).note, "ditch")
    strip(dock).direction.setValue(90)  # saved at once with what is typed so far, and the list is read again
    QTest.keyClicks(strip(dock).note, " at the gate")
    qtbot.waitUntil(lambda: dock.photos.current() is not None and dock.photos.current().version == 2)
    assert strip(dock).note.text() == "ditch at the gate"
    strip(dock).note.editingFinished.emit()
    assert dock.session.store.rows("photos")[0].values["note"] == "ditch at the gate"


def test_a_removed_photo_comes_back_with_undo_and_its_file_is_noticed_meanwhile(dock, path, pictures, qtbot):
    dock.photos.add(pictures[:1])
    qtbot.waitUntil(lambda: strip(dock).list.count() == 1 and not dock.desk.busy, timeout=WAIT_MS)
    name = dock.session.store.rows("photos")[0].values["path"]
    dock.findChild(QPushButton, "survey_photo_remove").click()
    assert dock.session.store.count("photos") == 0
    qtbot.waitUntil(lambda: not strip(dock).notice.isHidden(), timeout=WAIT_MS)
    assert name in strip(dock).notice.text() and "no row" in strip(dock).notice.text()
    dock.undo()
    qtbot.waitUntil(lambda: strip(dock).list.count() == 1, timeout=WAIT_MS)
    assert strip(dock).notice.isHidden()
    (path.parent / name).unlink()
    dock.records.show_row("r7")
    qtbot.waitUntil(lambda: "lost their file" in strip(dock).notice.text(), timeout=WAIT_MS)


def test_a_file_that_is_no_picture_is_refused_and_nothing_is_left_behind(dock, path, pictures, qtbot):
    dock.photos.add(pictures)
    qtbot.waitUntil(lambda: "QL-STORE-NOPICTURE" in dock.panel.status.text(), timeout=WAIT_MS)
    assert dock.session.store.count("photos") == 0 and not (path.parent / "photos").exists()


# -- what is still needed, and links into forms -----------------------------------------------


def test_a_form_is_opened_at_the_field_that_a_link_names(dock):
    dock.show()
    dock.open_form("A.8", "r8", "sewage_l_d")
    assert (dock.desk.cells.table.name, dock.records.row.uuid) == ("a8", "r8")
    dock.open_form("a8", "", "waste_t_d")  # the first row that lacks it
    assert dock.records.row.uuid == "r8"
    dock.open_form("a9", "", "employees")  # no row yet: one is begun
    assert dock.desk.cells.table.name == "a9" and dock.records.new_uuid
    dock.open_form("indicator_input", "", "pesticide_ok", 7)
    assert field(dock, "number").currentData() == "7"
    dock.open_form("toilets")
    assert "measured on the map" in dock.panel.status.text()
    dock.open_form("county", "", "county_mean")
    assert "no entry of a table" in dock.panel.status.text()


def test_what_the_type_still_needs_leads_to_the_form(dock, qtbot):
    from qgis.PyQt.QtWidgets import QTabWidget

    dock.findChild(QTabWidget, "survey_tabs").setCurrentIndex(1)
    tree = dock.findChild(QTreeWidget, "survey_needs")
    qtbot.waitUntil(lambda: tree.topLevelItemCount() > 10, timeout=WAIT_MS)
    names = {
        tree.topLevelItem(i).text(0).split()[0]: tree.topLevelItem(i) for i in range(tree.topLevelItemCount())
    }
    sewage = names["8"]
    assert sewage.childCount() >= 1
    tree.itemClicked.emit(sewage.child(0), 0)
    assert dock.desk.cells.table.name in ("a8", "indicator_input")


def test_every_typed_column_has_an_example_that_it_takes(dock):
    from qingliu.ui.survey_cells import table_cells
    from qingliu.ui.survey_editors import LineEditor
    from qingliu.ui.survey_examples import example
    from qingliu.ui.survey_tables import filled_tables

    lacking, wrong = [], []
    for name in filled_tables(dock.edition):
        cells = table_cells(dock.edition, name)
        dock.choose_table(name)
        for key, line in dock.records.form.lines.items():
            if not isinstance(line.editor, LineEditor) or cells.columns[key].type == "date":
                continue
            shown = cells.shown(key, example(name, key))
            if not shown:
                lacking.append(f"{name}.{key}")
            elif cells.faults({key: cells.read(key, shown)}):
                wrong.append(f"{name}.{key}")
            else:
                assert shown in line.editor.line.placeholderText()
    assert (lacking, wrong) == ([], [])


def test_what_an_algorithm_or_another_person_saves_is_shown_within_seconds(dock, qtbot):
    from qingliu.layers.store import Insert, Update, open_store

    with open_store(dock.session.store.path, who="李四") as other:
        other.save([Update("a7", "r7", 1, {"households": 31}), Insert("a7", {"natural_village": "北沟"})])
    qtbot.waitUntil(lambda: field(dock, "households").text() == "31", timeout=WAIT_MS)
    assert len(dock.panel.model.uuids) == 2 and dock.records.row.version == 2
    qtbot.waitUntil(lambda: dock.counts["a7"].rows == 2, timeout=WAIT_MS)


def test_what_is_being_entered_stays_when_somebody_else_saves(dock, qtbot):
    from qingliu.layers.store import Insert, Update, open_store

    field(dock, "population").setText("118")
    with open_store(dock.session.store.path, who="李四") as other:
        other.save([Update("a7", "r7", 1, {"households": 31}), Insert("a7", {"natural_village": "北沟"})])
    qtbot.waitUntil(lambda: len(dock.panel.model.uuids) == 2, timeout=WAIT_MS)
    assert field(dock, "population").text() == "118" and field(dock, "households").text() == "30"
    seen = []
    dock.records.choose_conflict = lambda conflict, cells: seen.append(conflict.who) or conflict.ours
    assert dock.records.save() is not None and seen == ["李四"]
    assert (stored(dock).values["households"], stored(dock).values["population"]) == (31, 118)


def test_what_is_lacking_is_said_in_names_and_not_in_keys(dock, english):
    from qingliu.core.standard import text
    from qingliu.ui.survey_needs import in_names

    words = (
        "treated_to_standard lacks, from indicator_input 8 treated_to_standard, county_mean, "
        "A.8.sewage_treated_l_d; parcels"
    )
    said = in_names(words, 8, dock.edition)
    column = dock.edition.table("a8").column("sewage_treated_l_d")
    assert "treated_to_standard" not in said and "_" not in said
    assert f"A.8 {text(column)}" in said and said.endswith("Parcels")


def test_a_project_that_was_empty_shows_the_watershed(qtbot, qgis_new_project, tmp_path, run):
    import struct

    from qgis.gui import QgsMapCanvas
    from qingliu.layers.store import Drafts, Insert, open_store
    from qingliu.ui.survey_dock import SurveyDock

    made = run(
        "qingliu:createsurvey",
        {"DESTINATION": str(tmp_path / "s.gpkg"), "NAME": "甲", "TYPE": "livable", "CRS": "EPSG:4547"},
    )
    ring = [(500000, 4000000), (502000, 4000000), (502000, 4003000), (500000, 4000000)]
    body = b"".join(struct.pack("<dd", *p) for p in ring)
    polygon = struct.pack("<BII", 1, 3, 1) + struct.pack("<I", 4) + body
    multi = struct.pack("<BII", 1, 6, 1) + polygon
    with open_store(made["SURVEY"]) as store:
        store.save([Insert("boundary", {"name": "甲"}, multi)])
    canvas = QgsMapCanvas()
    qtbot.addWidget(canvas)
    made_dock = SurveyDock(canvas=canvas)
    made_dock.desk.drafts = Drafts(tmp_path / "drafts")
    qtbot.addWidget(made_dock)
    opened(made_dock, made["SURVEY"], qtbot)
    assert QgsProject.instance().crs().authid() == "EPSG:4547"
    assert canvas.extent().contains(made_dock.session.layers("boundary")[0].extent())
    made_dock.close_survey()
    QgsProject.instance().clear()


def test_a_file_full_of_dock_edits_pleases_gdals_validator_and_a_moved_folder_opens_whole(
    dock, path, pictures, qtbot, tmp_path
):
    import shutil

    pytest.importorskip("osgeo_utils")
    from osgeo_utils.samples import validate_gpkg
    from qingliu.layers.surveyphotos import file_of

    field(dock, "population").setText("118")
    dock.records.save()
    layer = layer_of(dock, "villages")
    layer.startEditing()
    layer.changeAttributeValue(dock.session.fid("villages", "v1"), layer.fields().indexOf("name"), "下店村")
    dock.map_saving.save()
    until_saved(dock, qtbot)
    dock.photos.add(pictures[:2])
    qtbot.waitUntil(lambda: strip(dock).list.count() == 2 and not dock.desk.busy, timeout=WAIT_MS)
    grown(dock, 40)
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    dock.undo()
    qtbot.waitUntil(lambda: not dock.desk.busy, timeout=WAIT_MS)
    sign(dock, surveyor="张三", checker="李四")
    dock.findChild(QPushButton, "survey_check").click()
    QgsProject.instance().clear()
    dock.close_survey()
    assert not validate_gpkg.check(str(path), extra_checks=True)

    moved = tmp_path / "另 一处 调查（新）"
    shutil.move(str(path.parent), str(moved))
    assert QgsProject.instance().read(str(moved / "survey.qgz"))
    layers = QgsProject.instance().mapLayers().values()
    assert len(layers) >= 35 and all(x.isValid() for x in layers)
    qtbot.waitUntil(lambda: dock.session is not None and bool(dock.counts), timeout=WAIT_MS)  # by itself
    assert dock.session.store.home.parent == moved
    assert len(dock.session.edits.layers()) == len(layers)
    photos = dock.session.store.rows("photos")
    assert all(file_of(dock.session.store.home, p.values["path"]).is_file() for p in photos)
    dock.choose_table("a7")
    assert dock.desk.locked and field(dock, "population").text() == "118"


def test_what_the_checks_find_leads_to_the_field(dock, qtbot):
    from qgis.PyQt.QtWidgets import QTabWidget

    dock.choose_table("a8")
    field(dock, "toilets_total").setText("30")
    field(dock, "toilets_converted").setText("31")
    dock.records.save()
    dock.choose_table("a1")
    dock.findChild(QTabWidget, "survey_tabs").setCurrentIndex(2)
    tree = dock.findChild(QTreeWidget, "survey_findings")
    qtbot.waitUntil(lambda: tree.topLevelItemCount() > 0, timeout=WAIT_MS)
    errors = tree.topLevelItem(0)
    assert errors.text(0).startswith("Errors")
    lines = [errors.child(i) for i in range(errors.childCount())]
    (line,) = [x for x in lines if "31" in x.text(0)]
    tree.itemClicked.emit(line, 0)
    assert (dock.desk.cells.table.name, dock.records.row.uuid) == ("a8", "r8")
    field(dock, "toilets_converted").setText("30")
    dock.records.save()
    qtbot.waitUntil(
        lambda: tree.topLevelItemCount() > 0
        and not [
            1
            for i in range(tree.topLevelItem(0).childCount())
            if "31" in tree.topLevelItem(0).child(i).text(0)
        ],
        timeout=WAIT_MS,
    )  # found again after the save
