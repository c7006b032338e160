"""The evaluation dock on real surveys: evaluated, asked, changed, gone stale, evaluated again, compared."""

from __future__ import annotations

import struct

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QDate, QSettings, QUrl

WAIT_MS = 30000
PROOF = {"statement": "村庄整洁", "person": "张三", "date": "2025-06-18", "year": 2025}


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


def village(name, uuid, sheet, **more):
    return {"natural_village": name, "villages_uuid": uuid, "sheet_uuid": sheet, **more}


@pytest.fixture
def path(run, tmp_path):
    """A livable watershed of two villages under a path with Chinese and a blank: sewage 90 %, toilets 160 of 200."""
    from qingliu.layers.store import Insert, Update, open_store

    folder = tmp_path / "评价 一"
    folder.mkdir()
    made = run(
        "qingliu:createsurvey",
        {"DESTINATION": str(folder / "survey.gpkg"), "NAME": "青柳沟", "TYPE": "livable", "CRS": "EPSG:4547"},
    )
    with open_store(made["SURVEY"], who="张三") as store:
        heads = {r.values["table"]: r for r in store.rows("sheet")}
        dated = [
            Update("sheet", heads[t].uuid, heads[t].version, {"survey_date": "2025-06-01"})
            for t in ("a7", "a8")
        ]
        a7, a8 = heads["a7"].uuid, heads["a8"].uuid
        water = {"treated_to_standard": True, "public_toilets": 1, "waste_t_d": 1.0, "waste_treated_t_d": 1.0}
        store.save([
            *dated,
            Insert("villages", {"name": "上店"}, point(500000, 3300000), "v1"),
            Insert("villages", {"name": "下店"}, point(500900, 3300000), "v2"),
            Insert("toilets", {"kind": "public", "name": "t"}, point(500000, 3300100), "t1"),
            Insert("a7", village("上店", "v1", a7, households=100), uuid="h1"),
            Insert("a7", village("下店", "v2", a7, households=100), uuid="h2"),
            Insert("a8", village("上店", "v1", a8, sewage_l_d=6000.0, sewage_treated_l_d=5500.0,
                                 households_sanitary=70, **water), uuid="s1"),
            Insert("a8", village("下店", "v2", a8, sewage_l_d=4000.0, sewage_treated_l_d=3500.0,
                                 households_sanitary=90, **water), uuid="s2"),
            Insert("indicator_input", {"number": 14, "key": "judgement", "value": 1.0, **PROOF}, uuid="j14"),
        ])  # fmt: skip
        store.set_meta({"evaluation_date": "2025-09-30"})
    return folder / "survey.gpkg"


@pytest.fixture
def bare(qtbot, qgis_new_project, english):
    from qingliu.ui.evaluation_dock import EvaluationDock

    QSettings().remove("qingliu/survey")
    made = EvaluationDock()
    qtbot.addWidget(made)
    yield made
    made.close_survey()
    QgsProject.instance().clear()


@pytest.fixture
def dock(bare, path, qtbot):
    """The dock with the survey evaluated and its layers in the project."""
    from qingliu.layers.surveyproject import Surveyed, fill_project

    fill_project(QgsProject.instance(), Surveyed(path, "id", "青柳沟", "zh"))
    qtbot.waitUntil(lambda: bare.asked is not None, timeout=WAIT_MS)
    assert bare.asked.path == path  # the project's survey is taken
    evaluated(bare, qtbot)
    return bare


def evaluated(dock, qtbot):
    before = dock.found
    dock.evaluate()
    qtbot.waitUntil(lambda: dock.found is not None and dock.found is not before, timeout=WAIT_MS)


def saved(dock, qtbot):
    qtbot.waitUntil(lambda: not dock._tasks, timeout=WAIT_MS)


