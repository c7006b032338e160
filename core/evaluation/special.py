"""The rows of table 7-1 that are no plain comparison: the ban of row 10, water quality of row 15, exemptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from ..errors import InputError, Problem
from ..indicators.farming import SCALE_FARM
from ..provenance import Feature
from ..standard import Edition, Indicator
from ..waterquality import LAKE, LIMITS_IN, PH, RIVER, code_of, depends_on_kind, grade, item_keys, rank_of
from .gather import enter_cell, enter_input, latest_of
from .judgement import absence
from .ledger import Ledger
from .model import INPUTS, EvaluationInput, Gap, InputRow, Place
from .units import factor

FARMS_FIGURE = "scale_farms"
WORKS_FIGURE = "channel_works"


@dataclass(frozen=True)
class Presence:
    """How many of something there are, and whether their absence is proven."""

    count: int
    ids: Tuple[str, ...]
    proven_absent: bool
    gaps: Tuple[Gap, ...] = ()
    notes: Tuple[Problem, ...] = ()

    @property
    def exempt(self) -> bool:
        """None is there, and that is proven."""
        return self.count == 0 and self.proven_absent


def scale_farms(given: EvaluationInput, ledger: Ledger, edition: Edition, indicator: Indicator) -> Presence:
    """Scale livestock farms: rows of table A.5 and farms of the layer, or the proof that there are none."""
    rows = [r for r in given.tables.get("a5", ()) if r.values.get("livestock_type_mode") == SCALE_FARM]
    ids = [enter_cell(ledger, edition, "a5", r, "livestock_type_mode") for r in rows]
    counted = _counted(given, ledger, FARMS_FIGURE, ids, indicator)
    said = _said(given, ledger, indicator, ("scale_farms", "total_wastewater"), ids)
    return _present(given, ledger, indicator, max(len(rows), counted, said), ids)


def channel_works(given: EvaluationInput, ledger: Ledger, edition: Edition, indicator: Indicator) -> Presence:
    """Works on channels: measures, reaches under treatment, or the proof that there are none."""
    ids: list[str] = []
    count = _counted(given, ledger, WORKS_FIGURE, ids, indicator)
    said = _said(given, ledger, indicator, ("treated_bank_total",), ids)
    return _present(given, ledger, indicator, max(count, said), ids)


def _said(
    given: EvaluationInput, ledger: Ledger, indicator: Indicator, keys: tuple[str, ...], ids: list[str]
) -> int:
    """How many entries say by their amount that there is some."""
    rows = [r for key in keys for r in given.entered(indicator.number, key) if (r.value or 0) > 0]
    ids += [enter_input(ledger, r, r.value, r.unit, indicator.clause) for r in rows]
    return len(rows)


SEARCHED = {
    "no_scale_farm": (Feature("a5"), Feature("pollution_sources")),
    "no_channel_works": (Feature("measures"), Feature("reaches")),
}
"""What is looked through to say how many there are, also where the answer is none."""

EXEMPTIONS = {"no_scale_farm": scale_farms, "no_channel_works": channel_works}
"""Tests of the edition's exemptions; a test unknown here never exempts."""


def _counted(given: EvaluationInput, ledger: Ledger, name: str, ids: list[str], indicator: Indicator) -> int:
    figure = given.figures.get(name)
    if figure is None or not figure.value:
        return 0
    id = f"figure.{name}"
    if id not in ledger.register:
        ledger.enter(
            id, figure.value, "computed", Place(id), clause=indicator.clause, source=figure.source,
            year=figure.year, features=figure.features,
        )  # fmt: skip
    ids.append(id)
    return int(figure.value)


def _present(
    given: EvaluationInput, ledger: Ledger, indicator: Indicator, count: int, ids: list[str]
) -> Presence:
    stated = absence(given, ledger, indicator.number, indicator.clause)
    notes = stated.notes
    if stated.id is not None and count:
        facts = {"number": indicator.number, "count": count}
        notes = (*notes, Problem("QL-EVAL-CONTRADICTED", facts))
    used = (*ids, *((stated.id,) if stated.id and not count else ()))
    return Presence(count, used, stated.proven, stated.gaps if not count else (), notes)


@dataclass(frozen=True)
class Water:
    """The class at the outlet: from measured items, or as entered."""

    rank: Optional[int]
    code: Optional[str]
    ids: Tuple[str, ...] = ()
    gaps: Tuple[Gap, ...] = ()
    notes: Tuple[Problem, ...] = ()
    readings: Tuple[str, ...] = ()
    formula: str = ""


