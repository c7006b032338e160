"""What stands in a cell of a survey table for people: head, text, and what is wrong with it (appendix A).

Reading and checking a value have their home in core (:mod:`..core.printing`, :mod:`..core.surveychecks`);
here they are put together for one table of the edition in force.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Dict, List, Mapping, Tuple

from qgis.PyQt.QtCore import QCoreApplication

from ..core.printing.cells import from_cell, neutral, number_text, to_text
from ..core.printing.heads import PrintedColumn, printed_columns
from ..core.standard import CodeItem, Column, Edition, Table, text
from ..core.surveychecks import Case, Finding
from ..core.surveychecks import Row as CheckedRow
from ..core.surveychecks.cells import check_cells, codes_in
from ..layers.schema import store_schema, unit_label
from ..layers.store import multi_text
from .survey_tables import filled_tables

translate = QCoreApplication.translate

_GROUPED = ("a5",)  # rows of several kinds, each with columns of its own
_WORD = re.compile("[a-z][a-z0-9_]{2,}")  # a code that is a word says nothing to people
HEAD = ("surveyor", "recorder", "checker", "survey_date")


@dataclass(frozen=True)
class TableCells:
    """The cells of one table of an edition."""

    table: Table
    edition: Edition

    @cached_property
    def columns(self) -> Dict[str, Column]:
        """Columns by key, in order."""
        return {c.key: c for c in self.table.columns}

    @cached_property
    def printed(self) -> Dict[str, PrintedColumn]:
        """How each column is printed and read."""
        return {c.key: c for c in printed_columns(self.table, self.edition)}

    @cached_property
    def items(self) -> Dict[str, Tuple[CodeItem, ...]]:
        """What each column offers, () where it is free."""
        return {c.key: self.edition.items(c) for c in self.table.columns}

    @cached_property
    def _labels(self) -> Dict[str, Dict[str, str]]:
        return {key: {i.code: item_label(i, items) for i in items} for key, items in self.items.items()}

    def head(self, key: str) -> str:
        """A column's name with its unit."""
        column = self.columns[key]
        unit = unit_label(column.unit, _language(), self.edition)
        name = text(column)
        return f"{name} ({unit})" if unit and f"({unit})" not in name else name

    def unit(self, key: str) -> str:
        """A column's unit as people write it."""
        return unit_label(self.columns[key].unit, _language(), self.edition)

    def shown(self, key: str, value: Any) -> str:
        """A value as people read it in the interface's language; empty for null."""
        if value is None:
            return ""
        kind = self.columns[key].type
        labels = self._labels[key]
        if kind == "boolean":
            return translate("SurveyDock", "yes") if value else translate("SurveyDock", "no")
        if kind in ("number", "integer") and isinstance(value, (int, float)) and not labels:
            return number_text(value)
        if kind == "enum_multi":
            return "、".join(labels.get(code, code) for code in codes_in(value))
        return labels.get(str(value), str(value))

    def copied(self, key: str, value: Any) -> str:
        """A value as it goes to a spreadsheet: as printed, formulas made harmless."""
        found = to_text(self.printed[key], value)
        if self.columns[key].type not in ("number", "integer"):
            found = neutral(found)
        return " ".join(found.split("\n")).replace("\t", " ")

    def read(self, key: str, entered: str) -> Any:
        """What the store keeps for an entered text; None for nothing. Raises BadCell.

        Limits are not looked at here: an impossible value is told at the field, and kept.
        """
        found = from_cell(replace(self.printed[key], low=None, high=None), entered)
        return multi_text(found) if isinstance(found, tuple) else found

    def source_name(self, source: str) -> str:
        """Where a computed value comes from; a layer of the survey by its title."""
        layer = store_schema(self.edition).get(source)
        return source if layer is None else text(layer)

    def faults(self, values: Mapping[str, Any], uuid: str = "") -> Dict[str, List[Finding]]:
        """What is wrong with a row's cells, by column; in the words of the survey's checks."""
        row = CheckedRow(self.table.name, uuid, values)
        found: Dict[str, List[Finding]] = {}
        for finding in check_cells(Case(self.edition, {self.table.name: [row]})):
            found.setdefault(finding.field or "", []).append(finding)
        return found

    def asked(self, values: Mapping[str, Any]) -> List[str]:
        """Columns that the printed table asks for in this row."""
        wanted = [c for c in self.table.columns if not c.extra and c.key != "row_no"]
        if self.table.name not in _GROUPED:
            return [c.key for c in wanted]
        used = {c.group_zh for c in wanted if values.get(c.key) is not None}
        return [c.key for c in wanted if c.group_zh is None or c.group_zh in used]

    @property
    def name_key(self) -> str | None:
        """The column that names a row."""
        return next(
            (k for k in ("natural_village", "name", "channel_name", "unit_name") if k in self.columns), None
        )


@lru_cache(maxsize=64)
def table_cells(edition: Edition, name: str) -> TableCells:
    """The cells of a table that is filled; what was worked out for it once is kept."""
    return TableCells(filled_tables(edition)[name], edition)


def item_label(item: CodeItem, items: Tuple[CodeItem, ...]) -> str:
    """The label of a list's entry, with its code where the code means something to people."""
    label = text(item)
    plain = item.code == item.zh or not item.code.isascii() or _WORD.fullmatch(item.code)
    return label if plain else f"{item.code} {label}"


def in_words(finding: Finding) -> str:
    """A finding's sentence without its code."""
    return finding.problem.text().partition(": ")[2]


def _language() -> str:
    from ..core import language

    return language.current()