def changed(path, qtbot, dock, *changes):
    """Somebody else writes into the survey, and the dock notices."""
    from qingliu.layers.store import open_store

    with open_store(path, who="李四") as store:
        store.save(list(changes))
    dock.look()
    qtbot.waitUntil(lambda: "notice" not in dock._tasks, timeout=WAIT_MS)


def states(dock, type_key="livable"):
    return {r.number: r.state for r in dock.found.evaluation.of(type_key)}


def test_without_a_survey_the_dock_says_what_to_do(bare):
    assert "choose a survey" in bare.panel.status.text()
    assert not bare.panel.run.isEnabled() and bare.panel.body.isHidden()


def test_evaluation_fills_tree_verdict_and_list(dock):
    panel = dock.panel
    assert dock.type == "livable" and panel.date.date() == QDate(2025, 9, 30)
    assert list(panel.tree.numbers()) == list(range(1, 21))
    item = panel.tree.items[8]
    assert [item.text(c) for c in range(5)] == [
        "8. domestic sewage treatment rate", "passes", "90 %", "≥ 85 %", "+5 %",
    ]  # fmt: skip
    assert "unproven" in panel.verdict.text() and "3.0.8" in panel.verdict.text()
    assert "score" not in panel.verdict.text().lower()
    assert panel.todo.topLevelItemCount() == len(panel.todo.tasks) > 5


def test_five_types_stand_side_by_side(dock):
    from qingliu.ui.evaluation_tree import TYPES

    item = dock.panel.tree.items[8]
    tips = [item.toolTip(TYPES + n) for n in range(5)]
    assert [t.split(": ")[1] for t in tips] == ["fails", "passes", "passes", "passes", "passes"]
    dock.panel.type.setCurrentIndex(dock.panel.type.findData("water_source"))
    item = dock.panel.tree.items[8]
    assert (item.text(1), item.text(3)) == ("fails", "≥ 100 %")


def test_a_click_opens_clause_formula_inputs_and_lights_up_the_features(dock, qtbot):
    from qingliu.ui.evaluation_map import survey_layers

    dock.panel.tree.choose(8)
    html = dock.page.html
    for part in ("clause:C.3", "9000 / 10000 * 100 = 90", "A.8 上店", "5500 L/d", "2025", "ruling:10"):
        assert part in html, part
    (villages,) = survey_layers(QgsProject.instance(), dock.asked)["villages"]
    assert villages.selectedFeatureCount() == 2
    with qtbot.waitSignal(dock.target_requested) as asked:
        dock.follow(QUrl("clause:C.3"))
    assert asked.args == ["clause:C.3"]
    dock.panel.tree.choose(14)
    assert villages.selectedFeatureCount() == 0


def test_every_number_of_every_page_has_a_clause_and_a_formula_or_a_source(dock):
    """The walk: what the page lists is what the register holds, down to cells, entries and layers."""
    register = dock.found.evaluation.register
    seen = 0
    for t in dock.found.edition.types:
        dock.panel.type.setCurrentIndex(dock.panel.type.findData(t))
        for number in dock.panel.tree.numbers():
            dock.panel.tree.choose(number)
            row = dock.page.row
            assert (row.type, row.number) == (t, number)
            if row.value_num is not None:
                assert dock.page.lines[0].value.value == pytest.approx(row.value_num)
                assert dock.page.features
            for line in dock.page.lines:
                value = register.get(line.id)
                assert value is line.value and value.clause and line.label
                if value.inputs:
                    assert value.formula
                else:  # entered or published, or counted on layers: none found is a count too
                    assert value.source or value.kind == "entered" or (value.formula and value.features)
                assert f">{value.clause}<" in dock.page.html
                seen += 1
    assert seen > 50


