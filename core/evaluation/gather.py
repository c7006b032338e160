"""Where the variables of a formula come from: entered totals, then survey tables, then layers.

An entered total goes before table sums, and they stand beside it. What a variable lacks is named with
the table and field that would supply it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Iterable, Iterator, NamedTuple, Optional, Sequence, Tuple

from ..errors import Problem
from ..indicators.definition import Definition, Measured, Source, TableColumn, TableMean, TableSum
from ..provenance import Feature
from ..standard import Edition, Indicator
from .ledger import Ledger
from .model import INPUTS, JUDGEMENT, EvaluationInput, Gap, InputRow, Located, Place, TableRow
from .units import factor

_NAMES = ("natural_village", "unit_name", "name", "land_type", "species", "row_no")
_SHOWN = 5


@dataclass(frozen=True)
class Found:
    """A variable's value from one place: a number, or numbers row by row; ``id`` in the register."""

    value: Any
    id: Optional[str] = None
    low: Optional[float] = None
    high: Optional[float] = None
    sd: float = 0.0
    gaps: Tuple[Gap, ...] = ()
    notes: Tuple[Problem, ...] = ()
    place: str = ""
    estimate: bool = False


class Variable(NamedTuple):
    """A variable as it was gathered: what decides, and what stands beside it."""

    key: str
    unit: Optional[str]
    decides: Found
    beside: Tuple[Found, ...]


def latest_of(rows: Sequence[InputRow]) -> tuple[InputRow, tuple[Gap, ...]]:
    """Of several entries for one variable that of the latest year; a gap where two of that year differ."""
    year = max(-1 if r.year is None else r.year for r in rows)
    newest = [r for r in rows if (-1 if r.year is None else r.year) == year]
    said = {(r.value, (r.text or "").strip(), (r.unit or "").strip()) for r in newest}
    if len(said) < 2:
        return newest[0], ()
    row = newest[0]
    values = ", ".join(f"{v if v is not None else t} {u}".strip() for v, t, u in sorted(said, key=str))
    facts = {"what": f"{INPUTS} {row.number} {row.key}", "count": len(newest), "values": values}
    return row, (Gap(Problem("QL-EVAL-TWICE", facts), INPUTS, "value", row.uuid),)


