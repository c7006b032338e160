"""What a number rests on, line by line as a person reads it: the answer to "how is this decided?" (7.0.2).

A line names a value, its clause, formula, source, year and the features it rests on; lines come with the
users before their inputs, indented by depth.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Sequence, Tuple

from .. import language
from ..provenance import Feature, Value
from ..standard import Edition, Indicator, text
from ..waterquality import CODES
from .gather import LAYERS_OF, row_name
from .model import INPUTS, Evaluation, EvaluationInput, IndicatorRow, Place, Term

_DIGITS = 10


class Line(NamedTuple):
    """A value of the register with what it is called, how deep it lies, and where it can be changed.

    ``decides`` is false for what is only shown beside; ``row`` is the uuid of the row of ``place``.
    """

    id: str
    label: str
    value: Value
    depth: int
    decides: bool = True
    place: Optional[Place] = None
    row: Optional[str] = None

    @property
    def features(self) -> Tuple[Feature, ...]:
        """The features it rests on itself."""
        return self.value.features


def account(found: Evaluation, row: IndicatorRow, edition: Edition, names: Mapping[str, str]) -> list[Line]:
    """Everything behind a row: its value down to the entries, its limit, and what stands beside.

    ``names``: uuid of a table's row -> what people call it (see :func:`row_names`); layer -> its title.
    """
    indicator = edition.indicators[row.number]
    seen: set[str] = set()
    lines: list[Line] = []
    for id in (row.value_id, *limit_ids(found, row)):
        lines += _below(found, id, 0, True, seen, (edition, indicator, names))
    for id in beside_ids(found, row):
        lines += _below(found, id, 0, False, seen, (edition, indicator, names))
    return lines


def row_names(given: EvaluationInput) -> dict[str, str]:
    """What people call the rows of the survey tables, by uuid; rows without a name are left out."""
    named = {r.uuid: row_name(r) for rows in given.tables.values() for r in rows}
    return {uuid: name for uuid, name in named.items() if name != uuid[:8]}


def limit_ids(found: Evaluation, row: IndicatorRow) -> list[str]:
    """The county's values that a row is compared with."""
    state = found.register.get(row.state_id or "")
    return [i for i in (state.inputs if state else ()) if i != row.value_id]


def beside_ids(found: Evaluation, row: IndicatorRow) -> list[str]:
    """The other readings of an indicator and the values beside the deciding ones."""
    stem = f"indicator.{row.number}."
    others = [v for v in found.register if v.id.startswith(stem) and v.id != row.value_id]
    # a value kept beside repeats the one it was taken from
    return [v.inputs[0] if ".beside." in v.id and v.inputs else v.id for v in others]


def _below(
    found: Evaluation,
    id: str | None,
    depth: int,
    decides: bool,
    seen: set[str],
    words: tuple[Edition, Indicator, Mapping[str, str]],
) -> Iterator[Line]:
    value = found.register.get(id or "")
    if value is None or value.id in seen or (value.value is None and not value.inputs):
        return
    seen.add(value.id)
    place = found.places.get(value.id)
    own = next((f.uuid for f in value.features if place is not None and f.role == place.table), None)
    yield Line(value.id, label_of(value, place, *words), value, depth, decides, place, own)
    for used in value.inputs:
        yield from _below(found, used, depth + 1, decides, seen, words)


def label_of(
    value: Value, place: Place | None, edition: Edition, indicator: Indicator, names: Mapping[str, str]
) -> str:
    """What a value is called in the language in force."""
    kind, _, rest = value.id.partition(".")
    if kind == "indicator":
        reading = rest.partition(".")[2]
        return text(indicator, "name") + (f" ({reading_name(reading)})" if reading else "")
    if kind == "figure":
        layers = " + ".join(names.get(name, name) for name in LAYERS_OF.get(rest, (rest,)))
        return f"{variable_name(edition, indicator, rest)} ({layers})"
    if kind == "variable":
        return _variable_label(rest.split(".")[1:], edition, indicator)
    if kind == "county":
        found = next((i for i in edition.header.county_inputs if i.key == rest), None)
        return text(found) if found is not None else rest
    if kind == INPUTS and place is not None:
        return variable_name(edition, indicator, place.field or "")
    if place is not None and place.table:
        return _cell_label(value, place, edition, names)
    return text(indicator.exemption) if kind == "count" and indicator.exemption else value.id


