"""Legends of the pages: lettered as large as their box allows, with the classes that the map shows."""

from __future__ import annotations

from typing import Iterable

from qgis.core import (
    QgsLayerTreeLayer,
    QgsLayout,
    QgsLayoutExporter,
    QgsLayoutItemLegend,
    QgsLegendStyle,
    QgsMapLayerLegendUtils,
    QgsRasterSymbolLegendNode,
)
from qgis.PyQt.QtCore import QRectF, QSize, Qt

from .drawings import text_format
from .sheet import Box

SMALLEST = 5.0  # points


def settle(legend: QgsLayoutItemLegend, box: Box, font: str, sizes: Iterable[tuple[float, int]]) -> bool:
    """Letter the legend with the first of ``sizes`` (points, columns) that fits ``box``; whether one does."""
    for points, columns in sizes:
        _letter(legend, font, points)
        legend.setColumnCount(columns)
        legend.adjustBoxSize()
        size = legend.rect()
        if size.width() <= box.width and size.height() <= box.height:
            return True
    return False


def paint_once(layout: QgsLayout, box: Box) -> None:
    """A legend learns its size, and what the map shows, when it is painted: paint it, small and unseen."""
    region = QRectF(box.x, box.y, box.width, box.height)
    QgsLayoutExporter(layout).renderRegionToImage(region, QSize(64, 64))


def classes_only(legend: QgsLayoutItemLegend, node: QgsLayerTreeLayer) -> None:
    """The classes of a raster, each once (several codes may be one class), without the name of its band."""
    nodes = legend.model().layerLegendNodes(node)
    kept: dict[str, int] = {}
    for index, one in enumerate(nodes):
        if isinstance(one, QgsRasterSymbolLegendNode):
            kept.setdefault(str(one.data(Qt.ItemDataRole.DisplayRole)), index)
    if 0 < len(kept) < len(nodes):
        QgsMapLayerLegendUtils.setLegendNodeOrder(node, list(kept.values()))
        legend.model().refreshLayerLegend(node)


def _letter(legend: QgsLayoutItemLegend, font: str, points: float) -> None:
    kinds = QgsLegendStyle.Style
    for kind, factor, bold in (
        (kinds.Title, 1.3, True),
        (kinds.Group, 1.1, True),
        (kinds.Subgroup, 1.05, True),
        (kinds.SymbolLabel, 1.0, False),
    ):
        letters = text_format(font, points * factor, bold=bold)
        if hasattr(legend, "setStyleFont"):  # gone in QGIS 4
            letter = letters.font()
            letter.setPointSizeF(letters.size())
            legend.setStyleFont(kind, letter)
        else:
            legend.rstyle(kind).setTextFormat(letters)
    legend.setSymbolHeight(0.42 * points)
    legend.setSymbolWidth(0.85 * points)
