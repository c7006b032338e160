"""Judgements and proofs: what a person states, with evidence, name and date (rulings 15 and 16).

A judgement without statement, evidence file, person and date stays unproven, whatever it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Optional, Sequence, Tuple

from ..errors import Problem
from .gather import enter_input
from .ledger import Ledger, year_gap
from .model import FAIL, INPUTS, JUDGEMENT, PASS, UNPROVEN, EvaluationInput, Gap, InputRow, Place

PROOF = ("statement", "evidence", "person", "date")


@dataclass(frozen=True)
class Judged:
    """A judgement's state and what it rests on."""

    state: str
    id: Optional[str] = None
    text: Optional[str] = None
    source: Optional[str] = None
    year: Optional[int] = None
    gaps: Tuple[Gap, ...] = ()


class Absence(NamedTuple):
    """Whether something is proven not to be there, and what its proof lacks."""

    proven: bool
    id: Optional[str] = None
    gaps: Tuple[Gap, ...] = ()
    notes: Tuple[Problem, ...] = ()
    year: Optional[int] = None
    source: Optional[str] = None


def judge(given: EvaluationInput, ledger: Ledger, number: int, clause: str) -> Judged:
    """The judgement on indicator ``number``: the latest one entered."""
    rows = [r for r in given.inputs if r.number == number and r.key == JUDGEMENT and r.value is not None]
    if not rows:
        facts = {"number": number, "where": f"{INPUTS} {number} {JUDGEMENT}"}
        return Judged(UNPROVEN, gaps=(Gap(Problem("QL-EVAL-NOTJUDGED", facts), INPUTS, JUDGEMENT),))
    row = max(rows, key=lambda r: (r.date or "", r.uuid))
    dated = row._replace(year=year_of(row), source=row.source or row.person)
    id = enter_input(ledger, dated, row.value, None, clause)
    gaps = (*proof_gaps(given, row), *_year(given, dated))
    gaps = (*gaps, *_contradicted(rows, row))
    said = {1.0: PASS, 0.0: FAIL}.get(float(row.value if row.value is not None else -1))
    if said is None:
        facts = {"number": number, "value": row.value}
        gaps = (*gaps, Gap(Problem("QL-EVAL-JUDGEVALUE", facts), INPUTS, "value", row.uuid))
    state = UNPROVEN if gaps or said is None else said
    return Judged(state, id, row.statement, dated.source, dated.year, tuple(gaps))


def _contradicted(rows: Sequence[InputRow], row: InputRow) -> tuple[Gap, ...]:
    """A gap where somebody judged otherwise on the same day: neither is the later word."""
    others = {r.value for r in rows if (r.date or "") == (row.date or "")}
    if len(others) < 2:
        return ()
    facts = {"what": f"{INPUTS} {row.number} {JUDGEMENT}", "count": len(others)}
    facts["values"] = ", ".join(f"{v:g}" for v in sorted(v for v in others if v is not None))
    return (Gap(Problem("QL-EVAL-TWICE", facts), INPUTS, "value", row.uuid),)


def proof_gaps(given: EvaluationInput, row: InputRow) -> list[Gap]:
    """What a judgement lacks of statement, evidence, person and date; and an evidence path that leads nowhere."""
    lacking = [name for name in PROOF if not str(getattr(row, name) or "").strip()]
    found = []
    if lacking:
        facts = {"number": row.number, "parts": ", ".join(lacking)}
        found.append(Gap(Problem("QL-EVAL-NOPROOF", facts), INPUTS, lacking[0], row.uuid))
    if row.evidence and row.evidence in given.lost_evidence:
        facts = {"number": row.number, "path": row.evidence}
        found.append(Gap(Problem("QL-EVAL-NOEVIDENCE", facts), INPUTS, "evidence", row.uuid))
    return found


def year_of(row: InputRow) -> int | None:
    """The year entered, else that of the date."""
    if row.year is not None:
        return row.year
    text = (row.date or "")[:4]
    return int(text) if len(text) == 4 and text.isdigit() else None


def _year(given: EvaluationInput, row: InputRow) -> list[Gap]:
    place = Place(f"{INPUTS} {row.number} {row.key}", INPUTS, "year")
    gap = year_gap(place, row.year, given.date)
    return [gap] if gap else []


def absence(given: EvaluationInput, ledger: Ledger, number: int, clause: str) -> Absence:
    """Whether ``proven_absent`` is stated for indicator ``number``, with a year that holds.

    What of statement, evidence, person and date is lacking is a note.
    """
    rows = [r for r in given.inputs if r.number == number and r.proven_absent]
    if not rows:
        return Absence(False)
    row = max(rows, key=lambda r: (r.date or "", r.uuid))
    dated = row._replace(year=year_of(row), source=row.source or row.person)
    id = enter_input(ledger, dated, row.value if row.value is not None else 0, None, clause)
    gaps = tuple(_year(given, dated))
    notes = tuple(g.problem for g in proof_gaps(given, row))
    return Absence(not gaps, id, gaps, notes, dated.year, dated.source)
