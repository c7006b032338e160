"""Which row a row of a package is, however its uuid is written there (4.1.4).

Apps and databases write one uuid in braces, in capitals or plain, and a table that was made anew on a device
may have lost it. A row that the survey knows keeps the survey's spelling; new rows get the plain one, in
their links as well. A row without a uuid, or with that of a row before it, is named by what it holds, so that
no row hides another and the same return merged twice brings it once.
"""

from __future__ import annotations

import re
import uuid as uuids
from typing import Callable, Collection, Iterable, Mapping, Tuple

from .differences import RowState
from .links import LINK

_BRACED = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_SPACE = uuids.UUID("5f3c1f0e-6f0b-5c5e-9d43-6a2f4d0c7b11")


def plain(uuid: str) -> str:
    """A uuid without braces and capitals; any other text as it is."""
    found = _BRACED.fullmatch(uuid.strip())
    return found[1].lower() if found else uuid


def told_apart(table: str, rows: Iterable[Tuple[str, RowState]]) -> dict[str, RowState]:
    """Rows by uuid; those without one, or with one that is taken, by what they hold."""
    found: dict[str, RowState] = {}
    for uuid, row in rows:
        number = 0
        while not uuid or uuid in found:
            held = sorted((k, repr(v)) for k, v in row.values.items())
            uuid = str(uuids.uuid5(_SPACE, f"{table}:{held}:{row.shape!r}:{number}"))
            number += 1
        found[uuid] = row
    return found


def aligned(
    tables: Mapping[str, Mapping[str, RowState]], known: Collection[str]
) -> dict[str, dict[str, RowState]]:
    """A package's rows with uuids and links spelt as the survey spells them; ``known``: the survey's uuids."""
    spelt = {plain(uuid): uuid for uuid in known}

    def own(uuid: str) -> str:
        return uuid if uuid in known else spelt.get(plain(uuid), plain(uuid))

    found: dict[str, dict[str, RowState]] = {}
    for table, rows in tables.items():
        made: dict[str, RowState] = {}
        for uuid, row in rows.items():
            name = own(uuid)
            made[uuid if name in made or (name != uuid and name in rows) else name] = _linked(row, own)
        found[table] = made
    return found


def _linked(row: RowState, own: Callable[[str], str]) -> RowState:
    changed = {
        k: own(v) for k, v in row.values.items() if k.endswith(LINK) and isinstance(v, str) and own(v) != v
    }
    return row._replace(values={**row.values, **changed}) if changed else row
