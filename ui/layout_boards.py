"""The texts of boards, from a measure's card: the watershed's sign board (5.2.2-3), a plant's notice board (8.5.2).

What is known is filled in, what the clause wants and nobody has said is a blank in the text and named below it.
Entries are kept on the card.
"""

from __future__ import annotations

from typing import Callable, Dict, Mapping, NamedTuple, Sequence, Tuple

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ..core.language import current
from ..core.layoutplan.notices import BoardFacts, Notice, SignFacts, notice_board, sign_board
from ..core.layoutplan.quantities import Bill
from ..core.layoutplan.units import WIDTH
from ..core.standard import Edition, text
from .layout_words import translate

PLANTS = ("sewage_treatment", "livestock_wastewater")
"""Measures that 8.5.2 wants a notice board for."""

KEPT = "board_"
"""Beginning of the card's entries that only a board has."""

_LINES = 6


class Board(NamedTuple):
    """A board to be filled: its title, fields (key, label) with what is known, and the text they make."""

    title: str
    fields: Tuple[Tuple[str, str], ...]
    values: Mapping[str, str]
    make: Callable[[Mapping[str, str]], Notice]


def has_board(measure: str, edition: Edition) -> bool:
    """Whether a measure's card offers a board: plants, and the rows 其他, among which sign boards are placed."""
    known = edition.measures.get(measure)
    return measure in PLANTS or (known is not None and known.placeholder)


def board_of(
    measure: str,
    name: str,
    card: Mapping[str, str],
    meta: Mapping[str, str],
    bill: Bill,
    edition: Edition,
) -> Board:
    """The board of a measure, with what card, survey and quantities know of it."""
    kept = {k[len(KEPT) :]: v for k, v in card.items() if k.startswith(KEPT)}
    if measure in PLANTS:
        known = {"name": name, "person": card.get("manager", "")}
        return Board(
            translate("LayoutDock", "Notice board of a plant (8.5.2)"),
            _labels("name", "process", "capacity", "effluent", "person", "telephone"),
            {**known, **kept},
            lambda v: notice_board(BoardFacts(**v), current() == "zh"),
        )
    kind = edition.types.get(meta.get("type", ""))
    known = {
        "watershed": meta.get("name", ""),
        "type_name": text(kind) if kind is not None else "",
        "manager": card.get("manager", ""),
    }
    lines = tuple(measure_lines(bill, edition))
    return Board(
        translate("LayoutDock", "Sign board of the watershed (5.2.2-3)"),
        _labels("watershed", "type_name", "area_km2", "year", "builder", "manager", "telephone"),
        {**known, **kept},
        lambda v: sign_board(SignFacts(**v, measures=lines), current() == "zh"),
    )


def measure_lines(bill: Bill, edition: Edition) -> Sequence[str]:
    """The first measures of the layout with their quantity, in the order of table B.1."""
    sums: Dict[Tuple[str, str], float] = {}
    for row in bill.rows:
        if row.of != WIDTH and row.measure in edition.measures:
            name = row.name or text(edition.measures[row.measure], "name")
            unit = edition.code_label("units", row.unit, current())
            sums[name, unit] = sums.get((name, unit), 0.0) + row.quantity
    return [f"{name} {value:g} {unit}" for (name, unit), value in list(sums.items())[:_LINES]]


def _labels(*keys: str) -> Tuple[Tuple[str, str], ...]:
    words = {
        "name": translate("LayoutDock", "Name of the plant"),
        "process": translate("LayoutDock", "Process"),
        "capacity": translate("LayoutDock", "Capacity"),
        "effluent": translate("LayoutDock", "Effluent quality"),
        "person": translate("LayoutDock", "Person in charge"),
        "telephone": translate("LayoutDock", "Telephone"),
        "watershed": translate("LayoutDock", "Watershed"),
        "type_name": translate("LayoutDock", "Type"),
        "area_km2": translate("LayoutDock", "Area (km²)"),
        "year": translate("LayoutDock", "Built in"),
        "builder": translate("LayoutDock", "Built by"),
        "manager": translate("LayoutDock", "Kept by"),
    }
    return tuple((key, words[key]) for key in keys)


class BoardDialog(QDialog):
    """Lines to fill in, the text they make, and what it still lacks."""

    def __init__(self, board: Board, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layout_board")
        self.setWindowTitle(board.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.board = board
        self.lines: Dict[str, QLineEdit] = {}
        form = QFormLayout()
        for key, label in board.fields:
            line = self.lines[key] = QLineEdit(board.values.get(key, ""))
            line.setObjectName(f"layout_board_{key}")
            line.textChanged.connect(lambda _: self._show())
            form.addRow(label, line)
        self.page = QTextBrowser()
        self.page.setObjectName("layout_board_text")
        self.told = QLabel()
        self.told.setObjectName("layout_board_told")
        self.told.setWordWrap(True)
        self.copy = QPushButton(self.tr("Copy the text"))
        self.copy.setObjectName("layout_board_copy")
        self.copy.clicked.connect(self._copied)
        role = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(role.Save | role.Cancel)
        self.buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.page, 1)
        column.addWidget(self.told)
        column.addWidget(self.buttons)
        self.resize(460, 560)
        self._show()

    def values(self) -> Dict[str, str]:
        """What stands in the lines."""
        return {key: line.text().strip() for key, line in self.lines.items()}

    def entries(self) -> Dict[str, str]:
        """What the card keeps of it."""
        return {KEPT + key: value for key, value in self.values().items()}

    def _show(self) -> None:
        notice = self.board.make(self.values())
        self.page.setHtml(notice.html)
        labels = dict(self.board.fields)
        lacking = [labels.get(str(p.facts.get("field")), p.text()) for p in notice.missing]
        words = self.tr("Still to be filled in: {}").format(" · ".join(lacking))
        self.told.setText(words if lacking else "")

    def _copied(self) -> None:
        self.page.selectAll()
        self.page.copy()
