"""Twenty indicators for each type of watershed, and the verdict (7.0.1 to 7.0.3, 3.0.8).

All applicable indicators must pass; there is no score. An indicator is unproven until everything it needs
is there, with a year that holds; not applicable only where table 7-1 says so or an exemption is proven.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Optional, Sequence

from ..county import ExtraThreshold, references
from ..errors import Problem
from ..indicators.definition import Definition, definitions
from ..standard import Edition, Indicator, Threshold, default_edition
from ..waterquality import rank_of
from . import special
from .compare import decided, margin, meets
from .formula import Worked, work_out
from .judgement import Judged, judge
from .ledger import Ledger
from .model import (
    FAIL,
    INPUTS,
    NOT_APPLICABLE,
    NOT_RECOGNISED,
    PASS,
    RECOGNISED,
    UNPROVEN,
    Evaluation,
    EvaluationInput,
    Gap,
    IndicatorRow,
    Place,
)


def evaluate(
    given: EvaluationInput, types: Sequence[str] | None = None, edition: Edition | None = None
) -> Evaluation:
    """Evaluate a survey for ``types`` (default: all of the edition). Raises KeyError for an unknown type."""
    edition = edition or default_edition()
    wanted = list(edition.types) if types is None else list(types)
    unknown = [t for t in wanted if t not in edition.types]
    if unknown:
        raise KeyError(", ".join(unknown))
    bench = _Bench(given, edition)
    rows = tuple(bench.row(indicator, t) for t in wanted for indicator in edition.indicators.values())
    verdicts = {t: verdict([r for r in rows if r.type == t]) for t in wanted}
    for t, found in verdicts.items():
        ids = [r.state_id for r in rows if r.type == t and r.state_id]
        bench.ledger.derive(f"verdict.{t}", found, ids, clause="7.0.3", formula="fail ∨ unproven ∨ pass")
    return Evaluation(given.date, edition.id, rows, verdicts, bench.ledger.register, bench.ledger.places)


def verdict(rows: Sequence[IndicatorRow]) -> str:
    """Any fail: not recognised; else any unproven: unproven; else recognised (7.0.3)."""
    states = {r.state for r in rows}
    if FAIL in states:
        return NOT_RECOGNISED
    return UNPROVEN if UNPROVEN in states else RECOGNISED


class _Bench:
    """One evaluation: what is worked out once serves every type."""

    def __init__(self, given: EvaluationInput, edition: Edition) -> None:
        self.given = given
        self.edition = edition
        self.ledger = Ledger(edition.id, given.made_at, given.made_by)
        self.known = references(edition, given.county)
        self.definitions = definitions()
        self.worked: dict[tuple[int, str], Worked] = {}
        self.judged: dict[int, Judged] = {}
        self.present: dict[int, special.Presence] = {}
        self.water: dict[int, special.Water] = {}

    def row(self, indicator: Indicator, type_key: str) -> IndicatorRow:
        """An indicator for a type, with its state in the register."""
        found = self._decide(indicator, type_key, indicator.threshold(type_key))
        found = self._with_extra(found, indicator, type_key)
        used = [i for i in (found.value_id, self._limit_id(indicator, type_key)) if i]
        id = f"state.{indicator.number}.{type_key}"
        self.ledger.derive(
            id, found.state, used, clause=found.clause,
            formula=f"{found.operator} {found.threshold or ''}".strip(), year=found.year, source=found.source,
        )  # fmt: skip
        if found.margin is not None:
            self.ledger.derive(
                f"margin.{indicator.number}.{type_key}", found.margin, used, unit=found.unit,
                clause=found.clause, formula=f"value {found.operator} {found.threshold}",
            )  # fmt: skip
        return replace(found, state_id=id)

    def _blank(self, indicator: Indicator, type_key: str, cell: Threshold, **filled: Any) -> IndicatorRow:
        formula = indicator.formula
        clause = formula.number if formula is not None and formula.number else indicator.clause
        base: dict[str, Any] = {
            "type": type_key, "number": indicator.number, "key": indicator.key, "name_zh": indicator.name_zh,
            "name_en": indicator.name_en, "clause": clause, "operator": cell.operator,
            "unit": cell.unit or indicator.unit, "threshold": cell.printed or cell.zh,
        }  # fmt: skip
        return IndicatorRow(**{**base, **filled})

    def _decide(self, indicator: Indicator, type_key: str, cell: Threshold) -> IndicatorRow:
        if cell.operator == "not_applicable":
            return self._blank(indicator, type_key, cell, state=NOT_APPLICABLE)
        exempt = self._exempt(indicator, type_key, cell)
        if exempt is not None:
            return exempt
        if cell.operator == "forbidden":
            return self._ban(indicator, type_key, cell)
        if cell.operator == "qualitative":
            return self._judgement(indicator, type_key, cell)
        if cell.operator == "class_not_worse_than":
            return self._water(indicator, type_key, cell)
        if cell.operator == "any_of":
            return self._any_of(indicator, type_key, cell)
        return self._compared(indicator, type_key, cell, cell.operator, cell.value, cell.measure or "")

    # -- exemptions and bans -----------------------------------------------------
    def _presence(self, indicator: Indicator) -> special.Presence | None:
        test = special.EXEMPTIONS.get(indicator.exemption.test) if indicator.exemption else None
        if test is None:
            return None
        if indicator.number not in self.present:
            self.present[indicator.number] = test(self.given, self.ledger, self.edition, indicator)
        return self.present[indicator.number]

    def _exempt(self, indicator: Indicator, type_key: str, cell: Threshold) -> IndicatorRow | None:
        """The row where an exemption is proven, None where it is not or does not concern the type."""
        rule, presence = indicator.exemption, self._presence(indicator)
        if (
            rule is None
            or presence is None
            or not presence.exempt
            or (rule.types and type_key not in rule.types)
        ):
            return None
        id = self._presence_id(indicator, presence)
        made = self.ledger.register.get(id)
        return self._blank(
            indicator, type_key, cell, state=NOT_APPLICABLE, clause=rule.clause, value_id=id, value_text=rule.zh,
            threshold=cell.printed, notes=presence.notes, year=made.year if made else None,
            source=made.source if made else None, **self._numeric_limit(cell),
        )  # fmt: skip

    def _numeric_limit(self, cell: Threshold) -> dict[str, Any]:
        return {"threshold_num": float(cell.value)} if isinstance(cell.value, (int, float)) else {}

    def _presence_id(self, indicator: Indicator, presence: special.Presence) -> str:
        id = f"count.{indicator.number}"
        if id not in self.ledger.register:
            rule = indicator.exemption
            self.ledger.derive(
                id, presence.count, presence.ids, clause=rule.clause if rule else indicator.clause,
                formula=rule.test if rule else None, features=special.SEARCHED[rule.test] if rule else (),
            )  # fmt: skip
        return id

    def _ban(self, indicator: Indicator, type_key: str, cell: Threshold) -> IndicatorRow:
        """Row 10 where scale farms are banned: one is a fail, none a pass once that is proven (ruling 15)."""
        presence = self._presence(indicator)
        if presence is None:
            return self._blank(indicator, type_key, cell, state=UNPROVEN)
        id = self._presence_id(indicator, presence)
        gaps = [*presence.gaps, *self.ledger.year_gaps([id], self.given.date)]
        if presence.count == 0 and not presence.proven_absent and not presence.gaps:
            facts = {"number": indicator.number, "where": f"{INPUTS} {indicator.number} proven_absent"}
            gaps.append(Gap(Problem("QL-EVAL-ABSENCE", facts), INPUTS, "proven_absent"))
        state = UNPROVEN if gaps else (FAIL if presence.count else PASS)
        made = self.ledger.register.get(id)
        shown = presence.count if presence.count or presence.proven_absent else None
        return self._blank(
            indicator, type_key, cell, state=state, value_num=shown, unit=None, value_id=id, gaps=_once(gaps),
            notes=presence.notes, year=made.year if made else None, source=made.source if made else None,
            formula=indicator.exemption.test if indicator.exemption else None, clause=indicator.clause,
        )  # fmt: skip

    # -- judgements and water ----------------------------------------------------
    def _judged(self, indicator: Indicator) -> Judged:
        if indicator.number not in self.judged:
            found = judge(self.given, self.ledger, indicator.number, indicator.clause)
            self.judged[indicator.number] = found
        return self.judged[indicator.number]

    def _judgement(self, indicator: Indicator, type_key: str, cell: Threshold) -> IndicatorRow:
        found = self._judged(indicator)
        return self._blank(
            indicator, type_key, cell, state=found.state, value_text=found.text, value_id=found.id,
            gaps=found.gaps, source=found.source, year=found.year,
        )  # fmt: skip

    def _water(self, indicator: Indicator, type_key: str, cell: Threshold) -> IndicatorRow:
        if indicator.number not in self.water:
            found = special.outlet_water(self.given, self.ledger, self.edition, indicator)
            if found.ids:
                formula = indicator.formula.expr if indicator.formula else None
                self.ledger.derive(
                    f"indicator.{indicator.number}", found.code, found.ids, clause=indicator.clause,
                    formula=found.formula or formula,
                )  # fmt: skip
            self.water[indicator.number] = found
        water = self.water[indicator.number]
        limit, gaps = self._limit(indicator, cell.value)
        wanted = rank_of(limit, self.edition)
        id = f"indicator.{indicator.number}" if water.ids else None
        made = self.ledger.register.get(id) if id else None
        all_gaps = _once([*water.gaps, *gaps, *self._year_gaps(id, indicator, type_key)])
        known = water.rank is not None and wanted is not None
        gap = wanted - water.rank if water.rank is not None and wanted is not None else None
        state = UNPROVEN if all_gaps or gap is None else (PASS if gap >= 0 else FAIL)
        return self._blank(
            indicator, type_key, cell, state=state, value_text=water.code, threshold=limit, value_id=id,
            margin=float(gap) if known and gap is not None else None, gaps=all_gaps, notes=water.notes,
            readings=water.readings, formula=water.formula or None, year=made.year if made else None,
            source=made.source if made else None,
        )  # fmt: skip

    # -- limits ------------------------------------------------------------------
    def _limit(self, indicator: Indicator, value: Any) -> tuple[Any, list[Gap]]:
        """A limit as it stands or of the county, which then is in the register; a gap where it is unknown."""
        if not (isinstance(value, str) and value.startswith("@")):
            return value, []
        key = value[1:]
        known = self.known.get(key)
        county = self.given.county
        if known is None or county is None:
            facts = {"what": key, "where": f"county.yaml: {key}"}
            return None, [Gap(Problem("QL-EVAL-NOVALUE", facts), "county", key)]
        id = f"county.{key}"
        if id not in self.ledger.register:
            unit = next((i.unit for i in self.edition.header.county_inputs if i.key == key), None)
            self.ledger.enter(
                id, known, "official", Place(f"county.yaml {key}", "county", key), unit=unit,
                clause=indicator.clause, source=county.source, year=county.year,
            )  # fmt: skip
        return known, []

    def _limit_id(self, indicator: Indicator, type_key: str) -> str | None:
        cell = indicator.threshold(type_key)
        values = [cell.value, *(a.value for a in cell.alternatives)]
        ids = [f"county.{v[1:]}" for v in values if isinstance(v, str) and v.startswith("@")]
        return next((i for i in ids if i in self.ledger.register), None)

    def _year_gaps(self, id: str | None, indicator: Indicator, type_key: str) -> list[Gap]:
        ids = [i for i in (id, self._limit_id(indicator, type_key)) if i]
        return self.ledger.year_gaps(ids, self.given.date)

    def _estimate_gaps(self, worked: Worked) -> list[Gap]:
        """7.0.2 asks for monitoring and published statistics: an estimate of ours proves nothing."""
        found = []
        for term in worked.terms:
            leaves = self.ledger.leaves([term.id] if term.id else ())
            if any(leaf.kind == "estimate" for leaf in leaves):
                found.append(Gap(Problem("QL-EVAL-ESTIMATE", {"what": term.key}), INPUTS, term.key))
        return found

    # -- comparisons -------------------------------------------------------------
    def _work(self, indicator: Indicator, reading: str) -> Worked:
        key = (indicator.number, reading)
        if key not in self.worked:
            definition = self.definitions.get((indicator.key, reading)) or plain_definition(indicator)
            self.worked[key] = work_out(self.given, self.ledger, self.edition, indicator, definition)
        return self.worked[key]

    def _compared(
        self,
        indicator: Indicator,
        type_key: str,
        cell: Threshold,
        operator: str,
        limit_value: Any,
        reading: str,
    ) -> IndicatorRow:
        worked = self._work(indicator, reading)
        limit, limit_gaps = self._limit(indicator, limit_value)
        gaps = [*worked.gaps, *limit_gaps, *self._year_gaps(worked.id, indicator, type_key)]
        gaps += self._estimate_gaps(worked)
        presence = self._presence(indicator)
        notes = worked.notes
        if presence is not None:
            notes = (*notes, *presence.notes)
            if worked.value is None and not presence.count:
                facts = {"number": indicator.number, "where": f"{INPUTS} {indicator.number} proven_absent"}
                gaps += [*presence.gaps, Gap(Problem("QL-EVAL-ABSENCE", facts), INPUTS, "proven_absent")]
        number = None if limit is None else float(limit)
        state, more = _compare(worked, operator, number, bool(gaps))
        row = self._blank(
            indicator, type_key, cell, state=state, operator=operator, value_num=_rounded(worked.value),
            threshold=None if number is None else f"{number:g}", threshold_num=number, value_id=worked.id,
            gaps=_once([*gaps, *more]), notes=notes, readings=(*worked.readings, *self._others(indicator, reading)),
            formula=worked.formula, source=worked.source, year=worked.year, terms=worked.terms,
            expression=worked.expression,
        )  # fmt: skip
        return _with_margin(row, worked, operator, number)

    def _others(self, indicator: Indicator, reading: str) -> list[str]:
        """The indicator's other readings, shown beside."""
        found = []
        for key, definition in self.definitions.items():
            if key[0] == indicator.key and key[1] != reading and reading:
                worked = self._work(indicator, definition.reading)
                if worked.value is not None:
                    found.append(f"{definition.reading} = {worked.value:.10g}")
        return found

    def _any_of(self, indicator: Indicator, type_key: str, cell: Threshold) -> IndicatorRow:
        """Row 18: above the county's mean, or clearly higher than before by a judgement; one of them is enough."""
        numeric = next((a for a in cell.alternatives if a.operator in (">=", ">", "<=", "<")), None)
        if numeric is None:
            return self._judgement(indicator, type_key, cell)
        row = self._compared(indicator, type_key, cell, numeric.operator, numeric.value, "")
        row = replace(row, unit=numeric.unit or row.unit)
        if row.state == PASS or not any(a.operator == "qualitative" for a in cell.alternatives):
            return row
        said = self._judged(indicator)
        if said.state == PASS:
            return replace(
                row, state=PASS, value_text=said.text, gaps=(), value_id=row.value_id or said.id,
                source=said.source, year=said.year, within_error=False,
            )  # fmt: skip
        if row.state == FAIL and said.state == FAIL:
            return replace(row, value_text=said.text)
        return replace(row, state=UNPROVEN, gaps=_once([*row.gaps, *said.gaps]))

    # -- local limits ------------------------------------------------------------
    def _with_extra(self, row: IndicatorRow, indicator: Indicator, type_key: str) -> IndicatorRow:
        """The county's own limits hold besides table 7-1."""
        county = self.given.county
        extra = [t for t in county.thresholds if t.concerns(indicator, type_key)] if county else []
        for limit in extra:
            row = _also(row, limit)
        return row


