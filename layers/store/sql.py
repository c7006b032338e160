"""SQL text with names quoted: identifiers go in through here, values always as parameters."""

from __future__ import annotations

from typing import Sequence, Union

Names = Union[str, Sequence[str]]


def quoted(name: str) -> str:
    """An SQL identifier in double quotes. Raises ValueError for a name SQLite cannot hold."""
    if not name or "\0" in name:
        raise ValueError(f"no SQL name: {name!r}")
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text in single quotes, for DDL, where parameters are not allowed."""
    return "'" + text.replace("'", "''") + "'"


def statement(pattern: str, **names: Names) -> str:
    """``pattern`` with ``{name}`` replaced by quoted identifiers (several joined by commas)."""
    return pattern.format(
        **{k: quoted(v) if isinstance(v, str) else ", ".join(map(quoted, v)) for k, v in names.items()}
    )


def marks(count: int) -> str:
    """``?, ?, ?`` for ``count`` parameters."""
    return ", ".join("?" * count)


def insert(table: str, names: Sequence[str]) -> str:
    """INSERT of one row with these fields."""
    return " ".join(
        ["INSERT INTO", quoted(table), f"({', '.join(map(quoted, names))})", f"VALUES ({marks(len(names))})"]
    )


def update(table: str, names: Sequence[str], key: str) -> str:
    """UPDATE of these fields where ``key`` equals the last parameter."""
    sets = ", ".join(f"{quoted(n)} = ?" for n in names)
    return " ".join(["UPDATE", quoted(table), "SET", sets, "WHERE", quoted(key), "= ?"])


def select(table: str, names: Sequence[str], conditions: Sequence[str] = (), order: str = "") -> str:
    """SELECT of these fields; conditions are SQL of this package, joined by AND."""
    parts = ["SELECT", ", ".join(map(quoted, names)), "FROM", quoted(table)]
    if conditions:
        parts += ["WHERE", " AND ".join(conditions)]
    if order:
        parts += ["ORDER BY", quoted(order)]
    return " ".join(parts)


def is_in(name: str, count: int) -> str:
    """The condition that a field is one of ``count`` parameters."""
    return f"{quoted(name)} IN ({marks(count)})"
