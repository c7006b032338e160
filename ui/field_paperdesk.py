"""What the page for paper asks for, done: codes looked up one after the other, returns kept in the survey (4.1.4)."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any, Callable, Deque, List, Optional, Protocol, Tuple

from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsExpression,
    QgsFeatureRequest,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QCoreApplication, QObject, QSettings, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from ..core import language
from ..core.field.paper import Print
from ..layers.fieldbasemap import in_units
from ..layers.fieldcodes import SUFFIXES
from . import field_work as work
from .field_paper import PaperReturn
from .field_work import Looked
from .survey_session import Opened

translate = QCoreApplication.translate

_SETTING = "qingliu/field/paper_list"
_FOLDER = "qingliu/field/paper_folder"
_APART = "\n"  # no path holds it
TASK = "paper"
_NEAR_M = 250.0
Box = Tuple[float, float, float, float]


class Host(Protocol):
    """The dock, as far as the desk needs it."""

    opened: Optional[Opened]

    def run(self, name: str, title: str, job: Any, done: Callable[[Any], None], **given: Any) -> None:
        """Run a job in a task."""

    def say(self, words: str) -> None:
        """Show words."""

    def who(self) -> str:
        """Who works here."""

    def busy(self) -> bool:
        """Whether a task is under way."""

    def layers_of(self, table: str) -> List[QgsVectorLayer]:
        """The project's layers of a table of the survey."""


