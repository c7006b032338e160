"""How far is each survey table: rows, cells filled, missing, wrong, and who signed (4.1.5, appendix A)?

Counted a page of rows at a time on the interface thread: a Python thread beside it would hold up every
cell that is painted meanwhile.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from ..core.standard import Edition, text
from ..core.surveychecks import Case
from ..core.surveychecks import Row as CheckedRow
from ..core.surveychecks.cells import check_cells
from ..layers.store import GpkgStore
from ..layers.store.reading import versions_by_fid
from .survey_cells import HEAD, TableCells, table_cells
from .survey_tables import filled_tables

PAGE = 20


class Count(NamedTuple):
    """What a table holds: ``asked`` cells of its rows, ``lacking`` names of what is empty."""

    rows: int
    filled: int
    asked: int
    missing: int
    wrong: int
    state: str
    lacking: Tuple[str, ...]


class Tally:
    """Adds up pages of a table's rows."""

    def __init__(self, cells: TableCells) -> None:
        self.cells = cells
        self.rows = self.asked = self.filled = self.wrong = 0
        self.lacking: Dict[str, None] = {}

    def add(self, page: Sequence[Mapping[str, Any]]) -> None:
        """Count a page of rows."""
        name = self.cells.table.name
        self.rows += len(page)
        for values in page:
            for key in self.cells.asked(values):
                self.asked += 1
                if values.get(key) is None:
                    self.lacking[text(self.cells.columns[key])] = None
                else:
                    self.filled += 1
        checked = [CheckedRow(name, str(v.get("uuid")), v) for v in page]
        findings = check_cells(Case(self.cells.edition, {name: checked}))
        self.wrong += sum(f.severity == "error" for f in findings)

    def count(self, head: Mapping[str, Any]) -> Count:
        """The count under the head of the table's sheet; inputs of the indicators have none."""
        signed_by = HEAD if head and self.rows else ()
        columns = self.cells.edition.sheet.columns
        unsigned = [text(c) for c in columns if c.key in signed_by and not head.get(c.key)]
        lacking = tuple(dict.fromkeys([*self.lacking, *unsigned]))
        missing = self.asked - self.filled + len(unsigned)
        state = str(head.get("state") or "open") if head else ""
        return Count(self.rows, self.filled, self.asked, missing, self.wrong, state, lacking)


def counting(
    store: GpkgStore, edition: Edition, wanted: FrozenSet[str] | None, found: Dict[str, Count]
) -> Iterator[None]:
    """Count the tables, of those wanted only, page by page; the counts go into ``found``."""
    heads = {str(r.values["table"]): r.values for r in store.rows("sheet")}
    for name in filled_tables(edition):
        if wanted is not None and name not in wanted:
            continue
        tally = Tally(table_cells(edition, name))
        if name in store.tables():
            uuids = [uuid for _, uuid, _ in versions_by_fid(store.connection, name)]
            for page in _pages(uuids):
                tally.add([row.values for row in store.rows(name, page)])
                yield
        found[name] = tally.count(heads.get(name, {}))


def _pages(uuids: List[str]) -> Iterator[List[str]]:
    for start in range(0, len(uuids), PAGE):
        yield uuids[start : start + PAGE]
