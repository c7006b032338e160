"""Files that the layout dock opens and writes: surveys, price lists, DXF, the plot table (5.1.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, QSettings
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from ..core.errors import QingliuError
from ..core.language import current
from ..core.layoutplan.prices import parse_prices
from ..core.standard import text
from ..layers.layoutplandxf import Drawn, export_dxf
from ..layers.outputs import write_csv
from ..layers.store.editing import flat_wkb
from .layout_desk import LayoutDesk
from .layout_panel import LayoutPanel
from .survey_session import survey_in

SETTINGS = "qingliu/layout"
RECENT = 6


class LayoutFiles(QObject):
    """Asks for paths and does what is asked with them."""

    def __init__(self, desk: LayoutDesk, panel: LayoutPanel, window: QWidget) -> None:
        super().__init__(window)
        self.desk = desk
        self.panel = panel
        self.window_ = window
        panel.open_button.clicked.connect(lambda _: self.ask_survey())
        panel.recent.aboutToShow.connect(self._list_recent)
        panel.dxf_action.triggered.connect(lambda _: self.ask_dxf())
        panel.plots_action.triggered.connect(lambda _: self.ask_plots())
        panel.close_action.triggered.connect(lambda _: desk.close())
        panel.totals.prices_wanted.connect(self.ask_prices)
        panel.totals.plots_wanted.connect(self.ask_plots)
        desk.opened.connect(self._remember)
        desk.opened.connect(self._last_prices)

    # -- surveys ----------------------------------------------------------
    def ask_survey(self) -> None:
        """A survey or scratch layout from the disk."""
        start = str(QSettings().value("qingliu/survey/folder", ""))
        title, kinds = self.tr("Open survey"), self.tr("Survey (*.gpkg)")
        path, _ = QFileDialog.getOpenFileName(self.window_, title, start, kinds)
        if path:
            self.desk.open(path)

    def open_of_project(self, *_: object) -> None:
        """The survey whose layers the project shows."""
        path = survey_in(QgsProject.instance())
        if path is not None and self.desk.session is None and not self.desk.busy:
            self.desk.open(path)

    def recently_used(self) -> List[str]:
        """Layouts opened lately, the last one first; those that are gone left out."""
        kept = QSettings().value(f"{SETTINGS}/recent", []) or []
        return [p for p in ([kept] if isinstance(kept, str) else kept) if Path(p).is_file()]

    def _remember(self) -> None:
        if self.desk.session is not None:
            path = str(self.desk.session.store.home)
            recent = [path, *(p for p in self.recently_used() if p != path)]
            QSettings().setValue(f"{SETTINGS}/recent", recent[:RECENT])

    def _list_recent(self) -> None:
        self.panel.recent.clear()
        for path in self.recently_used():
            self.panel.recent.addAction(path).triggered.connect(lambda _, p=path: self.desk.open(p))
        if self.panel.recent.isEmpty():
            self.panel.recent.addAction(self.tr("No layout opened yet")).setEnabled(False)

    # -- prices ----------------------------------------------------------
    def ask_prices(self) -> None:
        """A list of unit prices."""
        start = str(QSettings().value(f"{SETTINGS}/prices", ""))
        path, _ = QFileDialog.getOpenFileName(self.window_, self.tr("Unit prices"), start, "CSV (*.csv)")
        if path:
            self.take_prices(Path(path))

    def take_prices(self, path: Path) -> bool:
        """Use a list of unit prices; its faults are told."""
        try:
            self.desk.ledger.prices = parse_prices(path.read_bytes(), path.name, self.desk.edition)
        except (QingliuError, OSError) as error:
            self.desk.told.emit(error.text() if isinstance(error, QingliuError) else str(error))
            return False
        QSettings().setValue(f"{SETTINGS}/prices", str(path))
        self.desk.settled.emit()
        return True

    def _last_prices(self) -> None:
        path = Path(str(QSettings().value(f"{SETTINGS}/prices", "") or "."))
        if path.is_file():
            self.take_prices(path)

    # -- DXF and plots ----------------------------------------------------------
    def _save_as(self, title: str, kinds: str, suffix: str, write: Callable[[Path], Any]) -> None:
        if self.desk.session is None:
            return
        start = self.desk.session.store.home.with_suffix(suffix)
        path, _ = QFileDialog.getSaveFileName(self.window_, title, str(start), kinds)
        if path:
            try:
                write(Path(path).with_suffix(suffix))
            except (QingliuError, OSError) as error:
                self.desk.told.emit(error.text() if isinstance(error, QingliuError) else str(error))

    def ask_dxf(self) -> None:
        """The layout as a drawing."""
        self._save_as(self.tr("Save as DXF"), "DXF (*.dxf)", ".dxf", self.write_dxf)

    def write_dxf(self, path: Path) -> int:
        """One layer a measure, with plot labels; entities written. Raises InputError QL-PLAN-DXF."""
        session = self.desk.session
        if session is None:
            return 0
        labels = self.desk.ledger.labels(self.desk.numbers(), self.panel.totals.area_unit, current())
        drawn = [
            Drawn(row.measure, wkb, labels.get(row.uuid, ""))
            for row in session.rows.values()
            for wkb in [flat_wkb(row.geometry)]
            if wkb is not None
        ]
        report = export_dxf(path, drawn, self.desk.edition)
        count = sum(report.layers.values())
        words = self.tr("{} written: {} layers, {} entities.")
        self.desk.told.emit(words.format(report.path.name, len(report.layers), count))
        return count

    def ask_plots(self) -> None:
        """The plot table as a file."""
        self._save_as(self.tr("Save the plot table"), "CSV (*.csv)", ".csv", self.write_plots)

    def write_plots(self, path: Path) -> int:
        """The plot table as CSV; its rows."""
        edition, zh = self.desk.edition, current() == "zh"
        heads = (
            ["村", "图斑号", "措施", "分区", "地块", "状态", "面积_hm2", "面积_亩", "长度_m", "数量"]
            if zh
            else [
                "village",
                "plot",
                "measure",
                "zone",
                "parcel",
                "status",
                "area_hm2",
                "area_mu",
                "length_m",
                "pieces",
            ]
        )
        rows = []
        for plot in self.desk.ledger.plots(self.desk.numbers()):
            measure = edition.measures[plot.measure]
            name = plot.name if measure.placeholder and plot.name else text(measure, "name")
            known = edition.zones.get(plot.zone or "")
            zone = text(known) if known is not None else ""
            rows.append([plot.village, plot.number, name, zone, plot.parcel, plot.status, plot.area_hm2,
                         plot.area_mu, plot.length_m, plot.pieces])  # fmt: skip
        write_csv(path, heads, rows)
        self.desk.told.emit(self.tr("{} written: {} plots.").format(path.name, len(rows)))
        return len(rows)