@dataclass(frozen=True)
class Gatherer:
    """Gathers the variables of one indicator into the ledger."""

    given: EvaluationInput
    ledger: Ledger
    edition: Edition
    indicator: Indicator
    definition: Definition

    def variables(self) -> list[Variable]:
        """Every variable of the definition."""
        found = [self._variable(key, among) for key, among in self.definition.variables.items()]
        alone = next((v for v in found if v.key == self.definition.alone), None)
        if alone is None or not self.given.entered(self.indicator.number, alone.key):
            return found
        if len(alone.decides.value or ()) != 1:
            return found
        return [v if v is alone else v._replace(decides=Found((1.0,)), beside=()) for v in found]

    def proxies(self) -> list[Found]:
        """What stands in for a variable elsewhere, shown and never deciding."""
        found = (self._of_source("proxy", source, None) for source in self.definition.proxies)
        return [f for f in found if f is not None]

    def _unit(self, key: str) -> str | None:
        if key in self.definition.units:
            return self.definition.units[key]
        formula = self.indicator.formula
        known = {v.key: v.unit for v in formula.variables} if formula else {}
        return known.get(key)

    def _variable(self, key: str, among: Sequence[Source]) -> Variable:
        unit = self._unit(key)
        entered = self._entered(key, unit)
        found = [f for f in (self._of_source(key, source, unit) for source in among) if f is not None]
        if self.definition.official:
            decides = entered or self._nothing(key, ())
            return Variable(key, unit, decides, tuple(found))
        all_found = [*([entered] if entered else []), *found]
        whole = [f for f in all_found if not f.gaps]
        decides = entered or (whole or all_found or [self._nothing(key, among)])[0]
        beside = tuple(f for f in all_found if f is not decides)
        if decides is not entered:
            decides = self._left_open(decides, beside)
        return Variable(key, unit, self._with_error(decides, beside), beside)

    def _left_open(self, decides: Found, beside: Sequence[Found]) -> Found:
        """A table's sum of the known part of a layer, the rest of which has no class, is open like the layer."""
        if decides.low is not None or not isinstance(decides.value, (int, float)):
            return decides
        for f in beside:
            if f.low is None or f.high is None or not f.high > f.low:
                continue
            if math.isclose(f.low, decides.value, rel_tol=self.given.tolerance):
                return replace(decides, low=f.low, high=f.high)
        return decides

    def _with_error(self, decides: Found, beside: Sequence[Found]) -> Found:
        """A total that agrees with what the layers give has their error: it states the same land or bank."""
        if decides.sd or not isinstance(decides.value, (int, float)):
            return decides
        within = self.given.tolerance
        agreeing = [
            f.sd
            for f in beside
            if f.sd and f.value is not None and math.isclose(f.value, decides.value, rel_tol=within)
        ]
        return replace(decides, sd=max(agreeing)) if agreeing else decides

    # -- entered totals ----------------------------------------------------------
    def _entered(self, key: str, unit: str | None) -> Found | None:
        rows = [r for r in self.given.entered(self.indicator.number, key) if r.value is not None]
        if not rows:
            return None
        several = any(isinstance(s, TableColumn) for s in self.definition.variables.get(key, ()))
        if several:
            parts = [self._entered_one(row, unit) for row in rows]
            return self._together(key, parts, unit)
        latest, contradicted = latest_of(rows)
        found = self._entered_one(latest, unit)
        return replace(found, gaps=(*found.gaps, *contradicted))

    def _entered_one(self, row: InputRow, unit: str | None) -> Found:
        label = f"{INPUTS} {row.number} {row.key}"
        times = factor(row.unit, unit)
        value = None if times is None or row.value is None else row.value * times
        id = enter_input(self.ledger, row, value, unit, self.indicator.clause)
        gaps: tuple[Gap, ...] = ()
        if times is None:
            facts = {"what": label, "unit": row.unit, "wanted": unit}
            gaps = (Gap(Problem("QL-EVAL-UNIT", facts), INPUTS, "unit", row.uuid),)
        return Found(value, id, gaps=gaps, place=label)

    def _together(self, key: str, parts: Sequence[Found], unit: str | None) -> Found:
        values = tuple(p.value for p in parts if p.value is not None)
        gaps = tuple(g for p in parts for g in p.gaps)
        id = self._derived(key, "entered", values, [p.id for p in parts if p.id], unit)
        return Found(values or None, id, gaps=gaps, place=parts[0].place)

    # -- tables and layers -------------------------------------------------------
    def _of_source(self, key: str, source: Source, unit: str | None) -> Found | None:
        if isinstance(source, Measured):
            return self._measured(key, source, unit)
        if isinstance(source, TableSum):
            return self._summed(key, source, unit)
        if isinstance(source, TableMean):
            return self._mean(key, source, unit)
        return self._column(key, source, unit)

    def _measured(self, key: str, source: Measured, unit: str | None) -> Found | None:
        figure = self.given.figures.get(source.figure)
        if figure is None:
            return None
        id = f"figure.{source.figure}"
        layers = LAYERS_OF.get(source.figure, (source.figure,))
        place = Place(f"{' + '.join(layers)} ({source.figure})", layers[0])
        if id not in self.ledger.register:
            self.ledger.enter(
                id, figure.value if figure.value is not None else figure.low,
                "estimate" if figure.estimate else "computed", place, unit=unit, clause=self._clause(),
                source=figure.source, year=figure.year, features=figure.features,
            )  # fmt: skip
        low, high = figure.low, figure.high
        return Found(
            figure.value,
            id,
            low,
            high,
            figure.sd,
            notes=figure.notes,
            place=place.label,
            estimate=figure.estimate,
        )

    def _clause(self) -> str:
        formula = self.indicator.formula
        return formula.number if formula and formula.number else self.indicator.clause

    def _summed(self, key: str, source: TableSum, unit: str | None) -> Found | None:
        rows = [r for r in self.given.tables.get(source.table, ()) if _asked(r, source)]
        added = (source.column, *source.plus)
        wanted = (*added, *(c for c in source.along if c not in added))
        if not any(r.values.get(c) is not None for r in rows for c in wanted):
            return None
        ids: list[str] = []
        amounts: list[float] = []
        lacking: dict[str, list[TableRow]] = {}
        for row in rows:
            empty = [c for c in wanted if row.values.get(c) is None]
            amount = row.values.get(source.column)
            if source.when and amount and row.values.get(source.when) is None:
                empty.append(source.when)
            for column in empty:
                lacking.setdefault(column, []).append(row)
            if empty:
                continue
            ids += [
                self.cell(source.table, row, c) for c in (*added, *([source.when] if source.when else ()))
            ]
            counts = not source.when or row.values.get(source.when)
            amounts += [float(row.values.get(c) or 0.0) if counts else 0.0 for c in added]
        total = math.fsum(amounts) * source.factor if amounts else None
        gaps = tuple(self._column_gap(source.table, c, found) for c, found in lacking.items())
        gaps += self._unlisted(source.table, source.column)
        named = " + ".join(f"{source.table}.{c}" for c in added)
        id = self._derived(key, source.table, total, ids, unit, f"sum({named})")
        place = " + ".join(self.column_label(source.table, c) for c in added)
        notes = (Problem(source.note, {"where": place}),) if source.note else ()
        return Found(total, id, gaps=gaps, notes=notes, place=place)

    def _mean(self, key: str, source: TableMean, unit: str | None) -> Found | None:
        rows = self.given.tables.get(source.table, ())
        pairs = [(r, r.values.get(source.column), r.values.get(source.weight)) for r in rows]
        known = [(r, v, w) for r, v, w in pairs if v is not None and w is not None]
        weight = math.fsum(w for _, _, w in known)
        if not weight > 0:
            return None
        mean = math.fsum(v * w for _, v, w in known) / weight
        ids = [self.cell(source.table, r, c) for r, _, _ in known for c in (source.column, source.weight)]
        id = self._derived(key, source.table, mean, ids, unit, f"mean({source.table}.{source.column})")
        return Found(mean, id, place=self.column_label(source.table, source.column))

    def _column(self, key: str, source: TableColumn, unit: str | None) -> Found | None:
        wanted = (source.column, *source.along)
        rows = [
            r for r in self.given.tables.get(source.table, ())
            if not source.asked or any(r.values.get(c) is not None for c in source.asked)
        ]  # fmt: skip
        if not rows:
            return None
        whole = [r for r in rows if all(r.values.get(c) is not None for c in wanted)]
        lacking = {c: [r for r in rows if r.values.get(c) is None] for c in wanted}
        gaps = tuple(self._column_gap(source.table, c, found) for c, found in lacking.items() if found)
        values = tuple(float(r.values[source.column]) for r in whole)
        ids = [self.cell(source.table, r, source.column) for r in whole]
        id = self._derived(key, source.table, values, ids, unit)
        return Found(values or None, id, gaps=gaps, place=self.column_label(source.table, source.column))

    def _derived(
        self,
        key: str,
        place: str,
        value: Any,
        ids: Sequence[str],
        unit: str | None,
        formula: str | None = None,
    ) -> str:
        shown = None if isinstance(value, tuple) else value
        reading = f".{self.definition.reading}" if self.definition.reading else ""
        id = f"variable.{self.indicator.number}{reading}.{key}.{place}"
        number = 2
        while id in self.ledger.register:
            id = f"variable.{self.indicator.number}{reading}.{key}.{place}.{number}"
            number += 1
        text = formula or f"{key}: {len(ids)}"
        return self.ledger.derive(id, shown, ids, unit=unit, clause=self._clause(), formula=text)

    def cell(self, table: str, row: TableRow, column: str) -> str:
        """A table's cell in the register, with the features its row points to."""
        kind = "estimate" if (table, row.uuid, column) in self.given.estimates else "entered"
        return enter_cell(self.ledger, self.edition, table, row, column, kind)

    # -- what is not there -------------------------------------------------------
    def _unlisted(self, table: str, column: str) -> tuple[Gap, ...]:
        """Villages on the map for which the table has no row: a sum without them is not the watershed's."""
        known = self.edition.table(table)
        rows = self.given.tables.get(table, ())
        found = []
        for layer in known.layers:
            lacking = _without_row(rows, layer, self.given.located.get(layer, ()))
            if lacking:
                facts = {"what": _listed([p.name or p.uuid[:8] for p in lacking]), "where": known.id}
                found.append(Gap(Problem("QL-EVAL-NOROW", facts), table, column))
        return tuple(found)

    def column_label(self, table: str, column: str) -> str:
        """``A.8.sewage_l_d``."""
        return f"{self.edition.table(table).id}.{column}"

    def _column_gap(self, table: str, column: str, rows: Sequence[TableRow]) -> Gap:
        where = f"{self.column_label(table, column)} ({_listed([row_name(r) for r in rows])})"
        facts = {"what": where, "where": self.column_label(table, column)}
        return Gap(Problem("QL-EVAL-NOVALUE", facts), table, column, rows[0].uuid)

    def _nothing(self, key: str, among: Sequence[Source]) -> Found:
        places = [f"{INPUTS} {self.indicator.number} {key}", *self._places(among)]
        facts = {"what": key, "where": ", ".join(places)}
        table, field = (INPUTS, key)
        first = next((s for s in among if not isinstance(s, Measured)), None)
        if first is not None:
            table, field = first.table, first.column
        return Found(None, gaps=(Gap(Problem("QL-EVAL-NOVALUE", facts), table, field),))

    def _places(self, among: Sequence[Source]) -> Iterator[str]:
        for source in among:
            if isinstance(source, Measured):
                yield " + ".join(LAYERS_OF.get(source.figure, (source.figure,)))
            else:
                yield self.column_label(source.table, source.column)


