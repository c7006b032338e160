"""The widgets of the survey dock and how they lie: tables, head, rows with the form beside them, drafts."""

from __future__ import annotations

from typing import Dict, List

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QTabWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.standard import Edition, text
from .survey_counts import Count
from .survey_findings import FindingsView
from .survey_head import SheetHead, state_label
from .survey_needs import NeedsView
from .survey_photostrip import PhotoStrip
from .survey_rows import RowModel
from .survey_tables import filled_tables

TABLE_ROLE = int(Qt.ItemDataRole.UserRole) + 1


class SurveyPanel(QWidget):
    """What the dock shows; what it does is the dock's."""

    head: SheetHead

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = _label("survey_title")
        self.status = _label("survey_status")
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.empty = _label("survey_empty")
        self.model = RowModel(self)
        self.stack = QStackedWidget()
        self.stack.setObjectName("survey_form_stack")
        self.stack.addWidget(QLabel(self.tr("Choose a row to fill it.")))
        self.photos = PhotoStrip()
        self.needs = NeedsView()
        self.findings = FindingsView()
        self._make_tree()
        self._make_rows()
        self._make_buttons()
        self._make_draft_bar()
        self._lay_out()

    def _make_tree(self) -> None:
        self.tree = QTreeWidget()
        self.tree.setObjectName("survey_tree")
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setHeaderLabels(
            [self.tr("Table"), self.tr("Rows"), self.tr("Filled"), self.tr("Missing"), self.tr("Wrong"),
             self.tr("State")]
        )  # fmt: skip
        self.tree.header().resizeSection(0, 230)
        for column, width in ((1, 45), (2, 85), (3, 50), (4, 45), (5, 60)):
            self.tree.header().resizeSection(column, width)

    def _make_rows(self) -> None:
        self.rows = QTableView()
        self.rows.setObjectName("survey_rows")
        self.rows.setModel(self.model)
        self.rows.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.rows.verticalHeader().setDefaultSectionSize(22)
        self.rows.horizontalHeader().setDefaultSectionSize(90)

    def _make_buttons(self) -> None:
        self.open_button = QToolButton()
        self.open_button.setObjectName("survey_open")
        self.open_button.setText(self.tr("Open survey …"))
        self.open_button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.recent = QMenu(self)
        self.recent.setObjectName("survey_recent")
        self.open_button.setMenu(self.recent)
        self.new_button = _button("survey_new", self.tr("New survey …"))
        self.close_button = _button("survey_close", self.tr("Close survey"))
        self.map_button = _button("survey_save_map", self.tr("Save map edits"))
        self.undo_button = _button("survey_undo", self.tr("Undo"))
        self.add_button = _button("survey_add_row", self.tr("New row"))
        self.delete_button = _button("survey_delete", self.tr("Delete rows …"))
        self.copy_button = _button("survey_copy", self.tr("Copy rows"))
        self.paste_button = _button("survey_paste", self.tr("Paste rows"))
        self.save_button = _button("survey_save", self.tr("Save"))
        self.revert_button = _button("survey_revert", self.tr("Discard"))
        self.take_button = _button("survey_draft_take", self.tr("Put back"))
        self.drop_button = _button("survey_draft_drop", self.tr("Discard draft"))

    def _make_draft_bar(self) -> None:
        self.draft_bar = QWidget()
        self.draft_bar.setObjectName("survey_drafts")
        self.draft_label = _label("survey_draft_text")
        line = QHBoxLayout(self.draft_bar)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.draft_label, 1)
        line.addWidget(self.take_button)
        line.addWidget(self.drop_button)
        self.draft_bar.setVisible(False)

    def _lay_out(self) -> None:
        left, form = QWidget(), QWidget()
        column = _column(left)
        column.addLayout(_beside(self.add_button, self.delete_button, self.copy_button, self.paste_button))
        column.addWidget(self.empty)
        column.addWidget(self.rows, 1)
        column = _column(form)
        column.addWidget(self.stack, 1)
        column.addWidget(self.photos)
        column.addLayout(_beside(self.save_button, self.revert_button))
        self.records = QSplitter(Qt.Orientation.Horizontal)
        self.records.addWidget(left)
        self.records.addWidget(form)
        self.records.setSizes([220, 380])
        below = QWidget()
        self.head_place = _column(below)
        self.head_place.addWidget(self.records, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("survey_tabs")
        self.tabs.addTab(self.tree, self.tr("Tables"))
        self.tabs.addTab(self.needs, self.tr("Still needed"))
        self.tabs.addTab(self.findings, self.tr("Checks"))
        self.splitter.addWidget(self.tabs)
        self.splitter.addWidget(below)
        self.splitter.setSizes([270, 620])
        self.splitter.setVisible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(4, 4, 4, 4)
        top = (self.open_button, self.new_button, self.close_button, self.map_button, self.undo_button)
        whole.addLayout(_beside(*top))
        whole.addWidget(self.title)
        whole.addWidget(self.draft_bar)
        whole.addWidget(self.splitter, 1)
        whole.addWidget(self.status)

    def selected_lines(self) -> List[int]:
        """The lines selected in the list; by ranges, for a thousand rows are a thousand questions else."""
        chosen = self.rows.selectionModel().selection()
        return sorted({line for part in chosen for line in range(part.top(), part.bottom() + 1)})

    def set_edition(self, edition: Edition) -> None:
        """List the edition's tables, and make the head that its sheets carry."""
        self.head = SheetHead(edition)
        self.head.setObjectName("survey_head")
        self.head_place.insertWidget(0, self.head)
        for table in filled_tables(edition).values():
            item = QTreeWidgetItem([f"{table.id} {text(table, 'title')}"])
            item.setData(0, TABLE_ROLE, table.name)
            self.tree.addTopLevelItem(item)

    def item(self, table: str) -> QTreeWidgetItem | None:
        """The line of a table."""
        items = map(self.tree.topLevelItem, range(self.tree.topLevelItemCount()))
        return next((i for i in items if i.data(0, TABLE_ROLE) == table), None)

    def show_counts(self, counts: Dict[str, Count], edition: Edition, type_: str) -> None:
        """What every table holds; bold are those that 4.1.5 stresses for the type of watershed."""
        tables = filled_tables(edition)
        for name, found in counts.items():
            table, item = tables[name], self.item(name)
            if item is None:
                continue
            shown = (
                str(found.rows), f"{found.filled}/{found.asked}", str(found.missing or ""),
                str(found.wrong or ""), state_label(found.state, edition) if found.state else "",
            )  # fmt: skip
            for column, words in enumerate(shown, 1):
                item.setText(column, words)
            item.setForeground(4, Qt.GlobalColor.red)
            needed = type_ in table.emphasis
            font = item.font(0)
            font.setBold(needed)
            item.setFont(0, font)
            stressed = self.tr("Stressed for this type of watershed (4.1.5)")
            item.setToolTip(0, text(table, "title") + ("\n" + stressed if needed else ""))
            item.setToolTip(3, "\n".join(found.lacking))


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    return label


def _button(name: str, label: str) -> QPushButton:
    button = QPushButton(label)
    button.setObjectName(name)
    return button


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    return column


def _beside(*widgets: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    for widget in widgets:
        line.addWidget(widget)
    line.addStretch(1)
    return line
