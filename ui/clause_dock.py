"""The clause browser: every clause of the edition, its level, its rulings, and what it governs.

From any number, check or form field ``ClauseDock.show_target`` leads to the clause;
from a clause the signal ``target_requested`` leads back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QAbstractItemModel, QModelIndex, QSortFilterProxyModel, Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QPainter, QPixmap, QStandardItem, QStandardItemModel
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QTabBar,
    QTextBrowser,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from ..core import pinyin
from ..core.standard import Clause, Edition, Target, default_edition, text
from . import clause_texts
from .dock_frame import Fitting
from .tasks import task_of

TARGET_ROLE = int(Qt.ItemDataRole.UserRole) + 1
SEARCH_ROLE = int(Qt.ItemDataRole.UserRole) + 2
LEVEL_ROLE = int(Qt.ItemDataRole.UserRole) + 3


@dataclass(frozen=True)
class SearchText:
    """What a row is found by: its words in both languages and the initials of its Chinese."""

    words: str
    initials: tuple[str, ...]

    @classmethod
    def of(cls, *parts: str | None) -> SearchText:
        """From the row's texts."""
        whole = " ".join(p for p in parts if p)
        return cls(whole.lower(), pinyin.spelled(whole))

    def matches(self, query: str) -> bool:
        """Every word of the query is in the text, or is a run of pinyin initials."""
        return all(
            word in self.words or (word.isascii() and word.isalpha() and pinyin.found(word, self.initials))
            for word in query.lower().split()
        )