def test_missing_things_lead_to_their_forms(dock, qtbot):
    from qingliu.layers.store import Update

    row = dock.found.given.tables["a8"][0]
    assert row.uuid == "s1"
    changed(dock.asked.path, qtbot, dock, Update("a8", "s1", 1, {"sewage_l_d": None}))
    evaluated(dock, qtbot)
    (gap,) = dock.found.evaluation.row("livable", 8).gaps
    with qtbot.waitSignal(dock.form_requested) as asked:
        dock.desk.open_gap(gap, 8)
    assert asked.args == ["a8", "s1", "sewage_l_d"]
    line = next(n for n, t in enumerate(dock.panel.todo.tasks) if t.gap == gap)
    with qtbot.waitSignal(dock.form_requested):
        dock.panel.todo.follow(line)


@pytest.mark.parametrize(
    ("number", "kind"), [(3, "judgement"), (15, "entered_class"), (18, "income"), (20, "visitors_per_year")]
)
def test_missing_entries_open_their_own_form(dock, number, kind):
    for t in ("livable", "leisure"):
        gaps = dock.found.evaluation.row(t, number).gaps
        if gaps:
            dock.desk.open_gap(gaps[0], number)
            assert dock.panel.entry.kind.key == kind and not dock.panel.entry.isHidden()
            assert dock.panel.entry.year.text() == "2024"


def test_an_entry_is_saved_through_the_store_and_makes_exactly_its_rows_stale(dock, qtbot):
    dock.desk.open_entry(20, "visitors_per_year", None)
    form = dock.panel.entry
    form.value.setText("0.62")
    form.source.setText("统计公报")
    form.submit()
    qtbot.waitUntil(lambda: bool(dock.stale), timeout=WAIT_MS)
    saved(dock, qtbot)
    assert dock.stale == {("eco_tourism", 20), ("leisure", 20)}
    assert not dock.panel.stale.isHidden()
    assert states(dock, "leisure")[20] == "unproven"  # as evaluated, until somebody says so
    evaluated(dock, qtbot)
    assert states(dock, "leisure")[20] == "pass" and dock.stale == frozenset()
    assert dock.panel.stale.isHidden()
    row = dock.found.evaluation.row("leisure", 20)
    assert (row.value_num, row.source, row.year) == (0.62, "统计公报", 2024)


def test_an_entry_is_changed_in_place_and_taken_back(dock, qtbot):
    from qingliu.layers.store import open_store

    dock.desk.open_entry(14, "judgement", "j14")
    form = dock.panel.entry
    assert (form.answer.currentData(), form.statement.toPlainText()) == (1.0, "村庄整洁")
    form.answer.setCurrentIndex(form.answer.findData(0.0))
    form.submit()
    saved(dock, qtbot)
    with open_store(dock.asked.path, read_only=True) as store:
        rows = store.rows("indicator_input")
    assert [(r.uuid, r.values["value"], r.version) for r in rows] == [("j14", 0.0, 2)]
    dock.desk.undo()
    saved(dock, qtbot)
    with open_store(dock.asked.path, read_only=True) as store:
        assert store.rows("indicator_input")[0].values["value"] == 1.0


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        ("value", "many", "no number"),
        ("value", "12,5", "no number"),
        ("year", "24", "no year"),
        ("value", "1e999", "no number"),
    ],
)
def test_what_cannot_be_read_is_told_and_not_saved(dock, field, text, fault):
    dock.desk.open_entry(20, "visitors_per_year", None)
    form = dock.panel.entry
    getattr(form, field).setText(text)
    form.submit()
    assert fault in form.fault.text() and not dock._tasks and not form.isHidden()


@pytest.mark.parametrize(
    ("text", "value"), [("1,234.5", 1234.5), ("12，000", 12000.0), (" 7 ", 7.0), ("", None)]
)
def test_numbers_as_people_write_them(dock, text, value):
    dock.desk.open_entry(20, "visitors_per_year", None)
    dock.panel.entry.value.setText(text)
    assert dock.panel.entry.entered()["value"] == value


