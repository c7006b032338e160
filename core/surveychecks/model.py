"""What checks look at and what they find."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Mapping, NamedTuple, Optional, Sequence, Tuple

from .. import language
from ..errors import Problem
from ..standard import Edition

SEVERITIES = ("error", "warning", "note", "unknown")
MISSING, OUTSIDE = "missing", "outside"
"""What is wrong with a file that a row names."""
LEVELS = {"required": "error", "recommended": "warning", "permitted": "note"}
"""Severity by the level of a clause: 应 error, 宜 warning, 可 note (CONTRACT, "General")."""


class Row(NamedTuple):
    """A row of a table or layer of the survey.

    ``measures`` holds what the geometry says: ``area_m2``, ``length_m`` (planar), empty for plain rows.
    """

    table: str
    uuid: str
    values: Mapping[str, Any]
    measures: Mapping[str, float] = {}

    def get(self, name: str) -> Any:
        """A value or a measure, None where there is none."""
        found = self.values.get(name)
        return self.measures.get(name) if found is None else found

    def number(self, name: str) -> Optional[float]:
        """A finite number, None for anything else."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not_finite(value):
            return None
        return float(value)


def not_finite(value: Any) -> bool:
    """Whether a value is infinite or NaN."""
    return isinstance(value, float) and not math.isfinite(value)


class Finding(NamedTuple):
    """One thing found: ``problem`` has the sentence, ``row_uuid`` and ``field`` are None where it has none."""

    check_id: str
    severity: str
    table: str
    row_uuid: Optional[str]
    field: Optional[str]
    problem: Problem
    clause: str


@dataclass(frozen=True)
class Case:
    """A survey as checks see it.

    ``rows`` by table: survey tables, layers, ``sheet`` and ``indicator_input``. ``type`` is the
    watershed type, ``year`` the last complete year before the evaluation or survey. ``codes`` are the
    values that a field of a layer or of a table of the store takes, by (table, field). ``network``
    are channels of a stream survey to hold table A.6 against, None where it was not made. ``base_maps`` are
    the uuids of the base maps that the watershed's ground needs, more detailed ones of the same ground left
    away; None where that is not known. ``day`` is that of the evaluation, else today; ``files`` says by
    (table, uuid, field) what is wrong with the file that a row names: MISSING or OUTSIDE.
    """

    edition: Edition
    rows: Mapping[str, Sequence[Row]]
    type: str = ""
    year: Optional[int] = None
    codes: Mapping[Tuple[str, str], FrozenSet[str]] = field(default_factory=dict)
    network: Optional[Sequence[Row]] = None
    base_maps: Optional[FrozenSet[str]] = None
    day: Optional[dt.date] = None
    files: Mapping[Tuple[str, str, str], str] = field(default_factory=dict)

    def of(self, table: str) -> Sequence[Row]:
        """Rows of a table, none where the survey lacks it."""
        return self.rows.get(table, ())

    def first(self, table: str) -> Optional[Row]:
        """The only row of a table that has one, None where it is empty."""
        rows = self.of(table)
        return rows[0] if rows else None


def said(code: str, facts: Mapping[str, Any]) -> Problem:
    """A problem whose facts ``x_zh`` and ``x_en`` have become ``x`` in the language in force."""
    plain = {k: v for k, v in facts.items() if not k.endswith(("_zh", "_en"))}
    for key in facts:
        if key.endswith("_en"):
            name = key[:-3]
            plain[name] = language.pick({"en": str(facts[key]), "zh": str(facts.get(f"{name}_zh", ""))})
    return Problem(code, plain)


def number_text(value: float) -> str:
    """A number for a message: at most six digits that matter, no exponent in the usual range."""
    return f"{value:.6g}"


def names_of(case: Case, table: str, name: Optional[str]) -> Dict[str, str]:
    """``field_zh`` and ``field_en`` of a column, its key where the edition does not know it."""
    for known in case.edition.tables.values():
        if known.name == table:
            for column in known.columns:
                if column.key == name:
                    return {"field_zh": column.zh, "field_en": column.en}
    head = next((c for c in case.edition.sheet.columns if table == "sheet" and c.key == name), None)
    return {"field_zh": head.zh if head else name or "-", "field_en": head.en if head else name or "-"}


def unit_of(case: Case, table: str, name: str) -> str:
    """Unit of a column as people write it, empty where it has none."""
    for known in case.edition.tables.values():
        if known.name == table:
            for column in known.columns:
                if column.key == name and column.unit:
                    return case.edition.code_label("units", column.unit)
    return ""


def title_of(case: Case, table: str) -> Dict[str, str]:
    """``table_id``: A.8 for a8, the name itself for layers."""
    for known in case.edition.tables.values():
        if known.name == table:
            return {"table_id": known.id}
    return {"table_id": table}
