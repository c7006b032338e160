"""The form of one record, built from the edition's columns: editors, units, clauses, faults, computed values."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..core.standard import Column, text
from ..layers.schema import store_schema
from .survey_cells import TableCells, in_words
from .survey_editors import CellEditor, ChoiceEditor, Unreadable, editor_for

translate = QCoreApplication.translate

_FAULT = "color:#b3261e"
_WARN = "color:#a86400"
_COMPUTED = "color:#1f5f8b"


class Computed(NamedTuple):
    """What provenance has for a cell: its value, where it comes from, and whether it was computed."""

    value: Any
    source: str
    clause: str


class _Line(NamedTuple):
    """The widgets of a column."""

    editor: CellEditor
    fault: QLabel
    computed: QLabel


class RecordForm(QScrollArea):
    """The fields of a table's record. ``values_changed`` at every keystroke."""

    values_changed = pyqtSignal()
    target_requested = pyqtSignal(str)
    link_wanted = pyqtSignal(str)
    zoom_wanted = pyqtSignal(str)

    def __init__(self, cells: TableCells, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"survey_form_{cells.table.name}")
        self.setWidgetResizable(True)
        self.cells = cells
        self.lines: Dict[str, _Line] = {}
        self.links: Dict[str, Optional[str]] = {f"{layer}_uuid": None for layer in cells.table.layers}
        self._link_labels: Dict[str, QLabel] = {}
        self._take_buttons: List[QPushButton] = []
        self._before: Dict[str, Any] = {}
        self._computed: Mapping[str, Computed] = {}
        self._quiet = False
        self._free = True
        self.building = self._build()

    # -- building ----------------------------------------------------------------
    def finish(self) -> None:
        """Make what is not made yet."""
        for _ in self.building:
            pass

    def _build(self) -> Iterator[None]:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self._clauses())
        for layer in self.cells.table.layers:
            column.addLayout(self._link_line(layer))
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(2)
        group, at = "", 0
        for key, found in self.cells.columns.items():
            title = _group(found)
            if title != group:
                group = title
                grid.addWidget(QLabel("<b>" + title + "</b>"), at, 0, 1, 3)
                at += 1
            self._add_line(grid, at, key)
            at += 3
            yield
        column.addLayout(grid)
        column.addStretch(1)
        self.setWidget(body)

    def _clauses(self) -> QLabel:
        links = " · ".join(f'<a href="clause:{c}">{c}</a>' for c in self.cells.table.clauses)
        notes = self.cells.table.footnotes_zh if _chinese() else self.cells.table.footnotes_en
        label = QLabel(
            translate("SurveyDock", "Clauses: {}").format(links) + "".join(f"<br/>{n}" for n in notes)
        )
        label.setObjectName("survey_clauses")
        label.setWordWrap(True)
        label.linkActivated.connect(self.target_requested)
        return label

    def _link_line(self, layer: str) -> QHBoxLayout:
        title = store_schema(self.cells.edition)[layer]
        line = QHBoxLayout()
        shown = QLabel()
        shown.setObjectName(f"survey_link_{layer}")
        self._link_labels[f"{layer}_uuid"] = shown
        line.addWidget(QLabel("<b>" + text(title) + "</b>"))
        line.addWidget(shown, 1)
        for name, label, signal in (
            ("take", translate("SurveyDock", "Link to selection"), self.link_wanted),
            ("zoom", translate("SurveyDock", "Zoom"), self.zoom_wanted),
        ):
            button = QPushButton(label)
            button.setObjectName(f"survey_{name}_{layer}")
            button.clicked.connect(lambda _, s=signal: s.emit(layer))
            line.addWidget(button)
            if name == "take":
                self._take_buttons.append(button)
        return line

    def _add_line(self, grid: QGridLayout, at: int, key: str) -> None:
        found = self.cells.columns[key]
        name = QLabel(text(found))
        name.setWordWrap(True)
        editor = editor_for(self.cells, key)
        name.setBuddy(editor)
        name.setToolTip(_help(found))
        editor.setToolTip(_help(found))
        clause = found.constraint.warn_clause or self.cells.table.clauses[0]
        link = QToolButton()
        link.setObjectName(f"survey_clause_{key}")
        link.setText("§")
        link.setAutoRaise(True)
        link.setToolTip(translate("SurveyDock", "Clause {}").format(clause))
        link.clicked.connect(lambda _, c=clause: self.target_requested.emit(f"clause:{c}"))
        fault, computed = _note(f"survey_fault_{key}"), _note(f"survey_computed_{key}")
        grid.addWidget(name, at, 0)
        grid.addWidget(editor, at, 1)
        grid.addWidget(link, at, 2)
        grid.addWidget(fault, at + 1, 1, 1, 2)
        grid.addWidget(computed, at + 2, 1, 1, 2)
        editor.setEnabled(self._free)
        self.lines[key] = _Line(editor, fault, computed)
        editor.changed.connect(self._edited)

    def set_free(self, free: bool) -> None:
        """Whether values can be entered; clauses and the map can be followed all the same."""
        if free == self._free:
            return
        self._free = free
        for line in self.lines.values():
            line.editor.setEnabled(free)
        for button in self._take_buttons:
            button.setEnabled(free)

    def point_at(self, key: str) -> None:
        """Bring a field into view and put the cursor there."""
        line = self.lines.get(key)
        if line is not None:
            self.ensureWidgetVisible(line.editor, 20, 80)
            line.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- values ------------------------------------------------------------------
    def show_record(self, values: Mapping[str, Any], computed: Mapping[str, Computed]) -> None:
        """Show a stored record, or what a new one starts with."""
        self._before = {k: values.get(k) for k in (*self.lines, *self.links)}
        self._computed = computed
        self._put(self._before)

    def enter(self, values: Mapping[str, Any]) -> None:
        """Put values over those shown, as if they had been typed (a draft, a link)."""
        self._put(values)
        self.values_changed.emit()

    def _put(self, values: Mapping[str, Any]) -> None:
        self._quiet = True
        for key, value in values.items():
            if key in self.lines:
                self.lines[key].editor.set_value(value)
            elif key in self.links:
                self.links[key] = value
        self._quiet = False
        self._judge()

    def changed(self) -> Dict[str, Any]:
        """Fields that differ from the stored record, unreadable ones as text."""
        found = {k: line.editor.entered() for k, line in self.lines.items()}
        return {k: v for k, v in {**found, **self.links}.items() if v != self._before.get(k)}

    def unreadable(self) -> Dict[str, str]:
        """Fields whose text is no value, with the reason."""
        found = {}
        for key, line in self.lines.items():
            try:
                line.editor.value()
            except Unreadable as bad:
                found[key] = str(bad)
        return found

    def _edited(self) -> None:
        if not self._quiet:
            self._judge()
            self.values_changed.emit()

    # -- judging -------------------------------------------------------------------
    def _judge(self) -> None:
        """Say at each field what is wrong with it, and what was computed for it."""
        bad = self.unreadable()
        values = {k: line.editor.entered() for k, line in self.lines.items()}
        self._narrow(values)
        faults = self.cells.faults({k: v for k, v in values.items() if k not in bad})
        for key, line in self.lines.items():
            found = faults.get(key, [])
            words = bad.get(key) or "\n".join(map(in_words, found))
            grave = key in bad or any(f.severity == "error" for f in found)
            _tell(line.fault, words, _FAULT if grave else _WARN)
            _tell(line.computed, self._beside(key, values[key]), _COMPUTED)
        for key, label in self._link_labels.items():
            label.setText(
                translate("SurveyDock", "linked")
                if self.links[key]
                else translate("SurveyDock", "not linked to a feature yet")
            )

    def _narrow(self, values: Mapping[str, Any]) -> None:
        for key, line in self.lines.items():
            above = self.cells.columns[key].constraint.parent_column
            if above and isinstance(line.editor, ChoiceEditor):
                line.editor.follow(values.get(above))

    def _beside(self, key: str, entered: Any) -> str:
        """The computed value beside the entered one, with the difference."""
        found = self._computed.get(key)
        if found is None or found.value is None:
            return ""
        shown = self.cells.shown(key, found.value)
        if entered == found.value:
            return translate("SurveyDock", "computed: {}").format(found.source)
        both = _numbers(entered, found.value)
        if both is None:
            return translate("SurveyDock", "computed: {} ({})").format(shown, found.source)
        apart = both[0] - both[1]
        share = "" if not both[1] else f", {apart / abs(both[1]):+.1%}"
        return translate("SurveyDock", "computed: {}; entered differs by {}").format(
            shown, f"{apart:+.6g}{share}"
        )


def _numbers(entered: Any, computed: Any) -> Tuple[float, float] | None:
    """Both as numbers, None where one is none."""
    both = [v for v in (entered, computed) if isinstance(v, (int, float)) and not isinstance(v, bool)]
    return (float(both[0]), float(both[1])) if len(both) == 2 else None


def _group(column: Column) -> str:
    if column.extra:
        return translate("SurveyDock", "Added columns (not in the printed table)")
    return text(column, "group")


def _help(column: Column) -> str:
    """The notes of a column and where its value can be had."""
    sources = text(column, "from_layer")
    parts = [text(column, "note"), column.formula or ""]
    if sources:
        parts.append(translate("SurveyDock", "From the map: {}").format(sources))
    return "\n".join(p for p in parts if p)


def _chinese() -> bool:
    from ..core import language

    return language.current() == "zh"


def _note(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setVisible(False)
    return label


def _tell(label: QLabel, words: str, style: str) -> None:
    if label.text() != words:
        label.setText(words)
        label.setStyleSheet(style)
    label.setVisible(bool(words))