def test_evidence_is_copied_beside_the_survey_and_named_by_its_relative_path(dock, qtbot, tmp_path):
    file = tmp_path / "照片 一.jpg"
    file.write_bytes(b"jpg")
    dock.desk.open_entry(14, "judgement", "j14")
    dock.panel.entry.attach(file)
    dock.panel.entry.submit()
    saved(dock, qtbot)
    evaluated(dock, qtbot)
    row = dock.found.evaluation.row("livable", 14)
    assert row.state == "pass"
    assert (dock.asked.home.parent / "evidence" / "14_照片 一.jpg").read_bytes() == b"jpg"
    dock.panel.tree.choose(14)
    assert dock.page.evidence[0].evidence == "evidence/14_照片 一.jpg"


def test_deleting_a_village_makes_exactly_its_rows_stale(dock, path, qtbot):
    from qingliu.layers.store import Delete

    gone = [Delete("villages", "v2", 1), Delete("a7", "h2", 1), Delete("a8", "s2", 1)]
    changed(path, qtbot, dock, *gone)
    types = set(dock.found.edition.types)
    assert dock.stale == {(t, n) for t in types for n in (8, 9, 11, 12)} | {("green_industry", 19)}
    assert "⟳" in dock.panel.tree.items[8].text(1) and "⟳" not in dock.panel.tree.items[1].text(1)
    evaluated(dock, qtbot)
    assert dock.found.evaluation.row("livable", 8).value_num == pytest.approx(100 * 5500 / 6000)


def test_a_save_elsewhere_is_heard_from_the_bus_also_while_a_look_is_under_way(dock, path, qtbot):
    from qingliu.layers.store import Delete, Insert, open_store
    from qingliu.ui.survey_bus import bus

    bus().changed.connect(dock.survey_changed)  # as the window does
    try:
        with open_store(path, who="李四") as store:
            store.save([Insert("villages", {"name": "新村"}, point(500100, 3300100), "v3")])
        qtbot.waitUntil(lambda: ("livable", 8) in dock.stale, timeout=WAIT_MS)
        dock.look(now=True)
        with open_store(path, who="李四") as store:
            store.save([Delete("indicator_input", "j14", 1)])
        dock.look()  # nothing is done yet: the first look has not come back
        qtbot.waitUntil(lambda: ("livable", 14) in dock.stale, timeout=WAIT_MS)
    finally:
        bus().changed.disconnect(dock.survey_changed)


def test_what_was_saved_while_the_dock_was_hidden_is_noticed_when_it_is_shown(dock, path, qtbot):
    from qingliu.layers.store import Delete, open_store

    dock.hide()
    with open_store(path, who="李四") as store:
        store.save([Delete("indicator_input", "j14", 1)])
    assert not dock.stale
    dock.show()
    qtbot.waitUntil(lambda: ("livable", 14) in dock.stale, timeout=WAIT_MS)


def test_village_drawn_without_a_row_is_noticed(dock, path, qtbot):
    from qingliu.layers.store import Insert

    changed(path, qtbot, dock, Insert("villages", {"name": "新村"}, point(500100, 3300100), "v3"))
    assert ("livable", 8) in dock.stale
    evaluated(dock, qtbot)
    row = dock.found.evaluation.row("livable", 8)
    assert (row.state, row.value_num) == ("unproven", pytest.approx(90))
    dock.panel.tree.choose(8)
    assert "新村" in dock.page.html


def test_what_concerns_no_indicator_makes_nothing_stale(dock, path, qtbot):
    from qingliu.layers.store import Update

    changed(path, qtbot, dock, Update("toilets", "t1", 1, {"name": "又名"}))
    assert dock.stale == frozenset() and dock.panel.stale.isHidden()


def test_date_is_kept_in_the_survey_and_makes_everything_stale(dock, qtbot):
    dock.panel.date.setDate(QDate(2027, 1, 1))
    qtbot.waitUntil(lambda: bool(dock.stale), timeout=WAIT_MS)
    saved(dock, qtbot)
    assert {n for t, n in dock.stale if t == "leisure"} == {*range(1, 19), 20}
    evaluated(dock, qtbot)
    assert dock.found.date.isoformat() == "2027-01-01"
    assert states(dock)[8] == "unproven"  # of 2025


