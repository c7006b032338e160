"""Can what is written stand: dates that are none or lie ahead, row numbers twice, files that are gone (4.1.4)?"""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Iterator, Set, Tuple

from .model import OUTSIDE, Case, Finding, title_of
from .relations import found
from .rules import Check

GRACE = dt.timedelta(days=1)
"""A day ahead is forgiven: clocks of tablets run ahead and days begin earlier in the east."""


def date_in(value: Any) -> dt.date | None:
    """The day of an ISO date or time; None for 2024-02-30 and anything else that is no day."""
    text = str(value).strip()
    try:
        day = dt.date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if len(text) == 10 or text[10] in "T " else None


def lies_ahead(day: dt.date, today: dt.date | None) -> bool:
    """Whether a day is later than ``today`` with a day of grace; nothing is where today is not known."""
    return today is not None and day - today > GRACE


def check_date(case: Case, check: Check) -> Iterator[Finding]:
    """A date is a day of the calendar and not after the evaluation, or today where that is not dated."""
    name = check.field or ""
    for row in case.of(check.table or ""):
        value = row.values.get(name)
        if value is None or value == "":
            continue
        facts: Dict[str, Any] = {"value": value, **_sheet_of(case, row.values.get("table"), check)}
        day = date_in(value)
        if day is None:
            yield found(case, check, "QL-CHECK-NODATE", row, name, **facts)
        elif lies_ahead(day, case.day):
            yield found(case, check, "QL-CHECK-FUTURE", row, name, **facts, most=str(case.day))


def _sheet_of(case: Case, table: Any, check: Check) -> Dict[str, str]:
    """A sheet goes by the table that it heads."""
    return title_of(case, str(table)) if check.table == "sheet" and table else {}


def check_row_numbers(case: Case, check: Check) -> Iterator[Finding]:
    """A row number stands once in a sheet."""
    for table in case.edition.tables.values():
        seen: Set[Tuple[str, float]] = set()
        for row in case.of(table.name):
            number = row.number("row_no")
            if number is None:
                continue
            place = (str(row.values.get("sheet_uuid") or ""), number)
            if place in seen:
                yield found(case, check, "QL-CHECK-TWICENO", row, "row_no", value=f"{number:g}")
            seen.add(place)


def check_file(case: Case, check: Check) -> Iterator[Finding]:
    """A file that a row names lies in the survey's folder."""
    for row in case.of(check.table or ""):
        state = case.files.get((row.table, row.uuid, check.field or ""))
        if state is not None:
            code = "QL-CHECK-OUTSIDE" if state == OUTSIDE else "QL-CHECK-NOFILE"
            yield found(case, check, code, row, check.field, path=str(row.values.get(check.field or "")))
