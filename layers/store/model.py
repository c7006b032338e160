"""What passes in and out of a survey store: rows, changes, conflicts, log entries, and ``Store``.

GeoPackage is the first store; PostGIS can come behind the same protocol and the same contract
tests. Keys are text uuids, never serial numbers; order is the log's sequence, never a clock.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Optional, Protocol, Sequence, Tuple, Union

from ...core.errors import Problem, QingliuError


class Keep(Enum):
    """Leave it as it is (an empty geometry is ``None``)."""

    GEOMETRY = "keep"


KEEP = Keep.GEOMETRY


class Row(NamedTuple):
    """A stored row: plain values by field, 2-D WKB in the store's CRS (None for a plain table)."""

    table: str
    uuid: str
    version: int
    values: dict[str, Any]
    wkb: Optional[bytes]


class Insert(NamedTuple):
    """A new row; a uuid is made where none is given."""

    table: str
    values: Mapping[str, Any]
    wkb: Optional[bytes] = None
    uuid: Optional[str] = None


class Update(NamedTuple):
    """New values of some fields of a row; ``version`` is the one they were entered against."""

    table: str
    uuid: str
    version: int
    values: Mapping[str, Any]
    wkb: Union[bytes, None, Keep] = KEEP


class Delete(NamedTuple):
    """A row to delete; ``version`` is the one that was looked at."""

    table: str
    uuid: str
    version: int


Change = Union[Insert, Update, Delete]


class RowKey(NamedTuple):
    """Which row, in which version."""

    table: str
    uuid: str
    version: int


class Saved(NamedTuple):
    """A save that is on disk: its id, the log's sequence after it, the rows it touched in order."""

    save_id: str
    sequence: int
    rows: Tuple[RowKey, ...]


class Conflict(NamedTuple):
    """A row that someone else changed or deleted since: both values by field, ``theirs`` None if deleted."""

    table: str
    uuid: str
    base_version: int
    version: Optional[int]
    ours: Mapping[str, Any]
    theirs: Optional[Mapping[str, Any]]
    who: str
    at: str


class StaleSave(QingliuError):
    """A save against rows that have changed since; nothing was written, ``conflicts`` shows both values."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(problems=[_stale(c) for c in conflicts])


def _stale(conflict: Conflict) -> Problem:
    facts: dict[str, Any] = {
        "table": conflict.table, "row": conflict.uuid, "who": conflict.who or "?", "at": conflict.at or "?",
    }  # fmt: skip
    if conflict.theirs is None:
        return Problem("QL-STORE-GONE", facts)
    theirs = conflict.theirs
    both = [
        f"{name}: {theirs.get(name)!r} / {value!r}"
        for name, value in conflict.ours.items()
        if theirs.get(name) != value
    ]
    return Problem("QL-STORE-STALE", {**facts, "both": "; ".join(both) or "-"})


class LogEntry(NamedTuple):
    """One row's change as the log has it; ``before`` and ``after`` hold the changed fields."""

    sequence: int
    save_id: str
    at: str
    who: str
    why: str
    action: str
    table: str
    uuid: str
    version: Optional[int]
    before: dict[str, Any]
    after: dict[str, Any]


class StoreColumn(NamedTuple):
    """A column as the store has it; ``kind`` as in :mod:`..schema`."""

    name: str
    kind: str


class TableInfo(NamedTuple):
    """A table of an open store; ``geometry`` is its GeoPackage type name, None for a plain one."""

    name: str
    geometry: Optional[str]
    columns: Tuple[StoreColumn, ...]

    @property
    def tracked(self) -> bool:
        """Whether its rows have uuid and version and are saved with conflict check and log."""
        names = {c.name for c in self.columns}
        return {"uuid", "version"} <= names


Waiting = Callable[[float, Sequence[str]], bool]
"""Called while another writer holds the store: seconds waited, who has it open; False gives up."""


class Store(Protocol):
    """A survey's database. All writes are whole or not at all; told as saved means on disk."""

    @property
    def path(self) -> Path:
        """Where the survey is."""

    @property
    def read_only(self) -> bool:
        """Whether it refuses to save."""

    @property
    def findings(self) -> Sequence[Problem]:
        """What opening found."""

    def tables(self) -> Mapping[str, TableInfo]:
        """Its tables by name."""

    def rows(
        self, table: str, uuids: Iterable[str] | None = None, *, where: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """Rows of a tracked table, in the order they were made."""

    def row(self, table: str, uuid: str) -> Row | None:
        """One row, None where there is none."""

    def count(self, table: str) -> int:
        """How many rows a table has, counted."""

    def meta(self) -> dict[str, str]:
        """The survey's facts by key."""

    def set_meta(self, values: Mapping[str, str | None], *, who: str = "", why: str = "") -> None:
        """Change facts; one transaction."""

    def save(
        self, changes: Sequence[Change], *, who: str = "", why: str = "", save_id: str | None = None
    ) -> Saved:
        """Write a user's action: one transaction over all tables it touches."""

    def sequence(self) -> int:
        """The log's last number."""

    def changes_since(self, sequence: int, table: str | None = None) -> list[LogEntry]:
        """Log entries after ``sequence`` in order."""

    def backup(self, reason: str) -> Path:
        """A verified copy."""

    def close(self) -> bool:
        """Leave the survey at rest; False where others still have it open."""