class ClauseFilter(QSortFilterProxyModel):
    """Rows whose own text, or a row below, matches the query and the level."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.query = ""
        self.level = ""
        self.setRecursiveFilteringEnabled(True)

    def narrow(self, query: str, level: str) -> None:
        """Show rows that match ``query`` (empty: all) and ``level`` (empty: all)."""
        self.query, self.level = query, level
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        index = self.sourceModel().index(row, 0, parent)
        search = index.data(SEARCH_ROLE)
        if search is None:
            return not self.query and not self.level
        level_fits = not self.level or index.data(LEVEL_ROLE) == self.level
        return level_fits and (not self.query or search.matches(self.query))


def _dot(colour: str) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(colour))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(1, 1, 10, 10)
    painter.end()
    return QIcon(pixmap)


def _row(label: str, target: Target | None, search: SearchText | None) -> QStandardItem:
    item = QStandardItem(label)
    item.setEditable(False)
    item.setToolTip(label)
    item.setData(target, TARGET_ROLE)
    item.setData(search, SEARCH_ROLE)
    return item


def _short(sentence: str, limit: int = 46) -> str:
    return sentence if len(sentence) <= limit else sentence[: limit - 1] + "…"


def clause_model(edition: Edition) -> QStandardItemModel:
    """Chapter, section, clause, item, sub-item; notes under the clause they explain."""
    model = QStandardItemModel()
    icons = {level: _dot(colour) for level, colour in clause_texts.LEVEL_COLOURS.items()}
    places: dict[str, QStandardItem] = {}
    for named in (*edition.header.chapters, *edition.header.sections):
        item = _row(f"{named.key} {text(named)}", None, None)
        font = item.font()
        font.setBold(True)
        item.setFont(font)
        places[f"part {named.key}"] = item
    for chapter in edition.header.chapters:
        model.appendRow(places[f"part {chapter.key}"])
    for section in edition.header.sections:
        places[f"part {section.key.split('.')[0]}"].appendRow(places[f"part {section.key}"])
    for clause in edition.clauses.values():
        item = _clause_row(clause, icons)
        places[clause.id] = item
        parent = places.get(clause.parent or "") or places.get(f"part {clause.section}")
        (parent or places[f"part {clause.chapter}"]).appendRow(item)
    return model


def _clause_row(clause: Clause, icons: dict[str, QIcon]) -> QStandardItem:
    title = text(clause, "term") or _short(text(clause))
    search = SearchText.of(
        clause.id, clause.printed_id, clause.term_zh, clause.term_en, clause.zh, clause.en, *clause.standards
    )
    item = _row(f"{clause_texts.clause_number(clause)}  {title}", Target("clause", clause.id), search)
    item.setToolTip(text(clause))
    item.setIcon(icons[clause.level])
    item.setData(clause.level, LEVEL_ROLE)
    return item


def standards_model(edition: Edition) -> QStandardItemModel:
    """The register of cited standards."""
    model = QStandardItemModel()
    for standard in edition.standards.values():
        search = SearchText.of(standard.number, standard.title_zh, standard.title_en)
        label = f"{standard.number}  {text(standard, 'title')}"
        item = _row(label, Target("standard", standard.number), search)
        if not (standard.listed and standard.cited_by):
            item.setForeground(QColor(clause_texts.LEVEL_COLOURS["recommended"]))
        model.appendRow(item)
    return model


def rulings_model(edition: Edition) -> QStandardItemModel:
    """The rulings on what the draft contradicts or leaves open."""
    model = QStandardItemModel()
    for ruling in edition.rulings.values():
        search = SearchText.of(ruling.issue_zh, ruling.issue_en, ruling.ruling_zh, ruling.ruling_en)
        label = f"{ruling.number}  {_short(text(ruling, 'issue'))}"
        model.appendRow(_row(label, Target("ruling", str(ruling.number)), search))
    return model


class ClauseDock(QDockWidget):
    """Search, read and follow the clauses of the edition in force."""

    target_requested = pyqtSignal(str)  # "kind:name" of something that is no clause

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edition: Edition | None = None
        self._wanted: Target | None = None
        self._task: QgsTask | None = None
        self._models: list[QStandardItemModel] = []
        self._build()
        self._load()

    # -- building ----------------------------------------------------------
    def _build(self) -> None:
        self.tabs = QTabBar()
        self.tabs.setObjectName("clause_tabs")
        for title in (self.tr("Clauses"), self.tr("Cited standards"), self.tr("Rulings")):
            self.tabs.addTab(title)
        self.search = QLineEdit()
        self.search.setObjectName("clause_search")
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(self.tr("Search: Chinese, pinyin initials, English, number"))
        self.level = QComboBox()
        self.level.setObjectName("clause_level")
        self.level.addItem(self.tr("All levels"), "")
        for level, colour in clause_texts.LEVEL_COLOURS.items():
            self.level.addItem(_dot(colour), clause_texts.level_name(level), level)
        self.tree = QTreeView()
        self.tree.setObjectName("clause_tree")
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.filter = ClauseFilter(self)
        self.tree.setModel(self.filter)
        self.page = QTextBrowser()
        self.page.setObjectName("clause_page")
        self.page.setOpenLinks(False)
        self.status = QLabel(self.tr("Reading the standard …"))
        self.status.setWordWrap(True)
        self._lay_out()
        self.search.textChanged.connect(self._narrow)
        self.level.currentIndexChanged.connect(self._narrow)
        self.tabs.currentChanged.connect(self._change_tab)
        self.tree.selectionModel().currentChanged.connect(self._show_current)
        self.page.anchorClicked.connect(self._follow)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.level)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self.tree)
        splitter.addWidget(self.page)
        splitter.setSizes([300, 320])
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.tabs)
        column.addLayout(top)
        column.addWidget(splitter, 1)
        column.addWidget(self.status)
        self.setWidget(Fitting(body))

    # -- loading -----------------------------------------------------------
    def _load(self) -> None:
        """Read the edition's files off the interface thread; rows come when they are there."""
        self._task = task_of(self.tr("Reading the standard"), _read_edition, on_finished=self._loaded)
        QgsApplication.taskManager().addTask(self._task)

    def _loaded(self, error: BaseException | None, edition: Edition | None = None) -> None:
        self._task = None
        if error is not None or edition is None:
            self.status.setText(str(error))
            return
        self.edition = edition
        self._models = [clause_model(edition), standards_model(edition), rulings_model(edition)]
        self.status.setText(text(edition.header, "title") + " · " + edition.id)
        self._change_tab(self.tabs.currentIndex())
        if self._wanted is not None:
            self.show_target(self._wanted)

    # -- showing -----------------------------------------------------------
    def show_target(self, target: Target | str) -> None:
        """Open the clause, cited standard or ruling ``"kind:name"``, or the clauses behind another thing.

        For anything else (a table, an indicator, a measure …) the linked clause that governs fewest
        things, which is the one that speaks of it most.
        """
        wanted = Target(*target.split(":", 1)) if isinstance(target, str) else target
        if self.edition is None:
            self._wanted = wanted
            return
        self._wanted = None
        tab = {"clause": 0, "standard": 1, "ruling": 2}.get(wanted.kind)
        if tab is None:
            names = [t.name for t in self.edition.links_to(wanted) if t.kind == "clause"]
            clauses = [self.edition.clauses[n] for n in names if n in self.edition.clauses]
            if clauses:
                closest = min(clauses, key=lambda clause: len(clause.governs))
                self.show_target(Target("clause", closest.id))
            return
        self.search.clear()
        self.level.setCurrentIndex(0)
        self.tabs.setCurrentIndex(tab)
        self._select(wanted)

    def _select(self, wanted: Target) -> None:
        model = self._models[self.tabs.currentIndex()]
        for index in _walk(model):
            if index.data(TARGET_ROLE) == wanted:
                shown = self.filter.mapFromSource(index)
                self.tree.setCurrentIndex(shown)
                self.tree.scrollTo(shown)
                return

    def _change_tab(self, tab: int) -> None:
        self.level.setVisible(tab == 0)
        if self._models:
            self.filter.setSourceModel(self._models[tab])
            self.page.clear()
            self._narrow()

    def _narrow(self) -> None:
        query = self.search.text().strip()
        level = self.level.currentData() if self.tabs.currentIndex() == 0 else ""
        self.filter.narrow(query, level or "")
        if query or level:
            self.tree.expandAll()
            if self.edition is not None:
                self.status.setText(self._count_text())

    def _count_text(self) -> str:
        count = sum(1 for index in _walk(self.filter) if index.data(TARGET_ROLE) is not None)
        if count == 0:
            return self.tr("Nothing found. Try fewer words, initials such as “stqj”, or another level.")
        return self.tr("{} entries").format(count)

    def _show_current(self, index: QModelIndex) -> None:
        target = index.data(TARGET_ROLE)
        if target is None or self.edition is None:
            return
        self.page.setHtml(_html(self.edition, target))

    def _follow(self, url: QUrl) -> None:
        kind, _, name = QUrl.fromPercentEncoding(url.toEncoded()).partition(":")
        if kind in ("clause", "standard", "ruling"):
            self.show_target(Target(kind, name))
        else:
            self.target_requested.emit(f"{kind}:{name}")


def _read_edition(task: QgsTask) -> Edition:
    edition = default_edition()
    for part in (edition.clauses, edition.standards, edition.rulings, edition.measures, edition.indicators):
        len(part)
    edition.links_to(Target("clause", "1.0.1"))
    return edition


def _html(edition: Edition, target: Target) -> str:
    if target.kind == "clause":
        return clause_texts.clause_html(edition, edition.clause(target.name))
    if target.kind == "standard":
        return clause_texts.standard_html(edition.standards[target.name])
    return clause_texts.ruling_html(edition, edition.ruling(int(target.name)))


def _walk(model: QAbstractItemModel, parent: QModelIndex | None = None) -> Iterator[QModelIndex]:
    """All indexes of a model, depth first."""
    above = QModelIndex() if parent is None else parent
    for row in range(model.rowCount(above)):
        index = model.index(row, 0, above)
        yield index
        yield from _walk(model, index)
