"""What people entered about the measures of a layout: read from the survey the measures lie in.

The layout dock keeps each as a fact of the survey's ``meta``: ``layout.confirm.<uuid>|<rule id>`` with name,
date and reason, ``layout.card.<uuid>`` with the entries of the card, ``layout.plot`` with the plot numbers.
Layers outside a survey have none.
"""

from __future__ import annotations

import json
from typing import Iterable, Iterator, Mapping

from qgis.core import QgsProviderRegistry, QgsVectorLayer

from ..core.siting.model import Confirmation

CONFIRMED, CARD, OTHER, PLOTS = "layout.confirm.", "layout.card.", "other_", "layout.plot"
_TABLE = "meta"


def signed_in(layers: Iterable[QgsVectorLayer]) -> dict[str, dict[str, Confirmation]]:
    """uuid of the measure -> rule id -> signature, from every GeoPackage the layers lie in."""
    found: dict[str, dict[str, Confirmation]] = {}
    for path in _packages(layers):
        for uuid, rules in _facts(path).items():
            found.setdefault(uuid, {}).update(rules)
    return found


def cards_in(layers: Iterable[QgsVectorLayer]) -> dict[str, dict[str, str]]:
    """uuid of a measure -> what its card says: ``owner``, ``user``, ``manager``, ``protection`` …; under a row 其他
    also ``name``, ``unit`` and ``clause``.
    """
    found: dict[str, dict[str, str]] = {}
    for path in _packages(layers):
        for key, value in _meta(path):
            if key.startswith(CARD):
                found[key[len(CARD) :]] = said_on(_entry(value))
    return found


def said_on(card: Mapping[str, object]) -> dict[str, str]:
    """The entries of a card as columns of its measure: name, unit and clause of the rows 其他 under plain names."""
    entered = {k: str(v) for k, v in card.items() if v not in (None, "")}
    return {k[len(OTHER) :] if k.startswith(OTHER) else k: v for k, v in entered.items()}


def plots_in(layers: Iterable[QgsVectorLayer]) -> dict[str, int]:
    """uuid of a measure -> the plot number (图斑号) it was given; ``#<village>`` -> the highest given there."""
    found: dict[str, int] = {}
    for path in _packages(layers):
        for key, value in _meta(path):
            if key == PLOTS:
                found.update({k: int(str(v)) for k, v in _entry(value).items() if str(v).isdecimal()})
    return found


def _packages(layers: Iterable[QgsVectorLayer]) -> list[str]:
    """The GeoPackages that layers lie in."""
    paths = {str(_parts(layer).get("path") or "") for layer in layers if layer.providerType() == "ogr"}
    return sorted(p for p in paths if p.lower().endswith(".gpkg"))


def _parts(layer: QgsVectorLayer) -> Mapping[str, object]:
    parts: Mapping[str, object] = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    return parts


def _facts(path: str) -> dict[str, dict[str, Confirmation]]:
    found: dict[str, dict[str, Confirmation]] = {}
    for key, value in _meta(path):
        uuid, bar, rule = key[len(CONFIRMED) :].partition("|")
        signature = signature_of(value) if key.startswith(CONFIRMED) and bar else None
        if signature is not None:
            found.setdefault(uuid, {})[rule] = signature
    return found


def _meta(path: str) -> Iterator[tuple[str, object]]:
    """Key and value of every fact of a survey; none where the file is no survey."""
    table = QgsVectorLayer(f"{path}|layername={_TABLE}", _TABLE, "ogr")
    if table.isValid() and {"key", "value"} <= set(table.fields().names()):
        for row in table.getFeatures():
            yield str(row["key"]), row["value"]


def _entry(value: object) -> dict[str, object]:
    """What a fact's text holds, {} where it is no mapping."""
    try:
        said = json.loads(str(value))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def signature_of(value: object) -> Confirmation | None:
    """The signature in a fact's text; None where it names nobody."""
    said = _entry(value)
    if not str(said.get("name") or "").strip():
        return None
    return Confirmation(str(said["name"]), str(said.get("date") or ""), str(said.get("reason") or ""))