def test_county_profile_is_kept_in_the_survey(dock, qtbot, tmp_path):
    file = tmp_path / "county.yaml"
    file.write_text("name: 某县\nyear: 2024\nsource: 公报\ncounty_mean: 60\n", "utf-8")
    dock.desk.set_county(file)
    qtbot.waitUntil(lambda: bool(dock.stale), timeout=WAIT_MS)
    saved(dock, qtbot)
    assert {n for _, n in dock.stale} == {1, 2, 15, 18}
    evaluated(dock, qtbot)
    assert dock.found.evaluation.row("livable", 2).threshold_num == 60
    file.write_text("name: 某县\nyear: soon\n", "utf-8")
    dock.desk.set_county(file)
    assert "QL-STD" in dock.panel.status.text()


def test_row_12_has_both_readings_and_homes_outside_as_a_layer(dock, path, qtbot):
    """上店 lies 100 m from the toilet, 下店 about 906 m: beyond 800 m."""
    dock.panel.tree.choose(12)
    assert "per 500 households" in dock.page.html or "service radius, straight" in dock.page.html
    dock.panel.type.setCurrentIndex(dock.panel.type.findData("eco_tourism"))
    dock.panel.tree.choose(12)
    assert dock.page.row.value_num == pytest.approx(905.539)
    before = set(QgsProject.instance().mapLayers())
    dock.follow(QUrl("homes:"))
    (key,) = set(QgsProject.instance().mapLayers()) - before
    layer = QgsProject.instance().mapLayer(key)
    assert [(f["name"], f["outside"]) for f in layer.getFeatures()] == [("下店", "straight")]


def test_year_of_a_layer_is_entered_where_it_lacks(dock, path, qtbot):
    from qgis.core import QgsGeometry
    from qingliu.layers.store import Insert

    land = bytes(
        QgsGeometry.fromWkt(
            "MultiPolygon(((500000 3300000,500100 3300000,500100 3300100,500000 3300000)))"
        ).asWkb()
    )
    changed(
        path,
        qtbot,
        dock,
        Insert("built_land", {"name": "上店"}, land),
        Insert("green_space", {"class": "VG1"}, land),
    )
    evaluated(dock, qtbot)
    gap = next(g for g in dock.found.evaluation.row("livable", 13).gaps if g.problem.code == "QL-EVAL-NOYEAR")
    dock.desk.open_gap(gap, 13)
    form = dock.panel.entry
    assert form.kind is None and set(form.layers) <= {"built_land", "green_space"}
    form.source.setText("实地测量")
    form.year.setText("2025")
    form.submit()
    qtbot.waitUntil(lambda: bool(dock.stale), timeout=WAIT_MS)
    saved(dock, qtbot)
    assert {n for _, n in dock.stale} >= {13}
    evaluated(dock, qtbot)
    years = {n: f.year for n, f in dock.found.given.figures.items()}
    assert 2025 in (years["a_v"], years["a_vg1"])


def test_epochs_are_kept_beside_the_survey_and_compared(dock, path, qtbot):
    from qingliu.layers.store import Update

    dock.keep_as("治理前", "before")
    assert (path.parent / "evaluations" / "治理前.json").is_file()
    changed(path, qtbot, dock, Update("a8", "s1", 1, {"sewage_treated_l_d": 6000.0}))
    evaluated(dock, qtbot)
    panel = dock.panel.compare
    assert [panel.before.itemText(0), panel.after.currentText()] == [
        "治理前 (before treatment, 2025-09-30)", "This evaluation, 2025-09-30",
    ]  # fmt: skip
    panel.only.setChecked(True)
    (line,) = panel.lines
    assert (line.number, line.gain) == (8, 5.0)
    assert [panel.table.item(0, c).text() for c in (1, 2, 3)] == ["90 %", "95 %", "+5 %"]
    dock.epochs.forget("治理前 (before treatment, 2025-09-30)")
    assert not (path.parent / "evaluations" / "治理前.json").exists()