def _variable_label(parts: Sequence[str], edition: Edition, indicator: Indicator) -> str:
    """``total_sewage.a8`` is the total sewage, summed over table A.8."""
    known = _keys(indicator)
    key = next((p for p in parts if p in known), parts[0])
    table = next((t.id for t in edition.tables.values() if t.name in parts), "")
    name = variable_name(edition, indicator, key)
    return f"{name} ({table})" if table else name


def _cell_label(value: Value, place: Place, edition: Edition, names: Mapping[str, str]) -> str:
    table = next((t for t in edition.tables.values() if t.name == place.table), None)
    if table is None:
        return place.label
    column = next((c for c in table.columns if c.key == place.field), None)
    uuid = next((f.uuid for f in value.features if f.role == table.name), None)
    who = names.get(uuid or "", "")
    return " ".join(p for p in (table.id, who, text(column) if column else place.field) if p)


def _keys(indicator: Indicator) -> set[str]:
    formula = indicator.formula
    return {v.key for v in formula.variables} if formula else set()


def variable_name(edition: Edition, indicator: Indicator, key: str) -> str:
    """A variable's name in the language in force, its key where it has none."""
    formula = indicator.formula
    named: dict[str, str] = {i.key: text(i) for i in indicator.inputs}
    named.update({v.key: text(v) for v in (formula.variables if formula else ())})
    if named.get(key):
        return named[key]
    measured = edition.codelist(CODES).data["items"] if CODES in edition.codelists else ()
    item = next((i for i in measured if i["key"] == key), None)
    if item is not None:
        return _pick(str(item["zh"]), str(item["en"]))
    return {
        "service_radius_roads_m": reading_name("service_radius_along_roads"),
        "judgement": _pick("判定", "judgement"),
        "scale_farms": _pick("规模养殖场数", "scale farms"),
        "channel_works": _pick("河道整治工程数", "works on channels"),
    }.get(key, key)


def reading_name(reading: str) -> str:
    """What a reading of row 12 is called."""
    return {
        "density": _pick("每 500 户座数", "per 500 households"),
        "service_radius": _pick("服务半径，直线", "service radius, straight"),
        "service_radius_along_roads": _pick("服务半径，沿道路", "service radius, along roads"),
    }.get(reading, reading)


def _pick(zh: str, en: str) -> str:
    return language.pick({"zh": zh, "en": en})


def worked_out(expression: str | None, terms: Sequence[Term], value: float | None) -> str | None:
    """The formula with its numbers: ``(1 - 150 / 1000) * 100 = 85``; None where it cannot be written so.

    >>> worked_out("a / b * 100", [Term("a", 1.0), Term("b", 4.0)], 25.0)
    '1 / 4 * 100 = 25'
    """
    numbers = {t.key: t.value for t in terms}
    if not expression or not numbers or any(isinstance(v, (tuple, list, str)) for v in numbers.values()):
        return None

    def number(match: re.Match[str]) -> str:
        key = match.group(0)
        return shown(numbers[key]) if key in numbers else key

    filled = re.sub(r"[A-Za-z_][A-Za-z0-9_]*", number, expression)
    if filled == expression or re.search(r"[A-Za-z_]", filled.replace("?", "")):
        return None
    return filled if value is None else f"{filled} = {shown(value)}"


def shown(value: Any) -> str:
    """A number as it is written; ``?`` where it is not known."""
    if value is None:
        return "?"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{round(value, 6):.{_DIGITS}g}"


__all__ = ["Line", "account", "beside_ids", "label_of", "limit_ids", "row_names", "shown", "worked_out"]
