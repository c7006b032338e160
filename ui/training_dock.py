"""The course in the window: lessons with time and aim, steps marked by their result, a summary of the class.

What is marked are answers and files, never how one got there. The exam gives no hints.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any, Mapping

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingUtils,
    QgsProject,
    QgsTask,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSettings, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..core.errors import QingliuError
from ..core.printing.cells import neutral
from ..core.training.lessons import CHOICE, FAULTS, LAYOUT, MANY, NUMBER, Lesson, Step, lessons
from ..core.training.marking import Mark, Seen, Tried, mark, summary
from ..layers.training import (
    RECORD,
    Course,
    exercise_measures,
    faults_mended,
    keep,
    open_course,
    reset,
    tries_of,
)
from .dock_frame import Fitting
from .job_runner import Log
from .tasks import task_of

SETTINGS = "qingliu/training"


class TrainingDock(QDockWidget):
    """One learner's way through the lessons. ``target_requested`` opens clauses and algorithms."""

    target_requested = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.course: Course | None = None
        self.lesson: Lesson = lessons()[0]
        self.step: Step = self.lesson.steps[0]
        self.hints_shown = 0
        self.marks: dict[tuple[str, str], bool] = {}
        self._task: QgsTask | None = None
        self._held: tuple[Any, ...] = ()
        self._input: QWidget | None = None
        self._build()
        self.learner.setText(str(QSettings().value(f"{SETTINGS}/learner", "")))
        kept = str(QSettings().value(f"{SETTINGS}/folder", ""))
        if kept and (Path(kept) / "answers.json").is_file():
            self.open(Path(kept))
        self._choose_lesson(0)

    # -- building ----------------------------------------------------------
    def _build(self) -> None:
        self.learner = QLineEdit()
        self.learner.setObjectName("training_learner")
        self.learner.setPlaceholderText(self.tr("Your name"))
        self.learner.editingFinished.connect(self._renamed)
        self.list = QListWidget()
        self.list.setObjectName("training_lessons")
        self.list.currentRowChanged.connect(self._choose_lesson)
        self.aim, self.task, self.hint, self.status = (QLabel() for _ in range(4))
        for label in (self.aim, self.task, self.hint, self.status):
            label.setWordWrap(True)
        self.task.linkActivated.connect(self.target_requested)
        self.status.setObjectName("training_status")
        self.place = QVBoxLayout()
        self.check = self._button("training_check", self.tr("Check"), self.check_step)
        self.more = self._button("training_hint", self.tr("Hint"), self._show_hint)
        self.back = self._button("training_back", self.tr("Back"), lambda: self._go(-1))
        self.forth = self._button("training_next", self.tr("Next"), lambda: self._go(1))
        self.folder_button = self._button(
            "training_folder", self.tr("Folder of the course …"), self._ask_folder
        )
        self.reset_button = self._button("training_reset", self.tr("Put everything back"), self._ask_reset)
        self.class_button = self._button("training_class", self.tr("Class summary …"), self._ask_summary)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        top, steps, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row, widgets in (
            (top, (self.learner, self.folder_button)),
            (steps, (self.back, self.more, self.check, self.forth)),
            (foot, (self.class_button, self.reset_button)),
        ):
            for widget in widgets:
                row.addWidget(widget)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        column.addWidget(self.aim)
        column.addWidget(self.task)
        column.addLayout(self.place)
        column.addWidget(self.hint)
        column.addLayout(steps)
        column.addWidget(self.status)
        column.addLayout(foot)
        self.setWidget(Fitting(body))
        self._list_lessons()

    def _button(self, name: str, text: str, done: Any) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(lambda *_: done())
        return button

    def _list_lessons(self) -> None:
        row = max(self.list.currentRow(), 0)
        self.list.blockSignals(True)
        self.list.clear()
        for lesson in lessons():
            right = sum(self.marks.get((lesson.key, s.key), False) for s in lesson.steps)
            text = self.tr("{title} ({minutes} min)  {right}/{all}")
            facts = {
                "title": lesson.title,
                "minutes": lesson.minutes,
                "right": right,
                "all": len(lesson.steps),
            }
            self.list.addItem(text.format(**facts))
        self.list.setCurrentRow(row)
        self.list.blockSignals(False)

    # -- the course --------------------------------------------------------
    def open(self, folder: Path) -> None:
        """Open a folder with the practice watershed as the course."""
        try:
            self.course = open_course(folder)
            tries = tries_of([folder / RECORD])
        except QingliuError as error:
            self.status.setText(error.text())
            return
        QSettings().setValue(f"{SETTINGS}/folder", str(folder))
        name = self.learner.text().strip()
        self.marks = {(t.lesson, t.step): t.right for t in tries if t.learner == name}
        self._list_lessons()
        self.status.setText(self.tr("Course in {}.").format(folder.name))

    def _ask_folder(self) -> None:
        start = str(QSettings().value(f"{SETTINGS}/folder", ""))
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder with the practice watershed"), start)
        if folder:
            self.open(Path(folder))

    def _renamed(self) -> None:
        QSettings().setValue(f"{SETTINGS}/learner", self.learner.text().strip())
        if self.course is not None:
            self.open(self.course.folder)

    # -- lessons and steps -------------------------------------------------
    def _choose_lesson(self, row: int) -> None:
        if 0 <= row < len(lessons()):
            self.lesson = lessons()[row]
            self._show_step(self.lesson.steps[0])

    def _go(self, by: int) -> None:
        at = self.lesson.steps.index(self.step) + by
        if 0 <= at < len(self.lesson.steps):
            self._show_step(self.lesson.steps[at])
        elif by > 0 and self.list.currentRow() + 1 < self.list.count():
            self.list.setCurrentRow(self.list.currentRow() + 1)

    def _show_step(self, step: Step) -> None:
        self.step = step
        self.hints_shown = 0
        self.hint.clear()
        self.aim.setText(f"<i>{self.lesson.aim}</i>")
        at = self.lesson.steps.index(step) + 1
        link = f'<a href="clause:{step.clause}">{step.clause}</a>'
        self.task.setText(f"<b>{at}/{len(self.lesson.steps)}</b> {step.text} ({link})")
        self.more.setVisible(bool(step.hints) and not self.lesson.exam)
        if self._input is not None:
            self.place.removeWidget(self._input)
            self._input.deleteLater()
        self._input = self._make_input(step)
        self.place.addWidget(self._input)

    def _make_input(self, step: Step) -> QWidget:
        if step.kind == NUMBER:
            line = QLineEdit()
            line.setObjectName("training_number")
            line.setPlaceholderText(step.unit or self.tr("number"))
            line.returnPressed.connect(self.check_step)
            return line
        if step.kind == CHOICE:
            box = QComboBox()
            box.setObjectName("training_choice")
            box.addItem("", "")
            for option in step.options:
                box.addItem(option.label, option.key)
            return box
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        for option in step.options:
            tick = QCheckBox(option.label)
            tick.setObjectName(f"training_{option.key}")
            tick.setProperty("key", option.key)
            column.addWidget(tick)
        return body

    def _given(self) -> Any:
        if isinstance(self._input, QLineEdit):
            return self._input.text()
        if isinstance(self._input, QComboBox):
            return self._input.currentData()
        if self._input is None or self.step.kind != MANY:
            return None
        return [t.property("key") for t in self._input.findChildren(QCheckBox) if t.isChecked()]

    def _show_hint(self) -> None:
        if self.lesson.exam or not self.step.hints:
            return
        self.hints_shown = min(self.hints_shown + 1, len(self.step.hints))
        self.hint.setText("\n".join(f"• {h}" for h in self.step.hints[: self.hints_shown]))

    # -- marking -----------------------------------------------------------
    def check_step(self) -> None:
        """Mark the step by its result; exercises are looked at in a task."""
        if self.course is None:
            self.status.setText(
                self.tr("Choose the folder of the course: the practice watershed from the menu.")
            )
        elif not self.learner.text().strip():
            self.status.setText(self.tr("Write your name first: marks are kept under it."))
        elif self._task is not None:
            self.status.setText(self.tr("Still looking at the last answer."))
        elif self.step.kind == FAULTS:
            self._look_at_faults(self.course)
        elif self.step.kind == LAYOUT:
            self._look_at_layout(self.course)
        else:
            self._marked(Seen())

    def _look_at_faults(self, course: Course) -> None:
        def work(task: QgsTask) -> frozenset[str]:
            return faults_mended(course)

        def done(error: BaseException | None, found: frozenset[str] = frozenset()) -> None:
            self._task = None
            if error is not None:
                self.status.setText(error.text() if isinstance(error, QingliuError) else str(error))
            else:
                self._marked(Seen(mended=found))

        self._task = task_of(self.tr("Look at the exercise"), work, on_finished=done)
        QgsApplication.taskManager().addTask(self._task)

    def _look_at_layout(self, course: Course) -> None:
        exercise = course.key.get("layout_exercise") or {}
        algorithm = QgsApplication.processingRegistry().createAlgorithmById("qingliu:checklayout")
        if algorithm is None or not exercise:
            self.status.setText(self.tr("This course has no layout exercise."))
            return
        source = str(course.folder / "landuse.gpkg")
        values: dict[str, Any] = {
            role: str(course.folder / name) if name.endswith(".tif") else f"{source}|layername={name}"
            for role, name in exercise["roles"].items()
        }
        values["LAYOUT"] = [f"{source}|layername={name}" for name in exercise["layers"]]
        values["OUTPUT"] = QgsProcessingUtils.generateTempFilename("layout_check.gpkg")
        log, context = Log(), QgsProcessingContext()
        context.setProject(QgsProject.instance())
        task = QgsProcessingAlgRunnerTask(algorithm, values, context, log)
        task.executed.connect(lambda ok, results: self._layout_seen(course, ok, results, log))
        self._task, self._held = task, (algorithm, context, log)
        QgsApplication.taskManager().addTask(task)

    def _layout_seen(self, course: Course, ok: bool, results: Mapping[str, Any], log: Log) -> None:
        self._task = None
        if not ok:
            self.status.setText("\n".join(log.errors))
            return
        layer = QgsVectorLayer(str(results["OUTPUT"]), "layout_check", "ogr")
        found = {(f["measure_uuid"], f["rule_id"]) for f in layer.getFeatures()}
        self._held = ()
        there = _uuids(course)
        planted = exercise_measures(course)
        breach = frozenset(m["name"] for m in planted if (m["uuid"], m["rule_id"]) in found)
        self._marked(
            Seen(in_breach=breach, measures=frozenset(m["name"] for m in planted if m["uuid"] in there))
        )

    def _marked(self, seen: Seen) -> None:
        course = self.course
        if course is None:
            return
        try:
            found = mark(self.step, self._given(), course.key, seen)
            now = datetime.now().isoformat(timespec="seconds")
            name = self.learner.text().strip()
            tried = Tried(
                name, self.lesson.key, self.step.key, self.step.clause, found.right, self.hints_shown, now
            )
            keep(course, tried)
        except QingliuError as error:
            self.status.setText(error.text())
            return
        self.marks[(self.lesson.key, self.step.key)] = found.right
        self._list_lessons()
        self.status.setText(self._verdict(found))

    def _verdict(self, found: Mark) -> str:
        if found.right:
            return self.tr("✓ Right.")
        if found.left and not self.lesson.exam:
            return self.tr("✗ Not yet; still to mend: {}.").format(len(found.left))
        return self.tr("✗ Not yet.")

    # -- class and reset ---------------------------------------------------
    def _ask_summary(self) -> None:
        files, _ = QFileDialog.getOpenFileNames(self, self.tr("Records of the class"), "", "*.jsonl")
        if not files:
            return
        target, _ = QFileDialog.getSaveFileName(self, self.tr("Summary"), "summary.csv", "*.csv")
        if target:
            self.write_summary([Path(f) for f in files], Path(target))

    def write_summary(self, records: list[Path], target: Path) -> None:
        """Per learner and clause, from the records of a class, as CSV."""
        try:
            lines = summary(tries_of(records))
            with open(target, "w", encoding="utf-8-sig", newline="") as stream:
                writer = csv.writer(stream)
                heads = (self.tr("Learner"), self.tr("Clause"), self.tr("Right"), self.tr("Steps"))
                writer.writerow([*heads, self.tr("Tries"), self.tr("Hints")])
                writer.writerows([neutral(line.learner), *line[1:]] for line in lines)
        except (QingliuError, OSError) as error:
            self.status.setText(error.text() if isinstance(error, QingliuError) else str(error))
            return
        self.status.setText(
            self.tr("{count} lines written to {file}.").format(count=len(lines), file=target.name)
        )

    def _ask_reset(self) -> None:
        question = self.tr("Put all files of the course back as they were? What was changed in them is lost.")
        if QMessageBox.question(self, "清流 Qingliu", question) == QMessageBox.StandardButton.Yes:
            self.put_back()

    def put_back(self) -> None:
        """Reset the course; layers of its files are taken out of the project first."""
        if self.course is None:
            return
        project = QgsProject.instance()
        folder = str(self.course.folder)
        project.removeMapLayers([i for i, x in project.mapLayers().items() if x.source().startswith(folder)])
        try:
            changed = reset(self.course)
        except QingliuError as error:
            self.status.setText(error.text())
            return
        self.status.setText(self.tr("Back as it was; {} files had changed.").format(len(changed)))


def _uuids(course: Course) -> set[str]:
    """Uuids of the exercise's measures that are still there."""
    found: set[str] = set()
    for name in (course.key.get("layout_exercise") or {}).get("layers") or ():
        layer = QgsVectorLayer(f"{course.folder / 'landuse.gpkg'}|layername={name}", name, "ogr")
        found |= {str(f["uuid"]) for f in layer.getFeatures()} if layer.isValid() else set()
    return found
