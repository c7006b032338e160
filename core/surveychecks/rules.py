"""The relations of a survey as data: read and checked completely.

``resources/checks/<edition folder>/*.yaml``, or the folder ``checks`` of an edition of one's own.
A check names its ``kind``; which of the other keys a kind needs stands in NEEDS. ``severity:
clause`` takes the level of the clause (应, 宜, 可).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional, Tuple

from ..data import RESOURCES
from ..errors import EditionError, Problem, problem
from ..standard import Edition, default_edition
from ..standard.reading import Part, part_files, read_part, repeated_keys
from .model import LEVELS, SEVERITIES

NEEDS = {
    "sum": ("table", "field", "parts"),
    "shares": ("table", "parts"),
    "equal": ("table", "field", "other"),
    "not_above": ("table", "field", "other"),
    "same_keys": ("table", "field", "other"),
    "unique": ("table", "field"),
    "unit": ("table", "field", "factor", "above", "below"),
    "product": ("table", "field", "parts", "low", "high"),
    "linked": ("table", "layer"),
    "counted": ("table", "field", "layer", "how"),
    "channels": ("table",),
    "base_map": ("layer",),
    "indicator_needs": (),
    "indicator_ratio": ("number", "keys", "than"),
    "judgement": (),
    "year": (),
    "type_needs": (),
    "empty_cells": (),
    "header": ("field",),
    "different_people": (),
    "date": ("table", "field"),
    "row_numbers": (),
    "file": ("table", "field"),
}  # fmt: skip
"""Kind of check -> what it needs to be told."""


def _choice(*values: str, **keywords: Any) -> Any:
    return field(metadata={"choices": values}, **keywords)


@dataclass(frozen=True)
class Where:
    """Rows whose ``field`` is one of ``values`` (``starts``: begins with one of them)."""

    field: str
    values: Tuple[str, ...]
    starts: bool = False

    def holds(self, value: Any) -> bool:
        """Whether a value is meant."""
        text = "" if value is None else str(value)
        return text.startswith(self.values) if self.starts else text in self.values


@dataclass(frozen=True)
class Suspect:
    """A unit that may have been taken by mistake: the value is ``factor`` times what it should be."""

    factor: float
    zh: str
    en: str


@dataclass(frozen=True)
class Check:
    """One check. ``other`` is ``table.field``; ``factor`` turns the other's unit into the field's.

    ``rows`` narrows the table's rows, ``features`` the layer's. ``parameter`` names the edition's
    parameter for ``tolerance_pct``. ``source`` says whose rule it is.
    """

    id: str
    zh: str
    en: str
    kind: str = _choice(*NEEDS)
    severity: str = _choice(*SEVERITIES, "clause")
    clause: str = ""
    source: str = _choice("clause", "ours", default="ours")
    table: Optional[str] = None
    field: Optional[str] = None
    parts: Tuple[str, ...] = ()
    other: Optional[str] = None
    layer: Optional[str] = None
    how: Optional[str] = _choice("rows", "most", "sum", "flag", default=None)
    rows: Optional[Where] = None
    features: Optional[Where] = None
    suspects: Tuple[Suspect, ...] = ()
    factor: Optional[float] = None
    tolerance_pct: Optional[float] = None
    parameter: Optional[str] = None
    above: Optional[float] = None
    below: Optional[float] = None
    low: Optional[float] = None
    high: Optional[float] = None
    number: Optional[int] = None
    keys: Tuple[str, ...] = ()
    than: Optional[str] = None


def _content_faults(check: Check, part: Part, index: int, edition: Edition) -> list[Problem]:
    """What the grammar does not see: needs of the kind, clauses, tables and columns that must exist."""
    place = part.places[index]
    missing = [n for n in NEEDS[check.kind] if getattr(check, n) in (None, ())]
    faults = [place.at(n).fault("QL-STD-MISSING") for n in missing]
    if check.clause not in edition.clauses:
        faults.append(place.at("clause").fault("QL-CHECK-NOCLAUSE", clause=check.clause))
    elif check.severity == "clause" and edition.clause(check.clause).level not in LEVELS:
        faults.append(place.at("severity").fault("QL-CHECK-NOLEVEL", clause=check.clause))
    if check.parameter is not None and check.parameter not in edition.parameters:
        faults.append(place.at("parameter").fault("QL-CHECK-NOPARAMETER", name=check.parameter))
    return faults + _column_faults(check, part, index, edition)


def _column_faults(check: Check, part: Part, index: int, edition: Edition) -> list[Problem]:
    """Columns of survey tables that the check names and the edition does not have."""
    known = {t.name: {c.key for c in t.columns} for t in edition.tables.values()}
    named = [(check.table, n) for n in (check.field, *check.parts) if n]
    if check.other and "." in check.other:
        other, _, name = check.other.partition(".")
        named.append((other, name))
    faults = []
    for table, name in named:
        own = name.rpartition(".")[2]
        where = name.rpartition(".")[0] or table
        if where in known and own not in known[where]:
            faults.append(part.places[index].fault("QL-CHECK-NOCOLUMN", column=f"{where}.{own}"))
    return faults


def folder_of(edition: Edition) -> tuple[Path, str]:
    """(folder, part) of an edition's checks: its own folder ``checks``, else the plugin's."""
    if part_files(edition.folder, "checks"):
        return edition.folder, "checks"
    return RESOURCES / "checks", edition.folder.name


@lru_cache(maxsize=4)
def load_checks(edition: Edition | None = None) -> tuple[Check, ...]:
    """The checks of an edition, in the order of their files. Raises EditionError with every fault."""
    known = edition or default_edition()
    folder, name = folder_of(known)
    part = read_part(folder, name, Check, "id")
    faults = list(part.problems)
    for path in part_files(folder, name):
        faults += repeated_keys(path, path.relative_to(folder).as_posix())
    for index, check in enumerate(part.records):
        faults += _content_faults(check, part, index, known)
    twice = sorted({str(n) for n in part.names if part.names.count(n) > 1})
    faults += [problem("QL-CHECK-TWICE", file=name, name=n) for n in twice]
    if faults:
        raise EditionError(problems=faults)
    return tuple(part.records)


def severity_of(check: Check, edition: Edition) -> str:
    """The check's own severity, or that of its clause."""
    return LEVELS[edition.clause(check.clause).level] if check.severity == "clause" else check.severity


def tolerance_of(check: Check, edition: Edition, usual: float = 0.01) -> float:
    """Tolerance as a share (0.01 = 1 %)."""
    if check.parameter is not None:
        return float(edition.default(check.parameter)) / 100
    return usual if check.tolerance_pct is None else check.tolerance_pct / 100
