"""A filled workbook against a survey: every sheet recognised, matched and compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

from ..core.errors import InputError, Problem, problem
from ..core.printing import (
    Comparison,
    Form,
    GridCell,
    ReadSheet,
    compare,
    compare_header,
    read_sheet,
    recognise,
)
from ..core.progress import SILENT, Progress
from ..layers.printing.surveys import chosen_forms, earlier_values, forms_of, header_rows, stored_rows
from ..layers.store import GpkgStore

_SHOWN = 10


@dataclass
class Reading:
    """What a workbook holds and what it would change."""

    sheets: list[ReadSheet] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    other_survey: list[str] = field(default_factory=list)
    comparison: Comparison = field(default_factory=Comparison)
    moved: dict[str, int] = field(default_factory=dict)

    def match_rows(self) -> list[dict[str, Any]]:
        """Which column of the file was taken for which field, and by what."""
        return [
            {
                "sheet": sheet.name,
                "table": sheet.form.table,
                "head": m.head,
                "field": m.column.key,
                "title": m.column.title,
                "matched_by": m.by,
            }
            for sheet in self.sheets
            for m in sheet.columns
        ]

    def match_lines(self) -> list[str]:
        """The same for the log, one line a sheet."""
        found = []
        for sheet in self.sheets:
            pairs = ", ".join(f"{_flat(m.head)} → {m.column.key} [{m.by}]" for m in sheet.columns)
            found.append(f"{sheet.name} = {sheet.form.table}: {pairs}")
        return found

    def difference_rows(self) -> list[dict[str, Any]]:
        """The differences as rows of the output."""
        return [
            {
                "table": d.table,
                "row_uuid": d.row_uuid or None,
                "field": d.field or None,
                "kind": d.kind,
                "old": d.old or None,
                "new": d.new or None,
                "title": d.title or None,
                "sheet": d.sheet,
                "cell": d.cell or None,
                "reason": d.fault.text() if d.fault else None,
            }
            for d in self.comparison.differences
        ]


def _flat(head: str) -> str:
    return " ".join(head.split())


def read_sheets(
    store: GpkgStore,
    grids: Mapping[str, Sequence[Sequence[GridCell]]],
    workbook: Path,
    table: str = "",
    progress: Progress = SILENT,
) -> Reading:
    """Recognise, match and compare every sheet. Raises InputError QL-PRINT-NOSHEET, QL-PRINT-NOTABLE."""
    forms = chosen_forms(store, [table]) if table else forms_of(store)
    found = Reading()
    for name, grid in grids.items():
        sheet = _sheet(grid, name, workbook, forms, bool(table))
        if sheet is not None:
            found.sheets.append(sheet)
        elif any(c.value is not None for row in grid for c in row):
            found.ignored.append(name)
    if not found.sheets:
        raise InputError("QL-PRINT-NOSHEET", path=str(workbook), sheets=", ".join(grids) or "-")
    _refuse_copies(found.sheets)
    _compare_all(store, found, progress)
    return found


def _refuse_copies(sheets: Sequence[ReadSheet]) -> None:
    """Two sheets made from one header are a sheet and its copy: which counts is not ours to guess, and read
    together every row of the copy would be a new one. Raises InputError QL-PRINT-SHEETTWICE."""
    seen: dict[tuple[str, str, str], list[str]] = {}
    for sheet in sheets:
        if sheet.marker is not None:
            key = (sheet.marker.table, sheet.marker.head_uuid, sheet.marker.store_id)
            seen.setdefault(key, []).append(sheet.name)
    faults = [
        problem("QL-PRINT-SHEETTWICE", table=key[0], sheets=", ".join(names))
        for key, names in seen.items()
        if len(names) > 1
    ]
    if faults:
        raise InputError(problems=faults)


def _sheet(
    grid: Sequence[Sequence[GridCell]], name: str, workbook: Path, forms: Mapping[str, Form], only: bool
) -> Optional[ReadSheet]:
    form = next(iter(forms.values())) if only else recognise(grid, name, workbook.stem, forms)
    return None if form is None else read_sheet(grid, name, form)


def _compare_all(store: GpkgStore, found: Reading, progress: Progress) -> None:
    """Compare sheet by sheet's header, table by table's rows."""
    store_id = store.meta().get("store_id", "")

    def earlier(table: str, uuid: str, version: int) -> Optional[Mapping[str, Any]]:
        return earlier_values(store, table, uuid, version)

    by_table: dict[str, list[ReadSheet]] = {}
    for sheet in found.sheets:
        by_table.setdefault(sheet.form.table, []).append(sheet)
        if sheet.marker is not None and sheet.marker.store_id != store_id:
            found.other_survey.append(sheet.name)
    for number, (table, sheets) in enumerate(by_table.items()):
        progress.step(number / len(by_table))
        heads = header_rows(store, table)
        parts = [compare_header(sheet, heads, earlier, store_id) for sheet in sheets]
        parts.append(compare(sheets, stored_rows(store, table), earlier, store_id))
        for part in parts:
            found.comparison.differences += part.differences
            found.comparison.changes += part.changes
        if parts[-1].moved_rows:
            found.moved[table] = parts[-1].moved_rows


def warnings_of(reading: Reading) -> list[Problem]:
    """What the user should know before the differences are applied."""
    found = [problem("QL-PRINT-SHEETIGNORED", sheet=name) for name in reading.ignored]
    found += [problem("QL-PRINT-OTHERSURVEY", sheet=name) for name in reading.other_survey]
    for sheet in reading.sheets:
        table = sheet.form.table_id
        if sheet.unknown:
            heads = ", ".join(f"{place} {_flat(head)}" for place, head in sheet.unknown)
            found.append(problem("QL-PRINT-UNMATCHED", sheet=sheet.name, table=table, heads=heads))
        if sheet.lacking:
            heads = ", ".join(c.title for c in sheet.lacking)
            found.append(problem("QL-PRINT-LACKING", sheet=sheet.name, heads=heads))
    for table, count in reading.moved.items():
        found.append(problem("QL-PRINT-SORTED", table=table, count=count))
    return [*found, *_difference_warnings(reading.comparison)]


def _difference_warnings(comparison: Comparison) -> list[Problem]:
    found = []
    conflicts = [d for d in comparison.differences if d.kind == "conflict"]
    if conflicts:
        shown = "; ".join(f"{d.sheet}!{d.cell} {d.title}: {d.old} / {d.new}" for d in conflicts[:_SHOWN])
        more = " …" if len(conflicts) > _SHOWN else ""
        found.append(problem("QL-PRINT-CONFLICTS", count=len(conflicts), cells=shown + more))
    tables = list(dict.fromkeys(d.table for d in comparison.differences))
    for table in tables:
        missing = sum(d.kind == "missing" for d in comparison.differences if d.table == table)
        gone = sum(d.kind == "gone" for d in comparison.differences if d.table == table)
        if missing:
            found.append(problem("QL-PRINT-MISSINGROWS", table=table, count=missing))
        if gone:
            found.append(problem("QL-PRINT-GONEROWS", table=table, count=gone))
    faults = comparison.faults()
    if faults:
        found += [problem("QL-PRINT-BADCELLS", count=len(faults)), *faults[:_SHOWN]]
    return found
