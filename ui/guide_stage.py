"""One stage of the guide on the screen: why, what to answer, which type, which targets, which steps."""

from __future__ import annotations

from datetime import date
from typing import Any, Mapping

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core import language
from ..core.guide.answers import Answer
from ..core.guide.stages import (
    CHOICE,
    DONE,
    EPOCHS,
    LACKING,
    MANY,
    TEXT,
    JobState,
    Question,
    StageState,
    target_key,
)
from ..core.guide.typechange import limit_of, type_change
from ..core.standard import Edition

KEY = Qt.ItemDataRole.UserRole


class StagePage(QWidget):
    """The page of a stage. ``answered`` carries key and Answer, ``type_chosen`` the type's key."""

    answered = pyqtSignal(str, object)
    type_chosen = pyqtSignal(str)
    run_requested = pyqtSignal(list)
    target_requested = pyqtSignal(str)

    def __init__(
        self,
        state: StageState,
        answers: Mapping[str, Answer],
        edition: Edition,
        watershed_type: str,
        person: str,
    ) -> None:
        super().__init__()
        self.state, self.answers, self.edition = state, dict(answers), edition
        self.type, self.person = watershed_type, person
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.addWidget(self._head())
        if state.stage.questions:
            column.addWidget(self._questions())
        if state.stage.type:
            column.addWidget(self._types())
        if state.stage.targets:
            column.addWidget(self._targets(), 1)
        if state.jobs:
            column.addWidget(self._jobs())
        if state.stage.docks:
            column.addLayout(self._docks())
        column.addStretch(0)

    def _head(self) -> QLabel:
        stage = self.state.stage
        link = f'<a href="clause:{stage.clause}">{stage.clause}</a>'
        label = QLabel(f"<b>{stage.label}</b> ({link})<br>{stage.why}")
        label.setObjectName("guide_why")
        label.setWordWrap(True)
        label.linkActivated.connect(self.target_requested)
        return label

    # -- questions ---------------------------------------------------------
    def _questions(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(2, 1)
        for row, question in enumerate(self.state.stage.questions):
            label = QLabel(f'{question.label} (<a href="clause:{question.clause}">{question.clause}</a>)')
            label.setWordWrap(True)
            label.linkActivated.connect(self.target_requested)
            grid.addWidget(label, 2 * row, 0, 1, 3)
            for column, widget in enumerate(self._inputs(question)):
                grid.addWidget(widget, 2 * row + 1, column + 1)
        return box

    def _inputs(self, question: Question) -> list[QWidget]:
        given = self.answers.get(question.key, Answer(""))
        note = QLineEdit(given.note if question.kind != TEXT else given.value)
        note.setObjectName(f"guide_note_{question.key}")
        if question.kind == TEXT:
            note.editingFinished.connect(lambda q=question, n=note: self._tell(q.key, n.text().strip(), ""))
            return [note]
        note.setPlaceholderText(self.tr("Document, number, reason"))
        if question.kind == MANY:
            return [self._many(question, given)]
        box = QComboBox()
        box.setObjectName(f"guide_{question.key}")
        box.addItem(self.tr("open"), "")
        options = [(o.key, o.label) for o in question.options] if question.kind == CHOICE else self._yes_no()
        for key, label in options:
            box.addItem(label, key)
        box.setCurrentIndex(max(box.findData(given.value), 0))
        box.activated.connect(
            lambda _, q=question, b=box, n=note: self._tell(q.key, b.currentData(), n.text())
        )
        note.editingFinished.connect(
            lambda q=question, b=box, n=note: self._tell(q.key, b.currentData(), n.text())
        )
        return [box, note]

    def _yes_no(self) -> list[tuple[str, str]]:
        return [("yes", self.tr("yes")), ("no", self.tr("no"))]

    def _many(self, question: Question, given: Answer) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        ticks: list[QCheckBox] = []

        def told() -> None:
            chosen = [o.key for o, tick in zip(question.options, ticks) if tick.isChecked()]
            self._tell(question.key, " ".join(chosen), "")

        for option in question.options:
            tick = QCheckBox(option.label)
            tick.setObjectName(f"guide_{question.key}_{option.key}")
            tick.setChecked(option.key in given.value.split())
            tick.clicked.connect(told)
            ticks.append(tick)
            column.addWidget(tick)
        return box

    def _tell(self, key: str, value: Any, note: str) -> None:
        answer = Answer(str(value or ""), note.strip(), self.person, date.today().isoformat())
        before = self.answers.get(key, Answer(""))
        if (before.value, before.note) != (answer.value, answer.note):
            self.answers[key] = answer
            self.answered.emit(key, answer)

    # -- type --------------------------------------------------------------
    def _types(self) -> QWidget:
        box = QGroupBox(self.tr("Type"))
        column = QVBoxLayout(box)
        self.types = QComboBox()
        self.types.setObjectName("guide_type")
        self.types.addItem(self.tr("not chosen"), "")
        for key, named in self.edition.types.items():
            self.types.addItem(language.pick({"zh": named.zh, "en": named.en}), key)
        self.types.setCurrentIndex(max(self.types.findData(self.type), 0))
        self.moved = QTableWidget(0, 3)
        self.moved.setObjectName("guide_moved")
        self.moved.setHorizontalHeaderLabels([self.tr("What changes"), self.tr("now"), self.tr("then")])
        self.moved.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.moved.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.moved.verticalHeader().setVisible(False)
        self.moved.setMinimumHeight(160)
        self.moved.itemDoubleClicked.connect(self._open_moved)
        self.choose = QPushButton(self.tr("Choose this type"))
        self.choose.setObjectName("guide_choose_type")
        self.choose.clicked.connect(lambda: self.type_chosen.emit(self.types.currentData()))
        self.types.currentIndexChanged.connect(self._show_moved)
        for widget in (self.types, self.moved, self.choose):
            column.addWidget(widget)
        self._show_moved()
        return box

    def _show_moved(self, *_: Any) -> None:
        wanted = self.types.currentData()
        moved = type_change(self.edition, self.type, wanted) if wanted and wanted != self.type else []
        self.moved.setRowCount(len(moved))
        for row, change in enumerate(moved):
            for column, text in enumerate((change.label, change.before, change.after)):
                item = QTableWidgetItem(text)
                item.setData(KEY, change.key)
                self.moved.setItem(row, column, item)
        self.choose.setEnabled(bool(wanted) and wanted != self.type)

    def _open_moved(self, item: QTableWidgetItem) -> None:
        self.target_requested.emit(str(item.data(KEY)))

    # -- targets -----------------------------------------------------------
    def _targets(self) -> QTableWidget:
        heads = [
            self.tr("Indicator"),
            self.tr("Threshold"),
            self.tr("Present"),
            self.tr("Planned"),
            self.tr("Horizon"),
        ]
        table = QTableWidget(len(self.edition.indicators), len(heads))
        table.setObjectName("guide_targets")
        table.setHorizontalHeaderLabels(heads)
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.setMinimumHeight(260)
        fixed = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        for row, (number, indicator) in enumerate(self.edition.indicators.items()):
            name = language.pick({"zh": indicator.name_zh, "en": indicator.name_en})
            for column, text in enumerate((f"{number} {name}", limit_of(indicator, self.type))):
                item = QTableWidgetItem(text)
                item.setFlags(fixed)
                table.setItem(row, column, item)
            for column, epoch in enumerate(EPOCHS):
                key = target_key(number, epoch)
                item = QTableWidgetItem(self.answers.get(key, Answer("")).value)
                item.setData(KEY, key)
                table.setItem(row, 2 + column, item)
        table.itemChanged.connect(lambda item: self._tell(str(item.data(KEY)), item.text().strip(), ""))
        return table

    # -- steps and docks ---------------------------------------------------
    def _jobs(self) -> QWidget:
        box = QGroupBox(self.tr("Steps"))
        grid = QGridLayout(box)
        grid.setColumnStretch(0, 1)
        for row, job in enumerate(self.state.jobs):
            grid.addWidget(self._job_label(job), row, 0)
            run = QPushButton(self.tr("Run again") if job.state == DONE else self.tr("Run"))
            run.setObjectName(f"guide_run_{job.step.key}")
            run.setEnabled(job.state != LACKING)
            run.clicked.connect(lambda _, key=job.step.key: self.run_requested.emit([key]))
            more = QPushButton("…")
            more.setToolTip(self.tr("The algorithm's own dialog, with all its parameters"))
            more.setMaximumWidth(32)
            more.clicked.connect(lambda _, a=job.step.algorithm: self.target_requested.emit(f"algorithm:{a}"))
            grid.addWidget(run, row, 1)
            grid.addWidget(more, row, 2)
        return box

    def _job_label(self, job: JobState) -> QLabel:
        title = language.pick(dict(job.step.title))
        mark = {DONE: "✓ ", LACKING: "○ "}.get(job.state, "▶ ")
        lacks = self.tr("needs {}").format(", ".join(job.missing)) if job.missing else ""
        label = QLabel(f"{mark}{title}" + (f"  ({lacks})" if lacks else ""))
        label.setWordWrap(True)
        return label

    def _docks(self) -> QHBoxLayout:
        row = QHBoxLayout()
        names = {
            "survey": self.tr("Survey tables"),
            "streams": self.tr("Limits and profiles"),
            "zones": self.tr("Check and mend zones"),
            "layout": self.tr("Design the layout"),
            "evaluation": self.tr("Evaluation in detail"),
            "figures": self.tr("Plan figures"),
            "field": self.tr("To the field and back"),
        }
        for dock in self.state.stage.docks:
            button = QPushButton(names.get(dock, dock))
            button.setObjectName(f"guide_open_{dock}")
            button.clicked.connect(lambda _, d=dock: self.target_requested.emit(f"dock:{d}"))
            row.addWidget(button)
        return row