def outlet_water(given: EvaluationInput, ledger: Ledger, edition: Edition, indicator: Indicator) -> Water:
    """Row 15: the class by the worst measured item; an entered class stands beside it, or decides alone."""
    number = indicator.number
    every = {k: rows for k in item_keys(edition) if (rows := _numeric(given, number, k))}
    latest = {k: latest_of(rows) for k, rows in every.items()}
    items = {k: row for k, (row, _) in latest.items()}
    entered = _entered_class(given, ledger, edition, indicator)
    if not items:
        return entered
    ids = tuple(enter_input(ledger, r, r.value, r.unit or None, indicator.clause) for r in items.values())
    measured, wrong = _concentrations(items)
    wrong += [gap for _, gaps in latest.values() for gap in gaps]
    if wrong:
        return Water(None, None, ids, tuple(wrong), readings=entered.readings)
    kind, kind_gaps, kind_ids = _kind(given, ledger, indicator, measured, edition)
    if kind is None:
        return Water(None, None, ids, tuple(kind_gaps), readings=entered.readings)
    try:
        found = grade(measured, kind, edition)
    except InputError as error:
        return Water(None, None, ids, tuple(Gap(p, INPUTS, "value") for p in error.problems))
    if found is None:
        return entered
    notes: list[Problem] = []
    if found.unmeasured:
        notes.append(Problem("QL-EVAL-ITEMS", {"items": ", ".join(found.unmeasured)}))
    if entered.rank is not None and entered.rank != found.rank:
        facts: dict[str, Any] = {
            "key": "entered_class", "entered": entered.code, "place": f"{INPUTS} {number} entered_class",
            "computed": found.code, "other": "GB 3838",
        }  # fmt: skip
        notes.append(Problem("QL-EVAL-DIFFERS", facts))
    formula = "; ".join(f"{k} {measured[k]:g} → {code_of(r, edition)}" for k, r in found.ranks.items())
    readings = (f"entered_class = {entered.code}",) if entered.code else ()
    return Water(found.rank, found.code, (*ids, *kind_ids), (), tuple(notes), readings, formula)


def _concentrations(items: Mapping[str, InputRow]) -> tuple[dict[str, float], list[Gap]]:
    """The items in mg/L, as the limits are (pH has no unit), and the units that cannot be brought there."""
    found: dict[str, float] = {}
    gaps: list[Gap] = []
    for key, row in items.items():
        times = 1.0 if key == PH else factor(row.unit, LIMITS_IN)
        if times is None:
            facts = {"what": f"{INPUTS} {row.number} {key}", "unit": row.unit, "wanted": LIMITS_IN}
            gaps.append(Gap(Problem("QL-EVAL-UNIT", facts), INPUTS, "unit", row.uuid))
        elif row.value is not None:
            found[key] = round(row.value * times, 12)
    return found, gaps


def _numeric(given: EvaluationInput, number: int, key: str) -> list[InputRow]:
    rows = [r for r in given.entered(number, key) if r.value is not None]
    return sorted(rows, key=lambda r: r.year if r.year is not None else -1)


def _kind(
    given: EvaluationInput, ledger: Ledger, indicator: Indicator, measured: dict[str, float], edition: Edition
) -> tuple[Optional[str], list[Gap], tuple[str, ...]]:
    """River or lake, what is wrong with it, and its id; a sample whose class it does not touch needs none."""
    rows = given.entered(indicator.number, "water_kind")
    text = (rows[-1].text or "").strip().lower() if rows else ""
    if text and text not in (RIVER, LAKE):
        place = f"{INPUTS} {indicator.number} water_kind"
        told = {"kind": f"{place}: {text}", "kinds": f"{RIVER}, {LAKE}"}
        return None, [Gap(Problem("QL-WATER-KIND", told), INPUTS, "water_kind", rows[-1].uuid)], ()
    if text:
        # the kind of water is no statistic: it has no year of its own
        return text, [], ()
    if not any(depends_on_kind(k, edition) for k in measured):
        return RIVER, [], ()
    facts = {"what": "water_kind", "where": f"{INPUTS} {indicator.number} water_kind"}
    return None, [Gap(Problem("QL-EVAL-NOVALUE", facts), INPUTS, "water_kind")], ()


def _entered_class(given: EvaluationInput, ledger: Ledger, edition: Edition, indicator: Indicator) -> Water:
    rows = given.entered(indicator.number, "entered_class")
    where = f"{INPUTS} {indicator.number} entered_class"
    if not rows:
        facts = {"what": "measured_items", "where": f"{where}, {INPUTS} {indicator.number} ph … tn"}
        return Water(None, None, gaps=(Gap(Problem("QL-EVAL-NOVALUE", facts), INPUTS, "entered_class"),))
    row, contradicted = latest_of(rows)
    if contradicted:
        return Water(None, None, gaps=contradicted)
    written = row.text if row.text else row.value
    rank = rank_of(f"{written:g}" if isinstance(written, (int, float)) else written, edition)
    if rank is None:
        facts = {"what": where, "value": str(written)}
        return Water(
            None, None, gaps=(Gap(Problem("QL-EVAL-NOTCLASS", facts), INPUTS, "entered_class", row.uuid),)
        )
    id = enter_input(ledger, row, code_of(rank, edition), None, indicator.clause)
    return Water(rank, code_of(rank, edition), (id,), formula=where)


__all__ = ["EXEMPTIONS", "Presence", "Water", "channel_works", "outlet_water", "scale_farms"]
