"""Is a figure fit to be handed out? What a layout shows is compared with what there is now.

Scale of the series, something on the map, layers that open and did not change, legend entries that are on the
page, texts that fit, survey sheets that are finished, one metric CRS, one edition (5.1.2, 3.0.8). The same
checks run before an export in the layout designer (:mod:`.validity`) and in the export algorithm.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Iterable, Iterator

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsMapLayer,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QRectF, Qt
from qgis.PyQt.QtGui import QFont, QFontMetricsF

from ..core.errors import Problem
from ..layers.roles import role_of, survey_of
from .figureset import DATA, DRAWN, EDITION, drawing_of
from .freshness import state_of
from .sheet import SERIES
from .sources import TABLES

UNFINISHED = ("open",)  # of the code list sheet_state
_MM_PER_POINT = 0.3528
_FINE = 40.0  # pixels a mm, so that rounding of letters does not count
_SCALE_SLACK = 0.005


def is_figure(layout: object) -> bool:
    """Whether a layout is one of ours."""
    return isinstance(layout, QgsPrintLayout) and bool(layout.customProperty(DRAWN))


def check_layout(layout: QgsPrintLayout) -> list[Problem]:
    """Everything that speaks against handing out this figure as it stands; empty where nothing does."""
    figure = layout.name()
    chart = _chart(layout)
    found: list[Problem] = []
    if chart is not None:
        found += [*_scale(figure, chart), *_crs(figure, chart), *_missing(figure, chart)]
        found += [*_empty(figure, chart), *_stale(figure, layout, chart)]
    for item in layout.items():
        if isinstance(item, QgsLayoutItemLegend):
            found += _legend(figure, item, chart)
        elif isinstance(item, QgsLayoutItemLabel):
            found += _text(figure, item)
    return [*found, *_outside(figure, layout), *_drafts(figure, layout), *_editions(figure, layout)]


def _chart(layout: QgsPrintLayout) -> QgsLayoutItemMap | None:
    item = layout.referenceMap()
    return item if isinstance(item, QgsLayoutItemMap) else None


# -- the map -----------------------------------------------------------------
def _scale(figure: str, chart: QgsLayoutItemMap) -> Iterator[Problem]:
    scale = chart.scale()
    if not is_of_series(scale):
        yield Problem("QL-FIG-SCALE", {"figure": figure, "scale": f"{scale:.0f}"})


def is_of_series(scale: float) -> bool:
    """Whether 1 : ``scale`` is one of 1, 2, 2.5, 5 and their tens, to half a per cent."""
    if not 1 <= scale < 1e9:
        return False
    while scale >= 10:
        scale /= 10
    return any(abs(scale / step - 1) <= _SCALE_SLACK for step in (*SERIES, 10.0))


def _crs(figure: str, chart: QgsLayoutItemMap) -> Iterator[Problem]:
    crs = chart.crs()
    if not crs.isValid() or crs.isGeographic() or crs.mapUnits() != QgsUnitTypes.DistanceUnit.DistanceMeters:
        yield Problem("QL-FIG-CRS", {"figure": figure, "crs": crs.authid() or "-"})
    for layer in chart.layers():
        if layer.isValid() and layer.isSpatial() and not layer.crs().isValid():
            yield Problem("QL-FIG-LAYERCRS", {"figure": figure, "layer": layer.name()})


def _missing(figure: str, chart: QgsLayoutItemMap) -> Iterator[Problem]:
    for layer in chart.layers():
        if not layer.isValid():
            facts = {"figure": figure, "layer": layer.name(), "path": layer.source().split("|")[0]}
            yield Problem("QL-FIG-GONE", facts)


def _empty(figure: str, chart: QgsLayoutItemMap) -> Iterator[Problem]:
    shown = [layer for layer in chart.layers() if layer.isValid()]
    if not any(_is_on(layer, chart.extent(), chart.crs()) for layer in shown):
        yield Problem("QL-FIG-EMPTY", {"figure": figure})


def _is_on(layer: QgsMapLayer, extent: QgsRectangle, crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether a layer has anything within ``extent``."""
    transform = QgsCoordinateTransform(crs, layer.crs(), QgsProject.instance().transformContext())
    try:
        there = transform.transformBoundingBox(extent)
    except QgsCsException:
        return False
    if not isinstance(layer, QgsVectorLayer):
        return bool(there.intersects(layer.extent()))
    request = QgsFeatureRequest(there).setFlags(QgsFeatureRequest.Flag.ExactIntersect)
    request.setNoAttributes().setLimit(1)
    return next(layer.getFeatures(request), None) is not None


def _stale(figure: str, layout: QgsPrintLayout, chart: QgsLayoutItemMap) -> Iterator[Problem]:
    """Layers that changed, have unsaved edits or gave way to another of their role since the figure was made."""
    before = dict(
        line.split(" ", 1) for line in str(layout.customProperty(DATA) or "").splitlines() if " " in line
    )
    current = _roles(layout.project())
    for layer in chart.layers():
        name = str(layer.customProperty(DRAWN) or "")
        if not name or not layer.isValid():
            continue
        facts = {"figure": figure, "layer": layer.name()}
        peers = current.get(drawing_of(name.rsplit("/", 1)[0]).role, [])
        if any(isinstance(x, QgsVectorLayer) and x.isModified() for x in peers):
            yield Problem("QL-FIG-UNSAVED", facts)
        elif _gave_way(layer, peers) or (name in before and before[name] != state_of(layer)):
            yield Problem("QL-FIG-STALE", facts)


