"""Who ticked duties and overrode breaches of a layout: read from the survey the measures lie in.

The layout dock keeps each as a fact of the survey's ``meta``: ``layout.confirm.<uuid>|<rule id>`` with name,
date and reason. Layers outside a survey have none.
"""

from __future__ import annotations

import json
from typing import Iterable, Mapping

from qgis.core import QgsProviderRegistry, QgsVectorLayer

from ..core.siting.model import Confirmation

CONFIRMED = "layout.confirm."
_TABLE = "meta"


def signed_in(layers: Iterable[QgsVectorLayer]) -> dict[str, dict[str, Confirmation]]:
    """uuid of the measure -> rule id -> signature, from every GeoPackage the layers lie in."""
    paths = {str(_parts(layer).get("path") or "") for layer in layers if layer.providerType() == "ogr"}
    found: dict[str, dict[str, Confirmation]] = {}
    for path in sorted(p for p in paths if p.lower().endswith(".gpkg")):
        for uuid, rules in _facts(path).items():
            found.setdefault(uuid, {}).update(rules)
    return found


def _parts(layer: QgsVectorLayer) -> Mapping[str, object]:
    parts: Mapping[str, object] = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    return parts


def _facts(path: str) -> dict[str, dict[str, Confirmation]]:
    table = QgsVectorLayer(f"{path}|layername={_TABLE}", _TABLE, "ogr")
    if not table.isValid() or not {"key", "value"} <= set(table.fields().names()):
        return {}
    found: dict[str, dict[str, Confirmation]] = {}
    for row in table.getFeatures():
        key = str(row["key"])
        uuid, bar, rule = key[len(CONFIRMED) :].partition("|")
        signature = signature_of(row["value"]) if key.startswith(CONFIRMED) and bar else None
        if signature is not None:
            found.setdefault(uuid, {})[rule] = signature
    return found


def signature_of(value: object) -> Confirmation | None:
    """The signature in a fact's text; None where it names nobody."""
    try:
        said = json.loads(str(value))
    except ValueError:
        return None
    if not isinstance(said, dict) or not str(said.get("name") or "").strip():
        return None
    return Confirmation(str(said["name"]), str(said.get("date") or ""), str(said.get("reason") or ""))
