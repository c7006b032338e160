"""How the layers of an opened case look on the screen: as the figures draw them, what would cover others hidden."""

from __future__ import annotations

from functools import cache
from typing import Any, Iterable, Mapping

from qgis.core import QgsMapLayer, QgsProject, QgsRectangle, QgsVectorLayer

from ..core.data import RESOURCES, load_yaml
from ..core.errors import Problem
from ..core.standard import default_edition
from ..layers.guidestate import FIELD, MAP
from ..layers.roles import role_of
from .content import Drawing, drawings
from .drawings import Easel, draw
from .fonts import choose_font
from .sources import Fields


@cache
def _looks() -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, dict[str, Any]] = load_yaml(RESOURCES / "case_looks.yaml")
    return found


def _role(layer: QgsMapLayer) -> str:
    return (role_of(layer) or "").upper()


def depth(layer: QgsMapLayer) -> int:
    """Where a layer is drawn, 0 on top; roles without a look lie below all that have one."""
    ordered = list(_looks())
    role = _role(layer)
    return ordered.index(role) if role in ordered else len(ordered)


def dress(project: QgsProject, layers: Iterable[QgsMapLayer]) -> list[Problem]:
    """Give the layers of a case their looks in ``project``; warnings of what could not be told apart."""
    font = choose_font().family
    warnings: list[Problem] = []
    for layer in layers:
        role = _role(layer)
        look = _looks().get(role, {})
        drawing = _drawing(role, look)
        if drawing is not None:
            warnings += draw(layer, drawing, _easel(layer, font))
        node = project.layerTreeRoot().findLayer(layer.id())
        if node is not None and look.get("hidden"):
            node.setItemVisibilityChecked(False)
        if node is not None:
            node.setExpanded(False)
    return warnings


def _drawing(role: str, look: Mapping[str, Any]) -> Drawing | None:
    if "look" in look:
        return drawings()[look["look"]]
    symbols = {kind: look[kind] for kind in ("fill", "line", "marker") if kind in look}
    return Drawing(key=role, role=role, zh="", **symbols) if symbols else None


def _easel(layer: QgsMapLayer, font: str) -> Easel:
    name, mapping = (str(layer.customProperty(key, "") or "") for key in (FIELD, MAP))
    fields = Fields(landuse=name, landuse_map=mapping, erosion=name)
    extent = layer.extent() if isinstance(layer, QgsVectorLayer) else QgsRectangle()
    return Easel(font, 1.0, default_edition(), fields, extent)