def plain_definition(indicator: Indicator) -> Definition:
    """An indicator of which we know no formula: its value is entered under its own key."""
    key = indicator.key
    return Definition(
        key, lambda **values: values[key], {key: ()}, expression=key, units={key: indicator.unit or ""}
    )


def _compare(worked: Worked, operator: str, limit: Optional[float], blocked: bool) -> tuple[str, list[Gap]]:
    """State of a comparison and, where the bounds leave it open, why."""
    if blocked or limit is None:
        return UNPROVEN, []
    low = worked.value if worked.low is None else worked.low
    high = worked.value if worked.high is None else worked.high
    if low is None or high is None:
        return UNPROVEN, []
    answer = decided(operator, low, high, limit)
    if answer is None:
        facts = {"low": f"{low:.3f}", "high": f"{high:.3f}", "limit": f"{limit:g}"}
        return UNPROVEN, [Gap(Problem("QL-EVAL-OPEN", facts))]
    return (PASS if answer else FAIL), []


def _with_margin(row: IndicatorRow, worked: Worked, operator: str, limit: Optional[float]) -> IndicatorRow:
    """Margin, interval and whether the limit lies within the error."""
    interval = worked.interval
    low, high = interval or (None, None)
    row = replace(row, low=_rounded(low), high=_rounded(high))
    if limit is None or worked.value is None:
        return row
    within = bool(worked.error) and low is not None and high is not None and low < limit < high
    row = replace(row, margin=margin(operator, worked.value, limit))
    if within and row.state in (PASS, FAIL):
        facts = {"low": f"{low:.3f}", "high": f"{high:.3f}", "limit": f"{limit:g}"}
        row = replace(row, within_error=True, notes=(*row.notes, Problem("QL-EVAL-WITHIN", facts)))
    return row


def _also(row: IndicatorRow, limit: ExtraThreshold) -> IndicatorRow:
    """The row under a further limit: the worse state and the smaller margin."""
    if row.value_num is None or row.state not in (PASS, FAIL):
        return row
    facts = {"operator": limit.operator, "limit": f"{limit.value:g}", "source": limit.source}
    holds = meets(limit.operator, row.value_num, limit.value)
    gap = margin(limit.operator, row.value_num, limit.value)
    return replace(
        row,
        state=row.state if holds else FAIL,
        margin=gap if row.margin is None else min(row.margin, gap),
        notes=(*row.notes, Problem("QL-EVAL-LOCAL", facts)),
    )


def _rounded(value: Optional[float]) -> Optional[float]:
    return None if value is None else round(value, 9)


def _once(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Gaps without repetitions."""
    found: dict[tuple[str, str], Gap] = {}
    for gap in gaps:
        found.setdefault((gap.problem.code, str(dict(gap.problem.facts))), gap)
    return tuple(found.values())


Verdicts = Mapping[str, str]
