"""Secrecy marks of base layers: 公开, 内部, 秘密, and what must be decided before one leaves the office.

Contours on 1:10000 maps may be classified, so base maps and DEM are internal unless somebody says
otherwise. A marked layer enters a package, or a document that is passed on, only by a named decision
with a reason, which is logged; a cloud target takes none, decided or not (4.1.2, 4.1.3).
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Optional

from ..errors import Problem

MARKS = ("public", "internal", "secret")
PUBLIC, INTERNAL, CLASSIFIED = MARKS
LABELS: Mapping[str, Mapping[str, str]] = {
    PUBLIC: {"zh": "公开", "en": "public"},
    INTERNAL: {"zh": "内部", "en": "internal"},
    CLASSIFIED: {"zh": "秘密", "en": "secret"},
}
# Roles whose layers are internal until somebody marks them otherwise.
GUARDED_ROLES = ("dem", "basemap", "basemaps", "contours")
# Targets that lie on somebody else's machine.
CLOUD_TARGETS = ("mergin", "cloud")


class MarkedLayer(NamedTuple):
    """A base layer that is to leave the office: its name for people and its mark."""

    name: str
    mark: str


class Decision(NamedTuple):
    """Who lets marked layers go, and why."""

    by: str
    reason: str


def mark_of(stored: Optional[str], role: str = "") -> str:
    """The mark of a layer: the one it carries, else internal for the guarded roles, else public."""
    if stored in MARKS:
        return str(stored)
    return INTERNAL if role.lower() in GUARDED_ROLES else PUBLIC


def marked(layers: Iterable[MarkedLayer]) -> list[MarkedLayer]:
    """Those that are not public."""
    return [layer for layer in layers if layer.mark != PUBLIC]


def release_problems(
    layers: Iterable[MarkedLayer], target: str, decision: Optional[Decision] = None
) -> list[Problem]:
    """What stands against letting ``layers`` go to ``target``, every layer at once; empty where they may.

    QL-FIELD-CLOUD: a marked layer for a cloud target. QL-FIELD-MARKED: a marked layer without a decision.
    QL-FIELD-DECISION: a decision without a name or a reason.
    """
    held = marked(layers)
    if not held:
        return []
    if target in CLOUD_TARGETS:
        return [Problem("QL-FIELD-CLOUD", {**_facts(layer), "target": target}) for layer in held]
    if decision is None:
        return [Problem("QL-FIELD-MARKED", _facts(layer)) for layer in held]
    if not decision.by.strip() or not decision.reason.strip():
        names = ", ".join(layer.name for layer in held)
        return [Problem("QL-FIELD-DECISION", {"layers": names})]
    return []


def _facts(layer: MarkedLayer) -> dict[str, str]:
    labels = LABELS[layer.mark]
    return {"layer": layer.name, "mark": f"{labels['zh']} {labels['en']}"}


def decision_record(layers: Iterable[MarkedLayer], target: str, decision: Decision) -> dict[str, Any]:
    """What the change log keeps of a decision: which layers with which marks went where, who, why."""
    held = [{"layer": layer.name, "mark": layer.mark} for layer in marked(layers)]
    return {
        "layers": held,
        "target": target,
        "decided_by": decision.by.strip(),
        "reason": decision.reason.strip(),
    }
