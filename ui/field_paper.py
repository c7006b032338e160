"""Back from paper: a code is scanned or a mark typed, its row opens; what of a print is still out (4.1.3, 4.1.4)."""

from __future__ import annotations

from html import escape
from typing import Dict, Optional

from qgis.PyQt.QtCore import QCoreApplication, QSettings, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core import language
from ..core.field.paper import Print, Printed, Returned
from ..core.mapsheets.marks import KINDS
from ..layers.fieldpaper import PaperRow

translate = QCoreApplication.translate

MARK, WHAT, PAGES, BACK = range(4)
ADDRESS = Qt.ItemDataRole.UserRole
ALL, OUT, RETURNED = "", "out", "returned"
_WIDTHS = {MARK: 76, PAGES: 56, BACK: 130}
_SETTING = "qingliu/field/paper_opens"


class PaperReturn(QWidget):
    """A line for codes, the row found, and the list of a print with ticks for what has come back."""

    code_entered = pyqtSignal(str)
    picture_requested = pyqtSignal()
    list_requested = pyqtSignal()
    ticked = pyqtSignal(list, bool)  # addresses, whether they are back
    entry_requested = pyqtSignal(str, str)  # table and row whose form is wanted

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("field_paper")
        self.printed: Optional[Print] = None
        self.returned: Returned = {}
        self.strange: set[str] = set()
        self._lines: Dict[str, QTreeWidgetItem] = {}
        self.code = QLineEdit()
        self.code.setObjectName("field_paper_code")
        self.code.setPlaceholderText(translate("FieldDock", "scan a code, or type its mark or row number"))
        self.picture = QPushButton(translate("FieldDock", "From a picture …"))
        self.opens = QCheckBox(translate("FieldDock", "Open the form at once"))
        self.opens.setChecked(QSettings().value(_SETTING, True, bool))
        self.found = QLabel()
        self.found.setObjectName("field_paper_found")
        self.found.setWordWrap(True)
        self.open_list = QPushButton(translate("FieldDock", "Open the list of a print (records.csv) …"))
        self.open_list.setObjectName("field_paper_open")
        self.shown = QComboBox()
        self.shown.setObjectName("field_paper_shown")
        self.list = QTreeWidget()
        self.list.setObjectName("field_paper_list")
        self._arrange()
        self._wire()
        self.enable(False)
        self.show_print(None, {}, set())

    def _arrange(self) -> None:
        line, column = QHBoxLayout(), QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        line.addWidget(self.code, 1)
        line.addWidget(self.picture)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setHeaderLabels(
            [
                translate("FieldDock", "Map mark"),
                translate("FieldDock", "What"),
                translate("FieldDock", "Page"),
                translate("FieldDock", "Came back"),
            ]
        )
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)
        for section, width in _WIDTHS.items():
            self.list.setColumnWidth(section, width)
        column.addLayout(line)
        for widget in (self.opens, self.found, self.open_list, self.shown):
            column.addWidget(widget)
        column.addWidget(self.list, 1)
        column.addStretch(0)  # takes the room while there is no list

    def _wire(self) -> None:
        self.code.returnPressed.connect(self._entered)
        self.picture.clicked.connect(lambda _: self.picture_requested.emit())
        self.open_list.clicked.connect(lambda _: self.list_requested.emit())
        self.opens.toggled.connect(lambda on: QSettings().setValue(_SETTING, on))
        self.found.linkActivated.connect(self._follow)
        self.shown.currentIndexChanged.connect(lambda _: self._filter())
        self.list.itemChanged.connect(self._changed)
        self.list.itemDoubleClicked.connect(
            lambda item, _: self.code_entered.emit(str(item.data(0, ADDRESS)))
        )

    def enable(self, survey: bool) -> None:
        """Let codes be entered, where a survey is there."""
        for widget in (self.code, self.picture, self.open_list, self.list):
            widget.setEnabled(survey)

    def _entered(self) -> None:
        text = self.code.text().strip()
        self.code.clear()  # a scanner sends the next one at once
        if text:
            self.code_entered.emit(text)

    def _follow(self, link: str) -> None:
        table, _, row = link.partition("/")
        self.entry_requested.emit(table, row)

    # -- the row -------------------------------------------------------------
    def show_row(self, row: Optional[PaperRow], titles: Dict[str, str]) -> None:
        """Say what a code means, with a link to each row in which something about it is entered."""
        if row is None:
            self.found.clear()
            return
        links = [
            f'<a href="{escape(e.table)}/{escape(e.row)}">{escape(titles.get(e.table, e.table))}</a>'
            for e in (row.entries or ())
        ]
        if not links:
            words = translate("FieldDock", "no table has a row about it yet; its own values are on the map")
            links = [f'<a href="{escape(row.table)}/{escape(row.row)}">{escape(words)}</a>']
        head = f"<b>{escape(row.name)}</b> ({escape(titles.get(row.table, row.table))})"
        self.found.setText(f"{head}: {translate('FieldDock', ', ').join(links)}")

    # -- the list --------------------------------------------------------------
    def show_print(self, printed: Optional[Print], returned: Returned, strange: set[str]) -> None:
        """Show the list of a print: what has come back, what is still out, what the survey does not have."""
        self.printed, self.returned, self.strange = printed, returned, strange
        self.list.blockSignals(True)
        self.list.clear()
        items = [self._line(one) for one in (printed.items if printed is not None else ())]
        self.list.addTopLevelItems(items)
        self._lines = {str(item.data(0, ADDRESS)): item for item in items}
        self.list.blockSignals(False)
        for widget in (self.shown, self.list):
            widget.setVisible(printed is not None)
        self._count()

    def _line(self, one: Printed) -> QTreeWidgetItem:
        named = " ".join(p for p in (_kind(one.kind), one.name) if p)
        item = QTreeWidgetItem([one.mark, named, ", ".join(map(str, one.pages)), ""])
        item.setData(0, ADDRESS, one.address)
        item.setToolTip(WHAT, f"{named}\n{one.table} {one.row}")
        if one.address in self.strange:
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)
            item.setText(BACK, translate("FieldDock", "not in this survey"))
        else:
            self._tell(item)
        return item

    def _tell(self, item: QTreeWidgetItem) -> None:
        back = self.returned.get(str(item.data(0, ADDRESS)))
        state = Qt.CheckState.Unchecked if back is None else Qt.CheckState.Checked
        item.setCheckState(MARK, state)
        item.setText(BACK, "" if back is None else f"{back.at[:10]} {back.who}".strip())

    def show_returned(self, returned: Returned) -> None:
        """Show what has come back now."""
        self.returned = returned
        self.list.blockSignals(True)
        for address, item in self._lines.items():
            if address not in self.strange:
                self._tell(item)
        self.list.blockSignals(False)
        self._count()

    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        """A tick counts for all selected lines."""
        if column != MARK:
            return
        back = item.checkState(MARK) == Qt.CheckState.Checked
        chosen = self.list.selectedItems()
        lines = chosen if item in chosen else [item]
        addresses = [str(x.data(0, ADDRESS)) for x in lines]
        self.ticked.emit([a for a in addresses if a not in self.strange], back)

    def point_at(self, address: str) -> None:
        """Show the line of an address."""
        item = self._lines.get(address)
        if item is not None:
            self.list.setCurrentItem(item)
            self.list.scrollToItem(item)

    def show_page(self, page: int) -> None:
        """Show the records of one page."""
        at = self.shown.findData(page)
        if at >= 0:
            self.shown.setCurrentIndex(at)

    def _count(self) -> None:
        """How many are back, in all and by page."""
        kept = self.shown.currentData()
        items = [
            one for one in (self.printed.items if self.printed else ()) if one.address not in self.strange
        ]
        pages = sorted({page for one in items for page in one.pages})
        back = sum(one.address in self.returned for one in items)
        self.shown.blockSignals(True)
        self.shown.clear()
        self.shown.addItem(translate("FieldDock", "all ({})").format(len(self._lines)), ALL)
        self.shown.addItem(translate("FieldDock", "still out ({})").format(len(items) - back), OUT)
        self.shown.addItem(translate("FieldDock", "came back ({})").format(back), RETURNED)
        words = translate("FieldDock", "page {}: {} of {} came back")
        for page in pages:
            on_page = [one for one in items if page in one.pages]
            done = sum(one.address in self.returned for one in on_page)
            self.shown.addItem(words.format(page, done, len(on_page)), page)
        self.shown.setCurrentIndex(max(self.shown.findData(kept), 0))
        self.shown.blockSignals(False)
        self._filter()

    def _filter(self) -> None:
        wanted = self.shown.currentData()
        for one in self.printed.items if self.printed is not None else ():
            back = one.address in self.returned
            if isinstance(wanted, int):
                shown = wanted in one.pages
            elif wanted in (OUT, RETURNED):
                shown = one.address not in self.strange and back == (wanted == RETURNED)
            else:
                shown = True
            self._lines[one.address].setHidden(not shown)


def _kind(key: str) -> str:
    """What a kind of mark is called."""
    kind = next((k for k in KINDS if k.key == key), None)
    if kind is None:
        return key
    return kind.zh if language.current() == "zh" else kind.key.replace("_", " ")
