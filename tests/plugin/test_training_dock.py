"""Every lesson replayed in the dock, once wrong and once right; the marks are right; the reset is to the byte."""

from __future__ import annotations

import json
import shutil

import pytest
from qgis.core import QgsGeometry, QgsVectorLayer
from qgis.PyQt.QtCore import QSettings
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QLineEdit

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(provider, tmp_path_factory):
    from qgis import processing

    folder = tmp_path_factory.mktemp("course") / "练习 1"
    processing.run("qingliu:trainingwatershed", {"SEED": 534, "AREA_KM2": 5, "OUTPUT_FOLDER": str(folder)})
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "课程 1")


@pytest.fixture
def dock(qtbot, qgis_new_project, provider, folder):
    from qingliu.ui.training_dock import SETTINGS, TrainingDock

    QSettings().remove(SETTINGS)
    found = TrainingDock()
    qtbot.addWidget(found)
    found.learner.setText("李明")
    found.open(folder)
    yield found
    QSettings().remove(SETTINGS)


def go_to(dock, lesson, step):
    dock.list.setCurrentRow([x.key for x in lessons()].index(lesson))
    dock._choose_lesson(dock.list.currentRow())
    while dock.step.key != step:
        dock.forth.click()


def lessons():
    from qingliu.core.training.lessons import lessons as course

    return course()


def enter(dock, right):
    from qingliu.core.training.lessons import CHOICE, MANY, NUMBER, expected

    step = dock.step
    if step.kind == NUMBER:
        value = expected(step, dock.course.key) + (0 if right else 2 * step.tolerance + 1)
        dock._input.setText(f"{value:.6f}")
        assert isinstance(dock._input, QLineEdit)
    elif step.kind == CHOICE:
        keys = step.right if right else [o.key for o in step.options if o.key not in step.right]
        dock._input.setCurrentIndex(dock._input.findData(keys[0]))
        assert isinstance(dock._input, QComboBox)
    elif step.kind == MANY:
        for tick in dock._input.findChildren(QCheckBox):
            tick.setChecked(tick.property("key") in step.right if right else True)


def mend(folder, keys):
    """What a learner would type: the values of the sound survey."""
    from qingliu.layers.store import Insert, Update, open_store

    faults = {
        f["key"]: f for f in json.loads((folder / "answers.json").read_text(encoding="utf-8"))["faults"]
    }
    with (
        open_store(folder / "survey.gpkg", read_only=True) as sound,
        open_store(folder / "exercise.gpkg") as store,
    ):
        for key in keys:
            fault = faults[key]
            right = sound.row(fault["table"], fault["row_uuid"])
            row = store.row(fault["table"], fault["row_uuid"])
            field = fault["field"]
            if row is None:
                given = {
                    k: v for k, v in right.values.items() if k in (field, "sheet_uuid") or k.endswith("_uuid")
                }
                store.save([Insert(fault["table"], given)], why="test")
            else:
                store.save(
                    [Update(row.table, row.uuid, row.version, {field: right.values[field]})], why="test"
                )


def move_terrace(folder):
    source = f"{folder / 'landuse.gpkg'}|layername="
    areas = QgsVectorLayer(source + "exercise_areas", "a", "ogr")
    steep, gentle = (
        next(f for f in areas.getFeatures() if f["name"] == name) for name in ("27°坡梯田", "15°坡梯田")
    )
    with_edit = areas.startEditing()
    assert with_edit and areas.changeGeometry(steep.id(), QgsGeometry(gentle.geometry()))
    assert areas.commitChanges()


def recorded(dock):
    path = dock.course.folder / "record.jsonl"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def checked(dock, qtbot):
    before = len(recorded(dock))
    dock.check.click()
    qtbot.waitUntil(lambda: dock._task is None, timeout=60_000)
    lines = recorded(dock)
    assert len(lines) == before + 1, dock.status.text()
    return json.loads(lines[-1])["right"]


def test_every_step_of_every_lesson_is_marked_wrong_and_then_right(dock, qtbot, folder):
    from qingliu.core.training.lessons import FAULTS, LAYOUT

    for lesson in lessons():
        for step in lesson.steps:
            go_to(dock, lesson.key, step.key)
            enter(dock, right=False)
            assert checked(dock, qtbot) is False, (lesson.key, step.key)
            if step.kind == FAULTS:
                mend(folder, step.faults)
            elif step.kind == LAYOUT:
                move_terrace(folder)
            enter(dock, right=True)
            assert checked(dock, qtbot) is True, (lesson.key, step.key, dock.status.text())
    assert all(dock.marks.values()) and len(dock.marks) == sum(len(x.steps) for x in lessons())


def test_a_reset_puts_the_files_back_to_the_byte(dock, qtbot, folder):
    from qingliu.layers.training import digest

    before = {p.name: digest(p) for p in (folder / "sound").iterdir()}
    mend(folder, ["labour"])
    (folder / "dem.tif").write_bytes(b"spoiled")
    (folder / "county.yaml").unlink()
    dock.put_back()
    assert "had changed" in dock.status.text()
    assert {name: digest(folder / name) for name in before} == before


def test_without_a_name_or_a_course_the_dock_says_what_to_do(qtbot, qgis_new_project, provider, folder):
    from qingliu.ui.training_dock import SETTINGS, TrainingDock

    QSettings().remove(SETTINGS)
    bare = TrainingDock()
    qtbot.addWidget(bare)
    bare.check.click()
    assert "practice watershed" in bare.status.text()
    bare.open(folder)
    bare.learner.clear()
    bare.check.click()
    assert "name" in bare.status.text() and not (folder / "record.jsonl").exists()
    bare.open(folder / "nowhere")
    assert "QL-TRAINING-FOLDER" in bare.status.text() or "nowhere" in bare.status.text()


def test_a_class_is_summed_up_from_its_records(dock, qtbot, folder, tmp_path):
    go_to(dock, "streams", "or_rule")
    enter(dock, right=True)
    dock.learner.setText("=cmd|' /C calc'!A0")
    assert checked(dock, qtbot)
    dock.write_summary([folder / "record.jsonl"], tmp_path / "班级.csv")
    rows = (tmp_path / "班级.csv").read_text(encoding="utf-8-sig").splitlines()
    assert (len(rows) == 2 and rows[1].startswith("'=cmd")) or rows[1].startswith("\"'=cmd")


def test_the_exam_gives_no_hints(dock):
    go_to(dock, "exam", "tables")
    assert dock.more.isHidden()
    dock._show_hint()
    assert dock.hint.text() == ""