LAYERS_OF = {
    "eroded_area": ("erosion", "boundary"),
    "total_area": ("boundary",),
    "vegetated_area": ("parcels", "boundary"),
    "a_vg1": ("green_space",),
    "a_vg2": ("green_space",),
    "a_v": ("built_land",),
    "public_toilets": ("toilets",),
    "service_radius_m": ("toilets", "built_land"),
    "service_radius_roads_m": ("toilets", "built_land", "roads"),
    "natural_bank": ("banks", "reaches"),
    "artificial_ecological_bank": ("banks", "reaches"),
    "treated_bank_total": ("banks", "reaches"),
}
"""The layers of a survey from which a figure is measured."""


def enter_cell(
    ledger: Ledger, edition: Edition, table: str, row: TableRow, column: str, kind: str = "entered"
) -> str:
    """A table's cell as a value of the register."""
    id = f"{table}.{row.uuid}.{column}"
    if id in ledger.register:
        return id
    known = edition.table(table)
    definition = next((c for c in known.columns if c.key == column), None)
    links = [Feature(k[: -len("_uuid")], str(v)) for k, v in row.values.items() if k.endswith("_uuid") and v]
    features = (Feature(table, row.uuid), *(f for f in links if f.role != "sheet"))
    place = Place(known.id, table, column)
    return ledger.enter(
        id, row.values.get(column), kind, place, unit=definition.unit if definition else None,
        clause=known.clauses[0] if known.clauses else known.id, source=f"{known.id} {known.title_zh}",
        year=row.year, features=features,
    )  # fmt: skip


