"""The widgets of the evaluation dock and how they lie: verdict, tree with the answer below, to-do list, comparison."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QResizeEvent
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .evaluation_chart import MarginChart
from .evaluation_compare import ComparePanel
from .evaluation_entry import EntryForm
from .evaluation_todo import TodoList
from .evaluation_tree import IndicatorTree

TALL = 560
"""Below this height, in pixels, the chart makes room for the answer."""


class EvaluationPanel(QWidget):
    """What the dock shows; what it does is the dock's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = _label("evaluation_title")
        self.verdict = _label("evaluation_verdict")
        self.stale = _label("evaluation_stale")
        self.stale.setStyleSheet("background: #fff4d6; color: #5c4300; padding: 3px")
        self.stale.setVisible(False)
        self.status = _label("evaluation_status")
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.setVisible(False)
        self.tree, self.todo, self.compare = IndicatorTree(), TodoList(), ComparePanel()
        self.chart, self.entry = MarginChart(), EntryForm()
        self.page = QTextBrowser()
        self.page.setObjectName("evaluation_page")
        self.page.setOpenLinks(False)
        self._make_top()
        self._make_menu()
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_chart()

    def show_chart(self) -> None:
        """The chart where there is a scale, height enough, and nothing is being entered."""
        fits = self.height() >= TALL and not self.entry_area.isVisible()
        self.chart.setVisible(fits and self.chart.scale is not None)

    def _make_top(self) -> None:
        self.run = QPushButton(self.tr("Evaluate"))
        self.run.setObjectName("evaluation_run")
        self.type = QComboBox()
        self.type.setObjectName("evaluation_type")
        self.date = QDateEdit()
        self.date.setObjectName("evaluation_date")
        self.date.setCalendarPopup(True)
        self.date.setDisplayFormat("yyyy-MM-dd")
        self.date.setToolTip(
            self.tr(
                "Date of the evaluation: values older than the last complete year before it do not count (7.0.2)"
            )
        )
        self.date.setKeyboardTracking(False)

    def _make_menu(self) -> None:
        self.menu_button = QToolButton()
        self.menu_button.setObjectName("evaluation_menu")
        self.menu_button.setText(self.tr("More"))
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self)
        self.open_action = self.menu.addAction(self.tr("Open survey …"))
        self.county_action = self.menu.addAction(self.tr("County profile …"))
        self.errors_action = self.menu.addAction(self.tr("Stated errors of lines and classes …"))
        self.undo_action = self.menu.addAction(self.tr("Take the last entry back"))
        self.menu_button.setMenu(self.menu)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.run)
        top.addWidget(self.type, 1)
        top.addWidget(self.date)
        top.addWidget(self.menu_button)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("evaluation_tabs")
        self.tabs.addTab(self._answers(), self.tr("Indicators"))
        self.tabs.addTab(self.todo, self.tr("To do"))
        self.tabs.addTab(self.compare, self.tr("Compare"))
        self.entry_area = QScrollArea()
        self.entry_area.setWidgetResizable(True)
        self.entry_area.setWidget(self.entry)
        self.entry_area.setVisible(False)
        self.body = QSplitter(Qt.Orientation.Vertical)
        self.body.addWidget(self.tabs)
        self.body.addWidget(self.entry_area)
        self.body.setSizes([560, 330])
        self.body.setVisible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(4, 4, 4, 4)
        whole.addLayout(top)
        for widget in (self.title, self.bar, self.verdict, self.stale):
            whole.addWidget(widget)
        whole.addWidget(self.body, 1)
        whole.addWidget(self.status)

    def _answers(self) -> QWidget:
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.chart)
        column.addWidget(self.page, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(below)
        self.splitter.setSizes([290, 480])
        return self.splitter


def _label(name: str) -> QLabel:
    made = QLabel()
    made.setObjectName(name)
    made.setWordWrap(True)
    return made
