"""Words of the layout dock that several of its parts use: verdicts, effects, sizes, roles."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication

from ..core.language import current
from ..core.layoutplan.units import decimals_of, per_unit
from ..core.siting.model import ASIDE, DUTY, ERROR, NOTE, PASS, UNKNOWN, WARNING, Finding

translate = QCoreApplication.translate

HM2, MU = "hm2", "亩"


def verdict_word(verdict: str) -> str:
    """A verdict as people say it."""
    return {
        ERROR: translate("LayoutDock", "error"),
        WARNING: translate("LayoutDock", "warning"),
        NOTE: translate("LayoutDock", "note"),
        UNKNOWN: translate("LayoutDock", "unknown"),
        DUTY: translate("LayoutDock", "to confirm"),
        PASS: translate("LayoutDock", "keeps the clauses"),
        ASIDE: translate("LayoutDock", "not decisive"),
    }[verdict]


def sentence(finding: Finding) -> str:
    """What a finding says, without its code; roles that lack by the names the page Layers has for them."""
    words = finding.message.text().split(": ", 1)[-1]
    for role in sorted(finding.missing, key=len, reverse=True):
        words = words.replace(role, role_word(role))
    return words


def area_text(area_m2: float, unit: str) -> str:
    """An area in hm² or 亩, as exact as such areas are given."""
    shown = "hm²" if unit == HM2 else (MU if current() == "zh" else "mu")
    return f"{area_m2 / per_unit(unit):,.{decimals_of(unit)}f} {shown}"


def failing_text(finding: Finding, unit: str) -> str:
    """How much breaks the rule: an area, a length, or the share of points; empty where there is no part."""
    parts = []
    if finding.failing_area_m2:
        parts.append(area_text(finding.failing_area_m2, unit))
    if finding.failing_length_m:
        parts.append(f"{finding.failing_length_m:,.1f} m")
    if finding.share is not None and parts and finding.share < 1:
        parts.append(f"{100 * finding.share:.0f} %")
    return " · ".join(parts)


def role_word(role: str) -> str:
    """A role of the layers as people say it; ``ROLE.column`` names the column too."""
    name, _, column = role.partition(".")
    words = {
        "PARCELS": translate("LayoutDock", "parcels"),
        "ZONES": translate("LayoutDock", "zones"),
        "DEM": translate("LayoutDock", "elevation (DEM)"),
        "LANDUSE": translate("LayoutDock", "land use"),
        "SOIL_DEPTH": translate("LayoutDock", "soil depth"),
        "COVER": translate("LayoutDock", "vegetation cover"),
        "CHANNELS": translate("LayoutDock", "channels"),
        "BANKS": translate("LayoutDock", "banks"),
        "FLOOD_PASSAGE": translate("LayoutDock", "flood passage"),
        "WATER_SOURCE": translate("LayoutDock", "water-source areas"),
        "VILLAGES": translate("LayoutDock", "villages"),
        "ROADS": translate("LayoutDock", "roads"),
        "GULLIES": translate("LayoutDock", "gullies"),
        "WATERBODIES": translate("LayoutDock", "water bodies"),
        "POLLUTION": translate("LayoutDock", "pollution sources"),
        "BUILDINGS": translate("LayoutDock", "buildings"),
        "ADMIN": translate("LayoutDock", "administrative villages"),
        "EROSION": translate("LayoutDock", "soil erosion (for comparing schemes)"),
        "REGION": translate("LayoutDock", "soil conservation region"),
        "TYPE": translate("LayoutDock", "type of watershed"),
        "COUNTY": translate("LayoutDock", "county profile"),
    }
    word = words.get(name, name)
    return f"{word} ({column})" if column else word
