"""The plan figures in the window: choose, look, set the title block once, export (5.1.2).

The layouts belong to the open project; saving it is left to the user. What a designer changed in a layout stays
as it is and is listed.
"""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject
from qgis.gui import QgsFileWidget, QgsMapCanvas
from qgis.PyQt.QtCore import QSettings, Qt, QTimer, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QCloseEvent, QDesktopServices, QPixmap, QResizeEvent
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDockWidget,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core import language
from ..core.standard import default_edition
from ..layers.roles import roles
from ..layers.schema import store_schema
from ..layouts.content import figures
from ..layouts.export import FORMATS
from ..layouts.sheet import PAPERS
from ..layouts.sources import TABLES
from .dock_frame import Fitting
from .figures_block import SETTINGS, BlockForm
from .figures_press import Order, Page, Press, layout_of, picture_of
from .survey_session import survey_in

SCALES = (1000, 2000, 2500, 5000, 10_000, 20_000, 25_000, 50_000, 100_000)
REST_MS = 250
LIST_HIGH = 160  # px: seven of the twelve figures
KEY = Qt.ItemDataRole.UserRole


class FiguresDock(QDockWidget):
    """The figures of the edition; their layouts in the open project, and their files."""

    target_requested = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None, canvas: QgsMapCanvas | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.project = QgsProject.instance()
        self.press = Press(self.project, self)
        self._picture = QPixmap()
        self._exporting = False
        self._left = 0
        self._states: dict[str, tuple[str, bool]] = {}
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._look)
        self._build()
        self._recall()
        self._connect()
        self.refresh()

    # -- building ----------------------------------------------------------
    def _build(self) -> None:
        self.list = QTreeWidget()
        self.list.setObjectName("figures_list")
        self.list.setRootIsDecorated(False)
        self.list.setMinimumHeight(LIST_HIGH)
        self.list.setHeaderLabels([self.tr("Figure"), self.tr("Standard"), self.tr("State")])
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.preview = QLabel()
        self.preview.setObjectName("figures_preview")
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setWordWrap(True)
        self.preview.setMinimumHeight(160)
        ignored = QSizePolicy.Policy.Ignored  # else the picture would push the dock apart
        self.preview.setSizePolicy(ignored, ignored)
        self.block = BlockForm(self.project)
        self.paper = self._box("figures_paper", sorted(PAPERS, reverse=True))
        self.scale = self._box("figures_scale", [self.tr("fitting"), *(f"1:{s}" for s in SCALES)])
        self.format = self._box("figures_format", [f.upper() for f in FORMATS])
        self.folder = QgsFileWidget()
        self.folder.setObjectName("figures_folder")
        self.folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.draw = self._button("figures_draw", self.tr("Draw what is ticked"), self._draw)
        self.export = self._button("figures_export", self.tr("Export what is ticked"), self._export)
        self.open = self._button("figures_open", self.tr("Open the layout"), self._open_layout)
        self.show_folder = self._button("figures_show", self.tr("Open the folder"), self._open_folder)
        self.bar = QProgressBar()
        self.bar.setVisible(False)
        self.log = QListWidget()
        self.log.setObjectName("figures_log")
        self.log.setWordWrap(True)
        self.status = QLabel()
        self.status.setObjectName("figures_status")
        self.status.setWordWrap(True)
        self._lay_out()

    def _box(self, name: str, texts: list[str]) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        box.addItems(texts)
        return box

    def _button(self, name: str, text: str, done: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(done)
        return button

    def _lay_out(self) -> None:
        sheet = QFormLayout()
        sheet.addRow(self.tr("Paper"), self.paper)
        sheet.addRow(self.tr("Scale"), self.scale)
        sheet.addRow(self.tr("Format"), self.format)
        sheet.addRow(self.tr("Folder"), self.folder)
        page = QWidget()
        page.setLayout(sheet)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("figures_tabs")
        self.tabs.addTab(self.preview, self.tr("Preview"))
        self.tabs.addTab(self.block, self.tr("Title block"))
        self.tabs.addTab(page, self.tr("Sheet"))
        self.tabs.addTab(self.log, self.tr("Remarks"))
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.list)
        split.addWidget(self.tabs)
        split.setStretchFactor(1, 1)
        rows = (QHBoxLayout(), QHBoxLayout())
        for row, buttons in zip(rows, ((self.draw, self.export), (self.open, self.show_folder))):
            for button in buttons:
                row.addWidget(button)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(split, 1)
        for row in rows:
            column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self.status)
        self.setWidget(Fitting(body))

    def _connect(self) -> None:
        self.list.currentItemChanged.connect(self._chosen)
        self.list.itemDoubleClicked.connect(self._follow)
        self.press.progressed.connect(lambda value: self.bar.setValue(int(value)))
        self.press.page_done.connect(self._page_done)
        self.press.left_out.connect(self._left_out)
        self.press.said.connect(self.log.addItem)
        self.press.finished.connect(self._finished)
        for box in (self.paper, self.scale, self.format):
            box.currentIndexChanged.connect(self._remember)
        self.folder.fileChanged.connect(self._remember)
        self.project.readProject.connect(self._another)
        self.project.cleared.connect(self._another)
        self.project.layersAdded.connect(self._later)
        self.project.layersRemoved.connect(self._later)
        self.project.layoutManager().layoutRemoved.connect(self._later)

    def _recall(self) -> None:
        settings = QSettings()
        for box, name in ((self.paper, "paper"), (self.format, "format")):
            index = box.findText(str(settings.value(f"{SETTINGS}/{name}", "")))
            box.setCurrentIndex(max(index, 0))
        a3 = self.paper.findText("A3")
        if not settings.contains(f"{SETTINGS}/paper"):
            self.paper.setCurrentIndex(a3)
        self.folder.setFilePath(str(self._own_folder()))

    def _remember(self) -> None:
        settings = QSettings()
        settings.setValue(f"{SETTINGS}/paper", self.paper.currentText())
        settings.setValue(f"{SETTINGS}/format", self.format.currentText())
        self._enable()

    def _own_folder(self) -> Path | str:
        """Beside the project or its survey; empty where neither has a place yet."""
        home = self.project.homePath()
        survey = survey_in(self.project)
        place = Path(home) if home else survey.parent if survey is not None else None
        return place / "figures" if place is not None else ""

    # -- what is there -----------------------------------------------------
    def _another(self, *_: object) -> None:
        """Another project, or none: nothing of the old one stays on the screen."""
        self.press.cancel()
        self.block.recall()
        self._states.clear()
        self.folder.setFilePath(str(self._own_folder()))
        self.log.clear()
        self.refresh()

    def _later(self, *_: object) -> None:
        if not self.press.busy:
            self._rest.start()

    def survey_changed(self, path: str, tables: object) -> None:
        """A survey was saved, by whomever: figures drawn before may be out of date."""
        if survey_in(self.project) == Path(path):
            self._later()

    def refresh(self) -> None:
        """List the figures with what is known of them."""
        current = self.list.currentItem()
        chosen = current.data(0, KEY) if current is not None else ""
        ticked = set(self.ticked()) if self.list.topLevelItemCount() else None
        self.list.blockSignals(True)
        self.list.clear()
        for key, figure in figures(default_edition()).items():
            name = figure.zh if language.current() == "zh" else figure.en
            status = (
                self.tr("required by {}").format(figure.required_by)
                if figure.required_by
                else self.tr("customary")
            )
            item = QTreeWidgetItem([f"{figure.number} {name}", status, self._state(key)])
            item.setData(0, KEY, key)
            on = ticked is None or key in ticked
            item.setCheckState(0, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.list.addTopLevelItem(item)
            if key == chosen:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self._show()
        self._enable()
        self._say_what_next()

    def _state(self, key: str) -> str:
        """What the last order said of a figure, as long as its layout is there."""
        made = layout_of(self.project, key) is not None
        said = self._states.get(key, ("", made))
        if said[0] and said[1] == made:
            return said[0]
        return self.tr("drawn") if made else "–"

    def _set_state(self, key: str, text: str) -> None:
        self._states[key] = (text, layout_of(self.project, key) is not None)
        item = self._item(key)
        if item is not None:
            item.setText(2, text)

    def ticked(self) -> list[str]:
        """Keys of the figures that are ticked."""
        items = (self.list.topLevelItem(n) for n in range(self.list.topLevelItemCount()))
        return [i.data(0, KEY) for i in items if i.checkState(0) == Qt.CheckState.Checked]

    def _item(self, key: str) -> QTreeWidgetItem | None:
        for number in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(number)
            if item.data(0, KEY) == key:
                return item
        return None

    def _say_what_next(self) -> None:
        if not roles(self.project):
            text = self.tr(
                "No layer of this project has a role yet. Open a survey or a case with the guide first."
            )
        elif not self.folder.filePath():
            text = self.tr("Choose a folder on the tab “Sheet”, then export.")
        else:
            text = self.tr(
                "Draw to look at the layouts, export to write the files. Saving the project is yours."
            )
        self.status.setText(text)

    def _enable(self) -> None:
        idle = not self.press.busy
        ready = bool(roles(self.project)) and bool(self.folder.filePath())
        working = self.export if self._exporting else self.draw
        for button in (self.draw, self.export):
            button.setEnabled(ready if idle else button is working)
        item = self.list.currentItem()
        made = item is not None and layout_of(self.project, item.data(0, KEY)) is not None
        self.open.setEnabled(made and idle)
        self.show_folder.setEnabled(bool(self.folder.filePath()) and Path(self.folder.filePath()).is_dir())
        for widget in (self.block, self.paper, self.scale, self.format, self.folder, self.list):
            widget.setEnabled(idle)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nothing goes on drawing without a window."""
        self.press.cancel()
        super().closeEvent(event)

    # -- looking -----------------------------------------------------------
    def _chosen(self, *_: object) -> None:
        self._picture = QPixmap()
        self._show()
        self._enable()
        self._rest.start()

    def _look(self) -> None:
        """The picture of the chosen figure, when the choice rests; drawing a layout holds the window a moment."""
        if self.press.busy:
            return
        item = self.list.currentItem()
        layout = layout_of(self.project, item.data(0, KEY)) if item is not None else None
        self._picture = QPixmap.fromImage(picture_of(layout)) if layout is not None else QPixmap()
        for number in range(self.list.topLevelItemCount()):
            one = self.list.topLevelItem(number)
            one.setText(2, self._state(one.data(0, KEY)))
        self._show()
        self._enable()

    def _show(self) -> None:
        if self._picture.isNull():
            item = self.list.currentItem()
            made = item is not None and layout_of(self.project, item.data(0, KEY)) is not None
            if item is None:
                text = self.tr("Choose a figure to look at it.")
            else:
                text = (
                    self.tr("…") if made else self.tr("This figure has not been drawn yet: tick it and draw.")
                )
            self.preview.setText(text)
            return
        size = self.preview.size()
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        self.preview.setPixmap(self._picture.scaled(size, keep, smooth))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture keeps to its place."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self._show)

    def _follow(self, item: QTreeWidgetItem, column: int) -> None:
        figure = figures(default_edition())[item.data(0, KEY)]
        if column == 1 and figure.required_by:
            self.target_requested.emit(f"clause:{figure.required_by}")
        else:
            self._open_layout()

    # -- working -----------------------------------------------------------
    def _draw(self) -> None:
        self._begin("")

    def _export(self) -> None:
        self._begin(self.format.currentText().lower())

    def _begin(self, ending: str) -> None:
        if self.press.busy:
            self.press.cancel()
            return
        keys = self.ticked()
        if not keys:
            self.status.setText(self.tr("Tick at least one figure."))
            return
        self._exporting, self._left = bool(ending), 0
        self.log.clear()
        self.bar.setValue(0)
        self.bar.setVisible(True)
        scale = self.scale.currentIndex()
        order = Order(
            keys=keys,
            paper=self.paper.currentText(),
            scale=float(SCALES[scale - 1]) if scale > 0 else 0.0,
            block=self.block.values(),
            ending=ending,
            folder=Path(self.folder.filePath()),
            survey=survey_in(self.project),
        )
        self.press.start(order)
        (self.export if ending else self.draw).setText(self.tr("Cancel"))
        self._enable()
        self.status.setText(self.tr("Drawing …"))

    def _page_done(self, page: Page) -> None:
        item = self._item(page.key)
        if item is None:
            return
        self.list.setCurrentItem(item)  # so that the preview shows what is being made
        if page.kept:
            names = ", ".join(page.kept)
            self.log.addItem(self.tr("{}: changed by hand and left alone: {}").format(item.text(0), names))
        for problem in page.problems:
            self.log.addItem(problem.text())
        count = len(page.problems)
        done = self.tr("written") if page.path is not None else self.tr("drawn")
        self._set_state(page.key, self.tr("{}, {} remarks").format(done, count) if count else done)

    def _left_out(self, key: str, lacks: str) -> None:
        self._left += 1
        self._set_state(key, self.tr("left out: there is no {}").format(_words(lacks)))

    def _finished(self, whole: bool) -> None:
        self.draw.setText(self.tr("Draw what is ticked"))
        self.export.setText(self.tr("Export what is ticked"))
        self.bar.setVisible(False)
        remarks = self.log.count()
        if not whole:
            text = self.tr("Stopped; pages that were written are whole. See the remarks.")
        elif self._exporting:
            text = self.tr("Exported; {} left out, {} remarks.").format(self._left, remarks)
        else:
            text = self.tr("Drawn; {} left out, {} remarks.").format(self._left, remarks)
        self.status.setText(text)
        self._enable()
        self._rest.start()

    def _open_layout(self) -> None:
        item = self.list.currentItem()
        layout = layout_of(self.project, item.data(0, KEY)) if item is not None else None
        if layout is None:
            return
        from qgis.utils import iface

        if iface is not None:
            iface.openLayoutDesigner(layout)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.folder.filePath()))


def _words(lacks: str) -> str:
    """Roles by the names of the survey's layers, in the language in force."""
    schema = store_schema()
    found = []
    for role in lacks.replace(" | ", ", ").split(", "):
        table = schema.get(TABLES.get(role, role))
        found.append(role if table is None else table.zh if language.current() == "zh" else table.en)
    return ", ".join(found)
