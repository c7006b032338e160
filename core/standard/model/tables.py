"""Survey tables of appendix A, code lists and figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Tuple

from .words import BASES, one_of


@dataclass(frozen=True)
class CodeItem:
    """An entry of a code list; ``data`` holds its numbers (limits, class breaks …)."""

    code: str
    zh: str
    en: str
    parent: Optional[str] = None
    basis: Optional[str] = one_of(*BASES, default=None)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CodeList:
    """A list of codes of another standard; ``data`` holds what concerns the whole list."""

    id: str
    name_zh: str
    name_en: str
    standard: str
    items: Tuple[CodeItem, ...]
    basis: str = one_of(*BASES)
    unit: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def item(self, code: str) -> CodeItem | None:
        """The entry ``code``, or None."""
        return next((i for i in self.items if i.code == code), None)


@dataclass(frozen=True)
class Constraint:
    """What a value of a column must satisfy (hard) or is asked about (``warn_``).

    ``at_most`` names another column of the row; ``enum`` lists the values in place, ``codes``
    takes them from a code list (``within`` keeps those under these parents, ``parent_column``
    those under the code another column holds, ``level`` those of that length of code).
    """

    min: Optional[float] = None
    max: Optional[float] = None
    warn_min: Optional[float] = None
    warn_max: Optional[float] = None
    warn_clause: Optional[str] = None
    at_most: Optional[str] = None
    enum: Tuple[CodeItem, ...] = ()
    codes: Optional[str] = None
    within: Tuple[str, ...] = ()
    level: Optional[int] = None
    parent_column: Optional[str] = None


@dataclass(frozen=True)
class Column:
    """A column of a survey table, or a field of its header.

    ``extra`` marks columns that the draft's table lacks and its clauses or formulas need;
    ``formula`` the columns computed from others. ``from_layer`` says in words where a value can
    be had from map layers.
    """

    key: str
    zh: str
    en: str
    type: str = one_of("number", "integer", "text", "enum", "enum_multi", "boolean", "date")
    basis: str = one_of(*BASES)
    unit: Optional[str] = None
    constraint: Constraint = Constraint()
    group_zh: Optional[str] = None
    group_en: Optional[str] = None
    source: Optional[str] = None
    printed: Optional[str] = None
    formula: Optional[str] = None
    extra: bool = False
    from_layer_zh: Optional[str] = None
    from_layer_en: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None


@dataclass(frozen=True)
class TableCheck:
    """A relation that the rows of a table should keep."""

    key: str
    zh: str
    en: str
    severity: str = one_of("error", "warning", "note")


@dataclass(frozen=True)
class Table:
    """A survey table of appendix A, or one that the plugin adds (``extension``).

    ``name`` is the table's name in the store, ``layers`` the store's layers its rows describe,
    ``row_zh``/``row_en`` what a row stands for, ``emphasis`` the watershed types for which 4.1.5
    stresses it.
    """

    id: str
    name: str
    title_zh: str
    title_en: str
    clauses: Tuple[str, ...]
    columns: Tuple[Column, ...]
    row_zh: str
    row_en: str
    status_zh: str
    status_en: str
    basis: str = one_of(*BASES)
    rows: str = one_of("one", "many", default="many")
    layers: Tuple[str, ...] = ()
    part_of: Optional[str] = None
    emphasis: Tuple[str, ...] = ()
    extension: bool = False
    total_row: bool = False
    order: Optional[float] = None
    footnotes_zh: Tuple[str, ...] = ()
    footnotes_en: Tuple[str, ...] = ()
    checks: Tuple[TableCheck, ...] = ()
    note_zh: Optional[str] = None
    note_en: Optional[str] = None

    def column(self, key: str) -> Column:
        """The column ``key``. Raises KeyError where there is none."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)


@dataclass(frozen=True)
class Sheet:
    """``sheet.yaml``: the head that every survey table carries."""

    columns: Tuple[Column, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A map of the project; ``required_by`` is the clause that asks for it, None if customary.

    ``content`` is free for the layout that draws it.
    """

    key: str
    zh: str
    en: str
    order: int
    required_by: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None
    content: Mapping[str, Any] = field(default_factory=dict)
