"""What is written, and what only stands beside what a person entered."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..standard import Column, Edition, Table
from .model import Cell, Existing, Line, rounded

_TINY = 1e-9


class Listed(NamedTuple):
    """A computed cell beside what the survey has: ``state`` is filled, same, different or hint."""

    table: str
    row_uuid: str
    field: str
    entered: Any
    computed: Any
    unit: str
    source: str
    state: str


class Plan(NamedTuple):
    """``inserts`` (table, uuid, values), ``updates`` (row, values), provenance by value id, the list.

    ``refused``: (table, field, value) that its column could not hold.
    """

    inserts: List[Tuple[str, str, Dict[str, Any]]]
    updates: List[Tuple[Existing, Dict[str, Any]]]
    provenance: Dict[str, Dict[str, Any]]
    listed: List[Listed]
    refused: List[Tuple[str, str, Any]]

    @property
    def filled(self) -> int:
        """Cells that are written."""
        return sum(row.state == "filled" for row in self.listed)

    @property
    def different(self) -> int:
        """Cells whose entered value is another than the computed one."""
        return sum(row.state == "different" for row in self.listed)


def same(entered: Any, computed: Any) -> bool:
    """Whether two values are the same as far as the entered one was written out (85.3 is 85.27, 12 is 12.4).

    Of a whole number that is at least half a unit, of a text every character but blanks.
    """
    if _is_number(entered) and _is_number(computed):
        _, _, decimals = repr(float(entered)).partition(".")
        places = 0 if decimals in ("", "0") or "e" in decimals else len(decimals)
        return abs(entered - computed) <= 0.5 * 10**-places + _TINY
    if isinstance(computed, bool) or isinstance(entered, bool):
        return bool(entered) == bool(computed)
    if isinstance(computed, (list, tuple)):
        return sorted(str(v) for v in computed) == sorted(_several(entered))
    return "".join(str(entered).split()) == "".join(str(computed).split())


def _several(text: Any) -> list[str]:
    try:
        return [str(v) for v in json.loads("[" + str(text)[1:-1] + "]")]
    except ValueError:
        return [str(text)]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def value_id(table: str, uuid: str, field: str) -> str:
    """Id of a cell's value in the survey's provenance."""
    return f"{table}.{uuid}.{field}"


def fits(value: Any, column: Column | None) -> bool:
    """Whether a column could hold a number: its hard limits."""
    if column is None or not _is_number(value):
        return True
    low, high = column.constraint.min, column.constraint.max
    return (low is None or value >= low) and (high is None or value <= high)


class _Deciding:
    """Goes through the lines; what was computed before and not touched since is ours to change."""

    def __init__(self, edition: Edition, ours: Mapping[str, Any], new_uuid: Any) -> None:
        self.tables: Dict[str, Table] = {t.name: t for t in edition.tables.values()}
        self.edition = edition
        self.ours = ours
        self.new_uuid = new_uuid
        self.plan = Plan([], [], {}, [], [])

    def line(self, line: Line, row: Existing | None) -> None:
        uuid = row.uuid if row is not None else str(self.new_uuid())
        values: Dict[str, Any] = {}
        for cell in line.cells:
            self._cell(line.table, uuid, cell, row, values)
        if row is None and (values or line.links):
            self.plan.inserts.append((line.table, uuid, {**line.links, **values}))
        elif row is not None:
            fresh = {k: v for k, v in line.links.items() if row.values.get(k) is None}
            if values or fresh:
                self.plan.updates.append((row, {**fresh, **values}))

    def _cell(self, table: str, uuid: str, cell: Cell, row: Existing | None, values: Dict[str, Any]) -> None:
        column = next((c for c in self.tables[table].columns if c.key == cell.field), None)
        unit = column.unit if column is not None else None
        computed = rounded(cell.value, unit)
        if computed is None:
            return
        if not cell.hint and not fits(computed, column):
            self.plan.refused.append((table, cell.field, computed))
            return
        entered = row.values.get(cell.field) if row is not None else None
        state = self._state(table, uuid, cell, entered, computed)
        label = self.edition.code_label("units", unit) if unit else ""
        self.plan.listed.append(Listed(table, uuid, cell.field, entered, computed, label, cell.source, state))
        if state == "filled":
            values[cell.field] = computed
        if state in ("filled", "different"):
            self.plan.provenance[value_id(table, uuid, cell.field)] = self._origin(
                table, uuid, cell, computed, column
            )

    def _state(self, table: str, uuid: str, cell: Cell, entered: Any, computed: Any) -> str:
        if cell.hint:
            return "hint"
        if entered is None:
            return "filled"
        if cell.loose:
            return "hint"
        before = self.ours.get(value_id(table, uuid, cell.field))
        if before is not None and (before == entered or str(before) == _text(entered)):
            return "same" if entered == computed or _text(entered) == _text(computed) else "filled"
        return "same" if same(entered, computed) else "different"

    def _origin(self, table: str, uuid: str, cell: Cell, value: Any, column: Column | None) -> Dict[str, Any]:
        number = float(value) if _is_number(value) else None
        text = None if number is not None else _text(value)
        return {
            "table_name": table,
            "row_uuid": uuid,
            "field": cell.field,
            "value": number,
            "text": text,
            "unit": column.unit if column is not None else None,
            "kind": "computed",
            "clause": self.tables[table].clauses[0],
            "formula": column.from_layer_zh if column is not None else None,
            "source": cell.source,
            "features": json.dumps([list(f) for f in cell.features], ensure_ascii=False),
            "edition": self.edition.id,
            "made_by": "prefillsurvey",
        }


def _text(value: Any) -> str:
    return "、".join(str(v) for v in value) if isinstance(value, (list, tuple)) else str(value)


def decide(
    lines: Sequence[Line],
    rows: Mapping[Tuple[str, str], Existing],
    edition: Edition,
    *,
    ours: Mapping[str, Any],
    new_uuid: Any,
) -> Plan:
    """What to write. ``rows`` by (table, uuid); ``ours`` holds computed values by id, as written last.

    An empty cell is filled. A cell that holds what was computed last is brought up to date. Any other
    value was entered by a person and stays; where it differs from the computed one, both are listed.
    """
    work = _Deciding(edition, ours, new_uuid)
    for line in lines:
        row = rows.get((line.table, line.uuid)) if line.uuid is not None else None
        if row is not None or (line.uuid is None and line.create):
            work.line(line, row)
    return work.plan


def last_number(numbers: Sequence[Any]) -> int:
    """The serial number after which new rows go, from those that are there; by hand: 1, 3 and none give 3."""
    return max([len(numbers), *(n for n in numbers if isinstance(n, int))])


def numbered(plan: Plan, lasts: Mapping[str, int]) -> None:
    """Give new rows their serial number, after the last of each table (see :func:`last_number`)."""
    next_: Dict[str, int] = dict(lasts)
    for table, _, values in plan.inserts:
        next_[table] = next_.get(table, 0) + 1
        values.setdefault("row_no", next_[table])


def matched(key: Optional[str], rows: Sequence[Existing], field: str) -> Optional[Existing]:
    """The row whose ``field`` is ``key``, blanks aside; None where none or several are."""
    if not key:
        return None
    wanted = "".join(key.split())
    hits = [r for r in rows if "".join(str(r.values.get(field) or "").split()) == wanted]
    return hits[0] if len(hits) == 1 else None
