"""Figures of the open project made and exported page by page, with the event loop in between (5.1.2).

Only drawing a layout holds the interface thread; the slope raster is computed in a task. What was asked to stop
stops before the next page, and pages already written stay whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from qgis.core import QgsApplication, QgsLayoutExporter, QgsPrintLayout, QgsProject, QgsRasterLayer, QgsTask
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QSize, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QImage

from ..core.errors import Cancelled, Problem, QingliuError
from ..core.standard import default_edition
from ..layers.rasterfiles import RasterSource, raster_source
from ..layers.store import open_store
from ..layouts.checks import check_layout
from ..layouts.content import Figure, figures
from ..layouts.export import export_layout
from ..layouts.figureset import DRAWN, Studio, Wish, drop_elsewhere, ground_of, missing_roles
from ..layouts.fonts import choose_font
from ..layouts.sources import Fields, Sources, gather
from ..layouts.workshop import (
    dem_without_slope,
    facts_of,
    needed_roles,
    watershed_name,
    write_slope,
)
from .tasks import TaskProgress, task_of

PREVIEW = 900  # pixels of the longer side


class Order(NamedTuple):
    """What is wanted: figures by key, the sheet, the title block; ``ending`` empty makes layouts only."""

    keys: Sequence[str]
    paper: str
    scale: float
    block: Mapping[str, str]
    ending: str
    folder: Path
    survey: Path | None
    prefix: str = "图"


class Page(NamedTuple):
    """A figure as it came out: parts left alone, what speaks against handing it out, the file."""

    key: str
    kept: list[str]
    problems: list[Problem]
    path: Path | None


class _Facts(NamedTuple):
    """What the task beside the window found: the survey's own facts, the slope raster."""

    meta: Mapping[str, str]
    slope: Path | None


def _look(task: QgsTask, survey: Path | None, dem: RasterSource | None, folder: Path) -> _Facts:
    meta: dict[str, str] = {}
    if survey is not None:
        with open_store(survey, read_only=True) as store:
            meta = dict(store.meta())
    slope = write_slope(dem, folder, TaskProgress(task, 3)) if dem is not None else None
    return _Facts(meta, slope)


class Press(QObject):
    """Makes the figures of an :class:`Order` in ``project``; one order at a time."""

    progressed = pyqtSignal(float)
    page_done = pyqtSignal(object)
    left_out = pyqtSignal(str, str)
    said = pyqtSignal(str)
    finished = pyqtSignal(bool)

    def __init__(self, project: QgsProject, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self._work: Iterator[bool] | None = None
        self._task: QgsTask | None = None
        self._facts = _Facts({}, None)
        self._stopped = False

    @property
    def busy(self) -> bool:
        """Whether an order is being worked on."""
        return self._work is not None

    def start(self, order: Order) -> None:
        """Begin; returns at once."""
        if self.busy:
            return
        self._stopped = False
        self._work = self._pages(order)
        QTimer.singleShot(0, self._next)

    def cancel(self) -> None:
        """Stop before the next page."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    def _next(self) -> None:
        if self._work is None:
            return
        if self._stopped:
            self._end(False)
            return
        try:
            waiting = next(self._work)
        except StopIteration:
            self._end(True)
        except QingliuError as error:
            self.said.emit(error.text())
            self._end(False)
        else:
            if not waiting:
                QTimer.singleShot(0, self._next)

    def _end(self, whole: bool) -> None:
        self._work = None
        self.finished.emit(whole)

    # -- the work, in slices: true where a task is waited for ------------------
    def _pages(self, order: Order) -> Iterator[bool]:
        edition = default_edition()
        wanted = [f for f in figures(edition).values() if f.key in order.keys]
        sources = Sources({}, Fields(), [])
        for role in needed_roles(wanted):
            sources = _joined(sources, gather([role], {}, self.project, order.survey, sources.fields))
            yield False
        ground, warnings = ground_of(sources)
        for warning in [*warnings, *drop_elsewhere(sources, ground)]:
            self.said.emit(warning.text())
        order.folder.mkdir(parents=True, exist_ok=True)
        dem = dem_without_slope(wanted, sources)
        self._beside(order, raster_source(dem) if dem is not None else None)
        yield True
        if self._facts.slope is not None:
            sources.layers["slope"] = [QgsRasterLayer(str(self._facts.slope), "slope")]
        studio = Studio(self.project, sources, edition, ground, self._wish(order, sources))
        for number, figure in enumerate(wanted):
            self.progressed.emit(100 * number / len(wanted))
            lacks = missing_roles(figure, sources)
            if lacks:
                self.left_out.emit(figure.key, ", ".join(lacks))
                continue
            yield False
            yield from self._page(studio, figure, order)
        self.progressed.emit(100.0)

    def _page(self, studio: Studio, figure: Figure, order: Order) -> Iterator[bool]:
        made = studio.make(figure)
        yield False
        path = None
        if order.ending:
            path = export_layout(made.layout, order.folder / f"{figure.key}.{order.ending}", figure.zh)
            yield False
        problems = [*made.warnings, *check_layout(made.layout)]
        self.page_done.emit(Page(figure.key, made.kept, problems, path))

    def _wish(self, order: Order, sources: Sources) -> Wish:
        font = choose_font()
        for warning in font.warnings:
            self.said.emit(warning.text())
        meta = self._facts.meta
        block = dict(order.block)
        block["project"] = block.get("project") or meta.get("name") or watershed_name(sources)
        facts = facts_of(meta, default_edition())
        return Wish(order.paper, order.scale, font.family, block, order.prefix, facts)

    def _beside(self, order: Order, dem: RasterSource | None) -> None:
        """Read the survey's facts and compute the slope in a task; the work goes on when it is over."""

        def done(error: BaseException | None, found: Any = None) -> None:
            if sip.isdeleted(self):
                return
            self._task = None
            if error is not None or found is None:
                if isinstance(error, QingliuError):
                    self.said.emit(error.text())
                elif error is not None and not isinstance(error, Cancelled):
                    self.said.emit(str(error))
                self._end(False)
                return
            self._facts = found
            self._next()

        self._task = task_of(
            self.tr("Plan figures"), _look, on_finished=done, flags=QgsTask.Flag.CanCancel,
            survey=order.survey, dem=dem, folder=order.folder,
        )  # fmt: skip
        QgsApplication.taskManager().addTask(self._task)


def _joined(one: Sources, other: Sources) -> Sources:
    return Sources({**one.layers, **other.layers}, other.fields, [*one.found, *other.found])


def layout_of(project: QgsProject, key: str) -> QgsPrintLayout | None:
    """The layout of a figure in a project, None where it was not made yet."""
    for layout in project.layoutManager().printLayouts():
        if layout.customProperty(DRAWN) == key:
            return layout
    return None


def picture_of(layout: QgsPrintLayout, longest: int = PREVIEW) -> QImage:
    """The first page, small enough to look at it in a dock."""
    page = layout.pageCollection().page(0).pageSize()
    ratio = longest / max(page.width(), page.height())
    size = QSize(round(page.width() * ratio), round(page.height() * ratio))
    return QgsLayoutExporter(layout).renderPageToImage(0, size)
