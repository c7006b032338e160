"""What the designer changed by hand stays as it is: items of a layout that are ours, and whether untouched.

Every item that we make carries its name and a fingerprint of how we left it. A later run works on items
whose fingerprint still holds, and lists the others; items that were taken out stay out, added ones stay.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Callable, TypeVar

from qgis.core import (
    QgsLayout,
    QgsLayoutItem,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutObject,
    QgsReadWriteContext,
    QgsScaleBarSettings,
)
from qgis.PyQt.QtXml import QDomDocument, QDomElement

NAME, SET, PLACED = "qingliu/name", "qingliu/set", "qingliu/placed"
# Of no meaning to the designer, or set anew whenever a project is opened.
_PASSING = {"uuid", "templateUuid", "groupUuid", "zValue", "id", "multiFrame", "multiFrameTemplateUuid",
            "mapUuid", "map_uuid", "linkedMap", "drawingExtent"}  # fmt: skip
_PASSING_PARTS = {"customproperties", "customProperties", "layerStyles", "LayerStyles", "legend-filter",
                  "dataDefinedProperties", "dd_properties", "symbol"}  # fmt: skip
_SIZE = re.compile(r" size(OnPage)?=\S+")
_SEGMENT = re.compile(r" numUnitsPerSegment=\S+")
_FIT_WIDTH = QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth
ItemKind = TypeVar("ItemKind", bound=QgsLayoutItem)


class Keeper:
    """The items of one layout by name; ``kept`` are those left alone."""

    def __init__(self, layout: QgsLayout) -> None:
        self.layout = layout
        self.kept: list[str] = []
        self._mine = {str(i.customProperty(NAME)): i for i in _items(layout) if i.customProperty(NAME)}
        before = str(layout.customProperty(PLACED) or "")
        self._placed = [name for name in before.split(",") if name]
        self._now: list[str] = []
        self._ours: list[QgsLayoutItem] = []

    def item(self, name: str, make: Callable[[QgsLayout], ItemKind]) -> ItemKind | None:
        """The item ``name`` to set, made where it is new; None where the designer changed or removed it."""
        self._now.append(name)
        found = self._mine.get(name)
        if found is None:
            if name in self._placed:
                self.kept.append(name)
                return None
            found = make(self.layout)
            found.setCustomProperty(NAME, name)
            found.setId(name)
            self._mine[name] = found
        elif str(found.customProperty(SET)) != fingerprint(found):
            self.kept.append(name)
            return None
        self._ours.append(found)
        return found  # type: ignore[return-value]

    def is_touched(self, name: str) -> bool:
        """Whether the designer changed the item ``name`` since it was set."""
        found = self._mine.get(name)
        before = str(found.customProperty(SET) or "") if found is not None else ""
        return bool(before) and found is not None and before != fingerprint(found)

    def look(self, name: str) -> QgsLayoutItem | None:
        """The item ``name`` as it stands, the designer's too."""
        return self._mine.get(name)

    def finish(self) -> None:
        """Remove untouched items that are no longer wanted; note how all others were left."""
        for name, item in list(self._mine.items()):
            if name not in self._now and str(item.customProperty(SET)) == fingerprint(item):
                self.layout.removeLayoutItem(item)
        for item in self._ours:
            item.setCustomProperty(SET, fingerprint(item))
        self.layout.setCustomProperty(PLACED, ",".join(dict.fromkeys(self._now)))


def _items(layout: QgsLayout) -> list[QgsLayoutItem]:
    return [item for item in layout.items() if isinstance(item, QgsLayoutItem)]


def fingerprint(item: QgsLayoutItem) -> str:
    """How an item looks and where it lies, as a short text that is equal before and after saving."""
    document = QDomDocument()
    root = document.createElement("item")
    item.writeXml(root, document, QgsReadWriteContext())
    parts: list[str] = []
    _walk(root, parts)
    if _is_sized_by_content(item):
        parts = [_SIZE.sub("", part) for part in parts]
    if isinstance(item, QgsLayoutItemScaleBar) and item.segmentSizeMode() == _FIT_WIDTH:
        parts = [_SEGMENT.sub("", part) for part in parts]
    if isinstance(item, QgsLayoutItemMap) and _is_given_its_scale(
        item
    ):  # the atlas moves it from sheet to sheet
        parts = [part for part in parts if not part.startswith("Extent ")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _is_sized_by_content(item: QgsLayoutItem) -> bool:
    return isinstance(item, QgsLayoutItemScaleBar) or (
        isinstance(item, QgsLayoutItemLegend) and bool(item.resizeToContents())
    )


def _is_given_its_scale(item: QgsLayoutItemMap) -> bool:
    scale = QgsLayoutObject.DataDefinedProperty.MapScale
    return bool(item.atlasDriven() and item.dataDefinedProperties().isActive(scale))


def _walk(element: QDomElement, parts: list[str]) -> None:
    attributes = element.attributes()
    pairs = []
    for index in range(attributes.count()):
        node: Any = attributes.item(index).toAttr()
        if node.name() not in _PASSING:
            pairs.append(f"{node.name()}={_plain(node.value())}")
    if pairs:
        parts.append(element.tagName() + " " + " ".join(sorted(pairs)))
    child = element.firstChildElement()
    while not child.isNull():
        if child.tagName() not in _PASSING_PARTS:
            _walk(child, parts)
        child = child.nextSiblingElement()


def _plain(value: str) -> str:
    """Numbers rounded, so that writing and reading them changes nothing."""
    return ",".join(_number(part) for part in value.split(","))


def _number(text: str) -> str:
    try:
        return f"{float(text):.3f}"
    except ValueError:
        return text