def enter_input(ledger: Ledger, row: InputRow, value: Any, unit: str | None, clause: str) -> str:
    """A row of ``indicator_input`` as a value of the register."""
    id = f"{INPUTS}.{row.number}.{row.key}" + (f".{row.uuid}" if row.uuid else "")
    if id in ledger.register:
        return id
    place = Place(f"{INPUTS} {row.number} {row.key}", INPUTS, row.key)
    stated = row.key == JUDGEMENT or bool(row.proven_absent)  # what a person says is no published figure
    kind = "official" if row.source and not stated else "entered"
    return ledger.enter(
        id, value, kind, place, unit=unit, clause=clause, source=row.source,
        year=row.year, features=(Feature(INPUTS, row.uuid or None),),
    )  # fmt: skip


def row_name(row: TableRow) -> str:
    """What people call a row."""
    for key in _NAMES:
        if row.values.get(key) not in (None, ""):
            return str(row.values[key])
    return row.uuid[:8]


def _listed(names: Sequence[str]) -> str:
    more = f" (+{len(names) - _SHOWN})" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _without_row(rows: Sequence[TableRow], layer: str, places: Iterable[Located]) -> list[Located]:
    """The places that no row points to and no row goes by the name of."""
    pointed = {r.values.get(f"{layer}_uuid") for r in rows}
    named = {str(r.values.get("natural_village") or "").strip() for r in rows} - {""}
    return [p for p in places if p.uuid not in pointed and (p.name or "").strip() not in named]


def _asked(row: TableRow, source: TableSum) -> bool:
    return source.only is None or row.values.get(source.only[0]) == source.only[1]


def renamed(found: Found, **changes: Any) -> Found:
    """``found`` with some fields changed."""
    return replace(found, **changes)
