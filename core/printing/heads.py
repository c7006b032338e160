"""How the head of a survey table is printed: groups above columns, units, footnote letters, marks.

Serves the tables of appendix A (4.1.4): what the norm prints as a grouped head is ``group_zh`` and
``zh`` of the edition's columns; a column computed from others and one that the draft's table lacks
are marked. The head is Chinese in every language of the interface, as the norm prints it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, Optional, Sequence, Tuple

from ..standard import CodeItem, Column, Edition, Table

COMPUTED, EXTRA = "△", "※"
_LETTER = re.compile(r"\^\s*([a-z])")
_ENDING = re.compile(r"\s*[(（][^()（）]*[)）]$")


@dataclass(frozen=True)
class PrintedColumn:
    """A column as it is printed.

    ``title`` is the head without group and unit, ``unit`` what stands behind it in brackets (empty
    where the group says it), ``letter`` and ``group_letter`` point to footnotes, ``mark`` is COMPUTED,
    EXTRA or empty. ``names`` are the heads by which the column is known in somebody else's sheet.
    """

    key: str
    kind: str
    title: str
    group: str = ""
    unit: str = ""
    full_unit: str = ""
    letter: str = ""
    group_letter: str = ""
    mark: str = ""
    choices: Tuple[CodeItem, ...] = ()
    low: Optional[float] = None
    high: Optional[float] = None
    names: Tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """Title with its unit, without letter and mark."""
        return f"{self.title}({self.unit})" if self.unit else self.title

    @property
    def derived(self) -> bool:
        """Whether the column is marked: computed from others, or not in the draft's table."""
        return bool(self.mark)


class HeadCell(NamedTuple):
    """A cell of the head: where it begins, how far it reaches, what stands in it."""

    row: int
    column: int
    rows: int
    columns: int
    text: str
    unit: str
    letter: str
    mark: str


def bare(text: str) -> str:
    """A head without the unit in brackets at its end."""
    return _ENDING.sub("", text).strip()


def printed_columns(table: Table, edition: Edition) -> tuple[PrintedColumn, ...]:
    """The columns of a survey table as they are printed, in order."""
    letters = _letters(table)
    return tuple(_printed(column, edition, letters.get(_marked_head(column), "")) for column in table.columns)


def sheet_columns(edition: Edition) -> tuple[PrintedColumn, ...]:
    """The fields of the header block: 小流域名称, 调查人 and so on."""
    return tuple(_printed(column, edition, "") for column in edition.sheet.columns)


def _marked_head(column: Column) -> str:
    """What carries a footnote letter in print, without the letter; empty where nothing does."""
    printed = column.printed or ""
    return bare(_LETTER.sub("", printed)) if _LETTER.search(printed) else ""


def _letters(table: Table) -> dict[str, str]:
    """Letter of each head that has a footnote, counted anew: the draft misprints one (A.7).

    Only where there are as many footnotes as heads with a letter; else the notes stand without.
    """
    heads = list(dict.fromkeys(h for h in map(_marked_head, table.columns) if h))
    if len(heads) != len(table.footnotes_zh):
        return {}
    return {head: chr(ord("a") + number) for number, head in enumerate(heads)}


def _printed(column: Column, edition: Edition, letter: str) -> PrintedColumn:
    group = column.group_zh or ""
    title = title_of(column.zh, group)
    unit = edition.code_label("units", column.unit, "zh") if column.unit else ""
    said = f"({unit})" in group.replace("（", "(").replace("）", ")") or f"({unit})" in column.zh
    on_group = bool(letter) and bool(group) and _marked_head(column) == bare(group)
    rule = column.constraint
    return PrintedColumn(
        key=column.key,
        kind=column.type,
        title=title,
        group=group,
        unit="" if said else unit,
        full_unit=unit,
        letter="" if on_group else letter,
        group_letter=letter if on_group else "",
        mark=EXTRA if column.extra else COMPUTED if column.formula else "",
        choices=edition.items(column),
        low=rule.min,
        high=rule.max,
        names=_names(column, title, group, unit),
    )


def title_of(name: str, group: str) -> str:
    """The head of a column under its group: ``海拔 最高`` under ``海拔(m)`` is ``最高``."""
    above = bare(group)
    return name[len(above) :].strip() if above and name.startswith(above + " ") else name


def _names(column: Column, title: str, group: str, unit: str) -> tuple[str, ...]:
    own = [f"{group}/{title}" if group else title, column.zh, title, column.en]
    if column.printed:
        own.append(_LETTER.sub("", column.printed))
    with_unit = [f"{name}({unit})" for name in own if unit]
    return tuple(dict.fromkeys([*own, *with_unit]))


def head_cells(columns: Sequence[PrintedColumn]) -> tuple[HeadCell, ...]:
    """The cells of the head, groups merged over their columns, other heads over both rows."""
    grouped = any(c.group for c in columns)
    found: list[HeadCell] = []
    at = 0
    while at < len(columns):
        column = columns[at]
        if not column.group:
            rows = 2 if grouped else 1
            found.append(HeadCell(0, at, rows, 1, column.title, column.unit, column.letter, column.mark))
            at += 1
            continue
        members = _run(columns, at)
        letter = next((c.group_letter for c in members if c.group_letter), "")
        found.append(HeadCell(0, at, 1, len(members), column.group, "", letter, ""))
        found += [HeadCell(1, at + n, 1, 1, c.title, c.unit, c.letter, c.mark) for n, c in enumerate(members)]
        at += len(members)
    return tuple(found)


def _run(columns: Sequence[PrintedColumn], start: int) -> Sequence[PrintedColumn]:
    """The columns from ``start`` that stand under the same group."""
    end = start
    while end < len(columns) and columns[end].group == columns[start].group:
        end += 1
    return columns[start:end]


def head_rows(columns: Sequence[PrintedColumn]) -> int:
    """1, or 2 where columns stand in groups."""
    return 2 if any(c.group for c in columns) else 1