def test_scheme_of_another_survey_is_compared(dock, path, qtbot, tmp_path):
    import shutil

    from qingliu.layers.store import Update, open_store

    other = tmp_path / "方案 B" / "survey.gpkg"
    other.parent.mkdir()
    shutil.copyfile(path, other)
    with open_store(other, who="t") as store:
        row = store.row("a8", "s1")
        store.save([Update("a8", "s1", row.version, {"sewage_treated_l_d": 5000.0})])
    dock.evaluate_other(other)
    qtbot.waitUntil(lambda: len(dock.epochs.known) == 1, timeout=WAIT_MS)
    found = {x.number: x.gain for x in dock.panel.compare.lines if x.differs}
    assert found == {8: 5.0}


def test_a_file_that_is_no_survey_is_refused_in_words(bare, tmp_path, qtbot):
    wrong = tmp_path / "other.gpkg"
    wrong.write_bytes(b"")
    bare.open_survey(wrong)
    bare.evaluate()
    qtbot.waitUntil(lambda: "QL-STORE-NOTSURVEY" in bare.panel.status.text(), timeout=WAIT_MS)
    assert bare.found is None


def test_evaluating_leaves_the_survey_as_it_was(bare, path, qtbot):
    before = path.read_bytes()
    bare.open_survey(path)
    evaluated(bare, qtbot)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.glob("survey.gpkg-*")] == []


def test_survey_is_held_while_entries_are_written_and_rests_afterwards(dock, path, qtbot):
    """Layers opened before the first entry still read afterwards: the journal does not change under them."""
    from qingliu.ui.evaluation_map import survey_layers

    dock.desk.set_errors(5.0, 50.0, 0.0)
    saved(dock, qtbot)
    (villages,) = survey_layers(QgsProject.instance(), dock.asked)["villages"]
    assert [f["name"] for f in villages.getFeatures()] == ["上店", "下店"]
    assert (path.parent / "survey.gpkg-wal").exists()
    QgsProject.instance().clear()
    dock.close_survey()
    assert sorted(p.name for p in path.parent.glob("survey.gpkg*")) == ["survey.gpkg"]


def test_nothing_is_written_over_unsaved_map_edits(dock, qtbot):
    from qingliu.ui.evaluation_map import survey_layers

    (villages,) = survey_layers(QgsProject.instance(), dock.asked)["villages"]
    villages.startEditing()
    villages.changeAttributeValue(1, villages.fields().indexOf("name"), "别名")
    dock.desk.set_errors(5.0, 50.0, 0.0)
    assert "QL-STORE-EDITING" in dock.panel.status.text() and not dock._tasks
    villages.rollBack()


def test_no_screen_speaks_of_recognition_as_given_or_of_a_score(dock):
    from qingliu.ui.evaluation_words import verdict_words

    said = [verdict_words(v) for v in ("recognised", "not_recognised", "unproven")]
    assert said == ["self-evaluation: passes", "self-evaluation: does not pass", "unproven"]


def test_chart_shows_reference_lines_beside_the_limits(dock, path, qtbot):
    from qingliu.layers.store import Insert

    rows = [
        Insert("indicator_input", {"number": 1, "key": k, "value": v, "year": 2024, "source": "监测"})
        for k, v in (("eroded_area", 25.0), ("total_area", 100.0))
    ]
    changed(path, qtbot, dock, *rows)
    evaluated(dock, qtbot)
    dock.panel.tree.choose(1)
    scale = dock.panel.chart.scale
    assert (scale.value, scale.limits) == (75.0, ()) and [r.value for r in scale.references] == [73, 75]
    assert dock.page.row.state == "unproven"  # the county's target decides, not the national lines
    assert "not a limit" in dock.page.html
    assert not dock.panel.chart.grab().isNull()
