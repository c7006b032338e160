"""All checks over a survey, in one list with the gravest first."""

from __future__ import annotations

from typing import Callable, Iterable, Mapping, Sequence

from ..progress import SILENT, Progress
from .cells import check_cells
from .headers import check_empty, check_header, check_people, check_type
from .inputs import check_judgement, check_needs, check_ratio, check_year
from .model import SEVERITIES, Case, Finding
from .places import (
    check_base_map,
    check_channels,
    check_counted,
    check_dangling,
    check_linked,
    check_sheet_links,
    check_unplaced,
)
from .relations import (
    check_equal,
    check_not_above,
    check_product,
    check_same_keys,
    check_shares,
    check_sum,
    check_unique,
    check_unit,
)
from .rules import Check, load_checks
from .written import check_date, check_file, check_row_numbers

_KINDS: Mapping[str, Callable[[Case, Check], Iterable[Finding]]] = {
    "sum": check_sum,
    "shares": check_shares,
    "equal": check_equal,
    "not_above": check_not_above,
    "same_keys": check_same_keys,
    "unique": check_unique,
    "unit": check_unit,
    "product": check_product,
    "linked": check_linked,
    "counted": check_counted,
    "channels": check_channels,
    "base_map": check_base_map,
    "indicator_needs": check_needs,
    "indicator_ratio": check_ratio,
    "judgement": check_judgement,
    "year": check_year,
    "type_needs": check_type,
    "empty_cells": check_empty,
    "header": check_header,
    "different_people": check_people,
    "date": check_date,
    "row_numbers": check_row_numbers,
    "file": check_file,
}


def check_survey(
    case: Case, checks: Sequence[Check] | None = None, progress: Progress = SILENT
) -> list[Finding]:
    """Findings of every check: errors, warnings, notes, unknown; within each in the order of the checks.

    Raises EditionError where the edition's checks do not hold together, Cancelled.
    """
    wanted = load_checks(case.edition) if checks is None else checks
    progress.stage("survey_checks", len(wanted) + 2)
    found = [*check_cells(case), *check_dangling(case), *check_sheet_links(case), *check_unplaced(case)]
    for done, check in enumerate(wanted):
        progress.step(done / max(len(wanted), 1))
        found += _KINDS[check.kind](case, check)
    return sorted(found, key=lambda f: SEVERITIES.index(f.severity))