def _gave_way(layer: QgsMapLayer, peers: list[QgsMapLayer]) -> bool:
    """Whether the project has its role played by other data now, and no longer by the figure's.

    A survey's own layers are no such data: a figure may be drawn from a layer that was given in their place.
    """
    others = any(not survey_of(x) for x in peers)
    return others and layer.source() not in [x.source() for x in peers]


def _roles(project: QgsProject) -> dict[str, list[QgsMapLayer]]:
    """The project's own layers by role; memory layers are copied into figures and cannot be compared."""
    names = {table: role for role, table in TABLES.items()}
    found: dict[str, list[QgsMapLayer]] = {}
    for layer in project.mapLayers().values():
        role = role_of(layer)
        if role and layer.providerType() != "memory":
            found.setdefault(names.get(role, role), []).append(layer)
    return found


# -- legend and texts --------------------------------------------------------
def _legend(figure: str, legend: QgsLayoutItemLegend, chart: QgsLayoutItemMap | None) -> Iterator[Problem]:
    """Entries whose layer has nothing on the page."""
    said: set[str] = set()
    for node in legend.model().rootGroup().findLayers():
        layer = node.layer()
        name = node.name() if layer is None else layer.name()
        hidden = node.customProperty("legend/title-style") == "hidden"
        if layer is None or not layer.isValid():
            empty = True
        else:
            empty = chart is not None and not _is_on(layer, chart.extent(), chart.crs())
        if empty and not hidden and name not in said:
            said.add(name)
            yield Problem("QL-FIG-LEGENDEMPTY", {"figure": figure, "layer": name})


def _text(figure: str, label: QgsLayoutItemLabel) -> Iterator[Problem]:
    text = label.currentText()
    if not text or label.mode() != QgsLayoutItemLabel.Mode.ModeFont:
        return
    font, points = _letters(label)
    font.setPixelSize(max(1, round(points * _MM_PER_POINT * _FINE)))
    room = label.rect()
    width = (room.width() - 2 * label.marginX()) * _FINE
    flags = int(Qt.TextFlag.TextWordWrap)
    needed = QFontMetricsF(font).boundingRect(QRectF(0, 0, max(width, 1.0), 1e6), flags, text)
    high = needed.height() / _FINE > room.height() + 0.5
    if high or needed.width() > width + 0.5 * _FINE:
        yield Problem(
            "QL-FIG-TEXTCUT",
            {"figure": figure, "text": _short(text), "item": label.id() or label.displayName()},
        )


def _letters(label: QgsLayoutItemLabel) -> tuple[QFont, float]:
    if hasattr(label, "textFormat"):
        letters = label.textFormat()
        return letters.font(), float(letters.size())
    return label.font(), float(label.font().pointSizeF())


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 20 else line[:19] + "…"


def _outside(figure: str, layout: QgsPrintLayout) -> Iterator[Problem]:
    """Parts that reach over the edge of the paper."""
    page = layout.pageCollection().page(0)
    paper = page.mapRectToScene(page.rect()).adjusted(-0.2, -0.2, 0.2, 0.2)
    for item in layout.items():
        ours = isinstance(item, QgsLayoutItem) and item is not page and item.isVisible() and item.id()
        if ours and not paper.contains(item.mapRectToScene(item.rect())):
            yield Problem("QL-FIG-OFFPAGE", {"figure": figure, "item": item.id()})


# -- the survey --------------------------------------------------------------
def _drafts(figure: str, layout: QgsPrintLayout) -> Iterator[Problem]:
    for path in surveys(layout):
        count = sum(state in UNFINISHED for state in _column(path, "SELECT state FROM sheet"))
        if count:
            yield Problem("QL-FIG-DRAFT", {"figure": figure, "survey": path.name, "count": count})


def _editions(figure: str, layout: QgsPrintLayout) -> Iterator[Problem]:
    """Editions of all figures of the project and of their surveys: there should be one."""
    found = {str(layout.customProperty(EDITION) or "")}
    for other in layout.project().layoutManager().printLayouts():
        if is_figure(other):
            found.add(str(other.customProperty(EDITION) or ""))
    for path in surveys(layout):
        found.update(_column(path, "SELECT value FROM meta WHERE key = 'edition'")[:1])
    found.discard("")
    if len(found) > 1:
        yield Problem("QL-FIG-EDITIONS", {"figure": figure, "editions": ", ".join(sorted(found))})


def surveys(layout: QgsPrintLayout) -> list[Path]:
    """The survey stores that the layers of a layout's maps lie in."""
    sources: Iterable[str] = (
        layer.source().split("|")[0]
        for item in layout.items()
        if isinstance(item, QgsLayoutItemMap)
        for layer in item.layers()
        if layer.providerType() == "ogr"
    )
    paths = sorted({Path(source) for source in sources if source.lower().endswith(".gpkg")})
    return [path for path in paths if path.is_file() and _column(path, "SELECT value FROM meta")]


def _column(path: Path, sql: str) -> list[str]:
    """First column of a query; nothing where the file is no survey. The file is opened for reading only."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)
    except sqlite3.Error:
        return []
    try:
        return [str(row[0]) for row in connection.execute(sql)]
    except sqlite3.Error:
        return []
    finally:
        connection.close()
