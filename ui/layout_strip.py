"""The strip under the dock that follows the cursor: verdict, clause, failing part, what the bill would say."""

from __future__ import annotations

from typing import Any, Dict, List

from qgis.core import QgsGeometry
from qgis.PyQt.QtCore import QCoreApplication

from ..core.layoutplan.quantities import Bill
from ..core.report import render
from ..core.siting.model import ASIDE, PASS, Finding
from ..core.standard import Edition, text
from .layout_ledger import total_of
from .layout_live import COLOURS, Judged
from .layout_session import shape_of
from .layout_totals import shown_quantity
from .layout_words import area_text, failing_text, sentence, verdict_word

translate = QCoreApplication.translate
SHOWN = 3


def strip_html(judged: Judged, edition: Edition, unit: str, bill: Bill | None = None) -> str:
    """A judgement as the strip shows it; at most three findings, the worst first."""
    key = judged.feature.key
    telling = [f for f in judged.findings if f.verdict not in (PASS, ASIDE)]
    more = len(telling) - SHOWN
    words = translate("LayoutDock", "and {} more")
    return render(
        "dock/layout_verdict.html",
        verdict=verdict_word(judged.verdict),
        colour=COLOURS[judged.verdict],
        name=text(edition.measures[key], "name") if key in edition.measures else key,
        size=size_text(judged.geometry, unit),
        findings=[_entry(f, unit) for f in telling[:SHOWN]],
        more=words.format(more) if more > 0 else "",
        totals=_totals(bill, key, unit),
    )


def _entry(finding: Finding, unit: str) -> Dict[str, Any]:
    return {
        "clause": finding.clause,
        "colour": COLOURS[finding.verdict],
        "amount": failing_text(finding, unit),
        "text": sentence(finding),
    }


def size_text(geometry: QgsGeometry, unit: str) -> str:
    """How large a sketch is: its area or length; empty for points."""
    shape = shape_of(geometry)
    if shape == "Polygon":
        return area_text(geometry.area(), unit)
    return f"{geometry.length():,.1f} m" if shape == "LineString" else ""


def _totals(bill: Bill | None, key: str, unit: str) -> str:
    if bill is None:
        return ""
    parts: List[str] = []
    for spelt, value in total_of(bill, key):
        number, shown = shown_quantity(value, spelt, unit)
        parts.append(f"{number} {shown}")
    if not parts:
        return ""
    words = translate("LayoutDock", "The whole layout would have {} of it").format(", ".join(parts))
    if bill.cost is not None:
        words += translate("LayoutDock", "; cost {} yuan").format(f"{bill.cost:,.0f}")
    return words
