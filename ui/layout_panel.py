"""The widgets of the layout dock and how they lie; what they do is the dock's."""

from __future__ import annotations

from typing import Dict, Mapping, Sequence, Tuple

from qgis.PyQt.QtCore import QSettings, Qt
from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..core.standard import Edition
from .layout_card import CardPanel
from .layout_findings import FindingsPanel
from .layout_palette import Palette
from .layout_schemes import SchemesPanel
from .layout_sources import Sources
from .layout_totals import TotalsPanel

SETTINGS = "qingliu/layout"
DRAW, PARCELS, MOVE, COPY, CORNER = "draw", "parcels", "move", "copy", "corner"


class LayoutPanel(QWidget):
    """Everything the dock shows."""

    def __init__(self, edition: Edition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = _label("layout_title")
        self.status = _label("layout_status")
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.palette_ = Palette(edition)
        self.findings = FindingsPanel()
        self.totals = TotalsPanel(edition)
        self.schemes = SchemesPanel(edition)
        self.card = CardPanel(edition)
        self.sources = Sources(edition)
        self._make_bar()
        self._make_tools()
        self._make_live()
        self._make_tabs()
        self._lay_out()

    def _make_bar(self) -> None:
        self.open_button = QToolButton()
        self.open_button.setObjectName("layout_open")
        self.open_button.setText(self.tr("Open survey …"))
        self.open_button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.recent = QMenu(self)
        self.open_button.setMenu(self.recent)
        self.scratch_button = _button("layout_scratch", self.tr("New layout"))
        self.scratch_button.setToolTip(self.tr("A layout of its own, in a scratch file, without a survey"))
        self.save_button = _button("layout_save", self.tr("Save"))
        self.undo_button = _button("layout_undo", self.tr("Undo"))
        self.redo_button = _button("layout_redo", self.tr("Redo"))
        self.more_button = QToolButton()
        self.more_button.setObjectName("layout_more")
        self.more_button.setText(self.tr("More"))
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.discard_action = menu.addAction(self.tr("Discard unsaved edits"))
        self.left_action = menu.addAction(self.tr("Put back what an earlier session did not save"))
        self.left_action.setVisible(False)
        self.dxf_action = menu.addAction(self.tr("Save as DXF …"))
        self.plots_action = menu.addAction(self.tr("Save the plot table …"))
        menu.addSeparator()
        self.candidates_action = menu.addAction(self.tr("Candidate areas of measures …"))
        self.report_action = menu.addAction(self.tr("Findings as a layer …"))
        menu.addSeparator()
        self.close_action = menu.addAction(self.tr("Close the layout"))
        self.more_button.setMenu(menu)

    def _make_tools(self) -> None:
        words: Mapping[str, Tuple[str, str]] = {
            DRAW: (self.tr("Draw"), self.tr("Draw the chosen measure; the clauses follow. Right click ends.")),
            PARCELS: (self.tr("Whole parcels"), self.tr("Click parcels: each gets the chosen measure")),
            MOVE: (self.tr("Move"), self.tr("Click a measure, carry it, click where it goes")),
            COPY: (self.tr("Copy"), self.tr("Click a measure, carry it, click where the copy goes")),
            CORNER: (self.tr("Corners"), self.tr("Drag a corner or an edge of a measure")),
        }  # fmt: skip
        self.tools: Dict[str, QPushButton] = {}
        self.tool_group = QButtonGroup(self)
        self.tool_group.setExclusive(False)
        for key, (label, hint) in words.items():
            button = self.tools[key] = _button(f"layout_tool_{key}", label)
            button.setCheckable(True)
            button.setToolTip(hint)
            self.tool_group.addButton(button)
        self.split_box = QCheckBox(self.tr("Split along parcels"))
        self.split_box.setObjectName("layout_split_box")
        self.split_box.setChecked(str(QSettings().value(f"{SETTINGS}/split", "false")) == "true")
        self.split_box.toggled.connect(
            lambda on: QSettings().setValue(f"{SETTINGS}/split", "true" if on else "false")
        )
        self.split_button = _button("layout_split", self.tr("Split the selected"))
        self.delete_button = _button("layout_delete", self.tr("Delete the selected"))

    def _make_live(self) -> None:
        self.live = QLabel()
        self.live.setObjectName("layout_live")
        self.live.setTextFormat(Qt.TextFormat.RichText)
        self.live.setWordWrap(True)
        self.live.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.live.setMargin(4)
        self.live_area = QScrollArea()
        self.live_area.setFrameShape(QFrame.Shape.StyledPanel)
        self.live_area.setWidgetResizable(True)
        self.live_area.setWidget(self.live)
        self.live_area.setFixedHeight(132)

    def _make_tabs(self) -> None:
        draw = QWidget()
        column = QVBoxLayout(draw)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.palette_, 1)
        grid = QGridLayout()
        for n, button in enumerate(self.tools.values()):
            grid.addWidget(button, n // 3, n % 3)
        grid.addWidget(self.delete_button, 1, 2)
        grid.addWidget(self.split_box, 2, 0, 1, 2)
        grid.addWidget(self.split_button, 2, 2)
        column.addLayout(grid)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("layout_tabs")
        for widget, title in (
            (draw, self.tr("Draw")), (self.findings, self.tr("Findings")), (self.totals, self.tr("Quantities")),
            (self.schemes, self.tr("Schemes")), (self.card, self.tr("Card")), (self.sources, self.tr("Layers")),
        ):  # fmt: skip
            self.tabs.addTab(widget, title)
        kept = str(QSettings().value(f"{SETTINGS}/tab", "0"))
        self.tabs.setCurrentIndex(int(kept) if kept.isdigit() else 0)
        self.tabs.currentChanged.connect(lambda n: QSettings().setValue(f"{SETTINGS}/tab", str(n)))

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(4, 4, 4, 4)
        whole.addLayout(
            _beside(
                [self.open_button, self.scratch_button, self.save_button, self.undo_button, self.redo_button,
                 self.more_button]
            )
        )  # fmt: skip
        whole.addWidget(self.title)
        whole.addWidget(self.tabs, 1)
        whole.addWidget(self.live_area)
        whole.addWidget(self.status)

    def show_tab(self, widget: QWidget) -> None:
        """Bring a tab to the front."""
        self.tabs.setCurrentWidget(widget)

    def check_tool(self, key: str | None) -> None:
        """Show which tool is at work."""
        for name, button in self.tools.items():
            button.setChecked(name == key)


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    return label


def _button(name: str, label: str) -> QPushButton:
    button = QPushButton(label)
    button.setObjectName(name)
    return button


def _beside(widgets: Sequence[QWidget]) -> QHBoxLayout:
    line = QHBoxLayout()
    for widget in widgets:
        line.addWidget(widget)
    line.addStretch(1)
    return line
