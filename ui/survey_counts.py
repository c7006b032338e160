"""How far is each survey table: rows, cells filled, missing, wrong, and who signed (4.1.5, appendix A)?

Counted in a task over a connection of its own, so that the window stays fluid.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple, Sequence, Tuple

from qgis.core import QgsTask

from ..core.standard import Edition, text
from ..core.surveychecks import Case
from ..core.surveychecks import Row as CheckedRow
from ..core.surveychecks.cells import check_cells
from ..layers.store.connection import connect
from ..layers.store.reading import read_tables, select_rows
from .survey_cells import HEAD, TableCells


class Count(NamedTuple):
    """What a table holds: ``asked`` cells of its rows, ``lacking`` names of what is empty."""

    rows: int
    filled: int
    asked: int
    missing: int
    wrong: int
    state: str
    lacking: Tuple[str, ...]


def count_survey(task: QgsTask, path: Path, edition: Edition) -> Dict[str, Count] | None:
    """Counts by table; None where cancelled. Raises sqlite3.Error."""
    connection = connect(path, read_only=True)
    found: Dict[str, Count] = {}
    try:
        tables = read_tables(connection)
        heads = {str(r.values["table"]): r.values for r in select_rows(connection, tables["sheet"])}
        for table in edition.tables.values():
            if task.isCanceled():
                return None
            rows = select_rows(connection, tables[table.name]) if table.name in tables else []
            values = [r.values for r in rows]
            found[table.name] = count_table(TableCells(table, edition), values, heads.get(table.name, {}))
    finally:
        connection.close()
    return found


def count_table(cells: TableCells, rows: Sequence[Mapping[str, Any]], head: Mapping[str, Any]) -> Count:
    """The count of one table's rows under its sheet's head."""
    asked = filled = 0
    lacking: Dict[str, None] = {}
    for values in rows:
        for key in cells.asked(values):
            asked += 1
            if values.get(key) is None:
                lacking[text(cells.columns[key])] = None
            else:
                filled += 1
    unsigned = [c for c in cells.edition.sheet.columns if c.key in HEAD and rows and not head.get(c.key)]
    lacking.update((text(c), None) for c in unsigned)
    checked = [CheckedRow(cells.table.name, str(v.get("uuid")), v) for v in rows]
    findings = check_cells(Case(cells.edition, {cells.table.name: checked}))
    wrong = sum(f.severity == "error" for f in findings)
    missing = asked - filled + len(unsigned)
    return Count(len(rows), filled, asked, missing, wrong, str(head.get("state") or "open"), tuple(lacking))
