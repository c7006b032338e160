"""Which tables the survey dock fills: those of the edition, and the inputs of the indicators (7.0.1, app. C).

The inputs have no printed table; their fields are the store's, their variables those of the indicators.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Iterator, Mapping

from ..core.evaluation.model import INPUTS
from ..core.standard import CodeItem, Column, Constraint, Edition, Table
from ..layers.schema import AUDIT_NAMES, Field, store_schema

INPUTS_ID = "7-1"
_CLAUSE = "7.0.1"
_WORDS = {
    "row": ("每个指标变量一行", "one per variable of an indicator"),
    "status": (
        "附录没有此表：指标公式需要、而调查表没有的数据，以及人工判定，记在这里。",
        "Not a table of the norm: what the formulas need and no table asks for, and judgements, stand here.",
    ),
}
_ITEMS = {"measured_items": "water_quality"}
"""Variables that stand for several entries, one row each: their code list."""


@lru_cache(maxsize=4)
def filled_tables(edition: Edition) -> Mapping[str, Table]:
    """The tables that are filled, by their name in the store, in order."""
    found = {t.name: t for t in edition.tables.values()}
    found[INPUTS] = _inputs(edition)
    return MappingProxyType(found)


def _inputs(edition: Edition) -> Table:
    stored = store_schema(edition)[INPUTS]
    fields = [f for f in stored.fields if f.name not in (*AUDIT_NAMES, "uuid")]
    return Table(
        id=INPUTS_ID,
        name=INPUTS,
        title_zh=stored.zh,
        title_en=stored.en,
        clauses=(_CLAUSE, "7.0.2"),
        columns=tuple(_column(f, edition) for f in fields),
        row_zh=_WORDS["row"][0],
        row_en=_WORDS["row"][1],
        status_zh=_WORDS["status"][0],
        status_en=_WORDS["status"][1],
        basis="derived",
        extension=True,
        footnotes_zh=(_WORDS["status"][0],),
        footnotes_en=(_WORDS["status"][1],),
    )


def _column(field: Field, edition: Edition) -> Column:
    rule = Constraint()
    if field.name == "number":
        rule = Constraint(enum=tuple(_indicators(edition)))
    elif field.name == "key":
        rule = Constraint(enum=tuple(variables_of(edition)), parent_column="number")
    # a variable that the edition does not name (an item of water quality) is typed as it is
    kind = "text" if field.kind == "list" else field.kind
    return Column(field.name, field.zh, field.en, kind, "derived", unit=field.unit, constraint=rule)


def _indicators(edition: Edition) -> Iterator[CodeItem]:
    for found in edition.indicators.values():
        yield CodeItem(str(found.number), found.name_zh, found.name_en)


def variables_of(edition: Edition) -> Iterator[CodeItem]:
    """The variables that are entered for indicators; ``parent`` is the indicator's number."""
    for found in edition.indicators.values():
        above = str(found.number)
        for variable in found.formula.variables if found.formula is not None else ():
            if variable.key not in _ITEMS:
                yield CodeItem(variable.key, variable.zh, variable.en, parent=above)
                continue
            for item in edition.codelist(_ITEMS[variable.key]).items:
                yield CodeItem(item.code, item.zh, item.en, parent=above)
        for entry in found.inputs:
            yield CodeItem(entry.key, entry.zh, entry.en, parent=above)


def number_of(key: str, edition: Edition) -> int | None:
    """The indicator that a variable belongs to, the first where it is several ones'; None where it is none's."""
    return next((int(i.parent) for i in variables_of(edition) if i.code == key and i.parent), None)