class PaperDesk(QObject):
    """Serves :class:`PaperReturn`: scans may come faster than they are looked up and wait in line."""

    form_requested = pyqtSignal(str, str, str)  # table, row, field

    def __init__(self, page: PaperReturn, host: Host, canvas: QgsMapCanvas | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.page, self.host, self.canvas = page, host, canvas
        self._waiting: Deque[str] = deque()
        page.code_entered.connect(self.enter)
        page.picture_requested.connect(self._ask_picture)
        page.list_requested.connect(self._ask_list)
        page.ticked.connect(self.tick)
        page.entry_requested.connect(lambda table, row: self.form_requested.emit(table, row, ""))

    # -- the survey --------------------------------------------------------------
    def survey_opened(self) -> None:
        """Show the list that was open with this survey last."""
        self.page.enable(True)
        home, _, path = str(QSettings().value(_SETTING, "")).partition(_APART)
        opened = self.host.opened
        if opened is not None and home == str(opened.home) and Path(path).is_file():
            self.open_list(Path(path))

    def survey_closed(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self.page.enable(False)
        self.page.show_row(None, {})
        self.page.show_print(None, {}, set())

    # -- the list ------------------------------------------------------------------
    def _ask_list(self) -> None:
        title = translate("FieldDock", "List of a print")
        path = self._ask(title, translate("FieldDock", "List of a print (*.csv)"))
        if path is not None:
            self.open_list(path)

    def _ask(self, title: str, kinds: str) -> Optional[Path]:
        start = str(QSettings().value(_FOLDER, ""))
        path, _ = QFileDialog.getOpenFileName(self.page, title, start, kinds)
        if not path:
            return None
        QSettings().setValue(_FOLDER, str(Path(path).parent))
        return Path(path)

    def open_list(self, path: Path) -> None:
        """Read the list of a print and what of it has come back."""
        opened = self.host.opened
        if opened is None or self.host.busy():
            return

        def done(found: work.Listed) -> None:
            QSettings().setValue(_SETTING, f"{opened.home}{_APART}{path}")
            self.page.show_print(found.printed, found.returned, set(found.strange))
            words = translate("FieldDock", "{} records, {} came back.")
            self.host.say(words.format(len(found.printed.items), len(found.returned)))

        title = translate("FieldDock", "Reading the list")
        self.host.run(TASK, title, work.read_paper_list, done, opened=opened, path=path)

    def tick(self, addresses: List[str], back: bool) -> None:
        """These have come back, or have not after all."""
        opened, printed = self.host.opened, self.page.printed
        if opened is None or printed is None:
            return
        if self.host.busy() or opened.read_only:
            self.page.show_returned(self.page.returned)  # the tick was not taken
            return
        title = translate("FieldDock", "Saving")
        self.host.run(
            TASK, title, work.note_paper, self.page.show_returned,
            opened=opened, who=self.host.who(), printed=printed, addresses=addresses, back=back,
        )  # fmt: skip

    # -- codes ---------------------------------------------------------------------
    def enter(self, text: str) -> None:
        """Look a code up, after those that wait."""
        self._waiting.append(text)
        self.next()

    def next(self) -> None:
        """The next one in line."""
        opened = self.host.opened
        if opened is None or self.host.busy() or not self._waiting:
            return
        self.host.run(
            TASK, translate("FieldDock", "Looking the code up"), work.look_paper_up, self._looked,
            opened=opened, who=self.host.who(), code=self._waiting.popleft(), printed=self.page.printed,
            language=language.current(),
        )  # fmt: skip

    def _looked(self, found: Looked) -> None:
        self.page.show_row(found.row, dict(found.titles))
        self._show_returned(found)
        if found.page:
            self.page.show_page(found.page)
            self.host.say(translate("FieldDock", "Page {}.").format(found.page))
        elif found.row is None:
            self.host.say(found.told)
        else:
            self.page.point_at(found.address)
            self._show_on_map(found.row.table, found.row.row, found.row.box)
            self.host.say(self._words(found))
            if self.page.opens.isChecked() and found.row.entries and not self._waiting:
                entry = found.row.entries[0]
                self.form_requested.emit(entry.table, entry.row, "")

    def _words(self, found: Looked) -> str:
        if found.told:
            return found.told
        if not found.address:
            return translate("FieldDock", "Found; it is not on the open list.")
        return translate("FieldDock", "Noted as come back.")

    def _show_returned(self, found: Looked) -> None:
        if found.returned is not None and self.page.printed is not None:
            self.page.show_returned(found.returned)

    def _show_on_map(self, table: str, row: str, box: Optional[Box]) -> None:
        """Select the feature and bring it into view."""
        for layer in self.host.layers_of(table):
            wish = QgsFeatureRequest(QgsExpression(QgsExpression.createFieldEqualityExpression("uuid", row)))
            wish.setFlags(QgsFeatureRequest.Flag.NoGeometry).setNoAttributes().setLimit(1)
            fids = [feature.id() for feature in layer.getFeatures(wish)]
            layer.selectByIds(fids)
            if fids and box is not None:
                self._bring_into_view(layer, QgsRectangle(*box))

    def _bring_into_view(self, layer: QgsVectorLayer, box: QgsRectangle) -> None:
        """The ground around a thing, with what lies near it."""
        if self.canvas is None:
            return
        settings = self.canvas.mapSettings()
        box.grow(max(box.width(), box.height()) / 2 + in_units(_NEAR_M, layer.crs()))
        way = QgsCoordinateTransform(layer.crs(), settings.destinationCrs(), QgsProject.instance())
        try:
            self.canvas.setExtent(way.transformBoundingBox(box))
        except QgsCsException:  # the map's CRS does not reach there; it stays where it is
            return
        self.canvas.refresh()

    # -- pictures --------------------------------------------------------------------
    def _ask_picture(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        title = translate("FieldDock", "Photo or scan of the list")
        path = self._ask(title, f"{translate('FieldDock', 'Pictures')} ({kinds})")
        if path is not None:
            self.read_picture(path)

    def read_picture(self, path: Path) -> None:
        """All codes of a photo or scan."""
        opened: Optional[Opened] = self.host.opened
        printed: Optional[Print] = self.page.printed
        if opened is None or self.host.busy():
            return
        self.host.say(translate("FieldDock", "Reading codes …"))
        self.host.run(
            TASK, translate("FieldDock", "Reading codes"), work.read_paper_picture, self._read,
            opened=opened, who=self.host.who(), path=path, printed=printed, language=language.current(),
        )  # fmt: skip

    def _read(self, found: Tuple[Looked, ...]) -> None:
        rows = [one for one in found if one.row is not None]
        if len(found) == 1:
            self._looked(found[0])
            return
        if rows:
            self._show_returned(rows[-1])
        told = [one.told for one in found if one.told]
        words = translate("FieldDock", "{} codes read, {} of them rows of this survey.")
        self.host.say("\n".join([words.format(len(found), len(rows)), *told]))
