"""An evaluation kept as text: before, planned, as built, or a scheme, to be compared with a later one.

The text holds rows, verdicts and the register, so that numbers of a kept evaluation lead back too.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from typing import Any, Mapping, NamedTuple

from ..errors import InputError, Problem, QingliuError
from ..provenance import Register, from_dict, to_dict
from .model import Evaluation, Gap, IndicatorRow, Place, Term

FORMAT = "qingliu-evaluation-1"
EPOCHS = ("before", "planned", "built", "scheme")


class Kept(NamedTuple):
    """An evaluation under a name; ``epoch`` is one of :data:`EPOCHS`, ``type`` the survey's own."""

    name: str
    epoch: str
    type: str
    evaluation: Evaluation


def to_json(kept: Kept) -> str:
    """The kept evaluation as JSON; the same bytes for the same evaluation."""
    found = kept.evaluation
    raw = {
        "format": FORMAT, "name": kept.name, "epoch": kept.epoch, "type": kept.type,
        "date": found.date.isoformat(), "edition": found.edition, "verdicts": dict(found.verdicts),
        "rows": [_row_out(r) for r in found.rows], "register": [to_dict(v) for v in found.register],
        "places": {id: list(place) for id, place in found.places.items()},
    }  # fmt: skip
    return json.dumps(raw, ensure_ascii=False, allow_nan=False, indent=1)


def from_json(text: str) -> Kept:
    """The evaluation of :func:`to_json`. Raises InputError QL-EVAL-KEPT for anything else."""
    try:
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise InputError("QL-EVAL-KEPT", reason=str(raw["format"]))
        found = Evaluation(
            date.fromisoformat(raw["date"]), str(raw["edition"]), tuple(_row_in(r) for r in raw["rows"]),
            dict(raw["verdicts"]), Register(from_dict(v) for v in raw["register"]),
            {id: Place(*place) for id, place in raw["places"].items()},
        )  # fmt: skip
        return Kept(str(raw["name"]), str(raw["epoch"]), str(raw["type"]), found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("QL-EVAL-KEPT", reason=f"{type(error).__name__} {error}") from error
    except QingliuError as error:
        raise InputError("QL-EVAL-KEPT", reason=error.code) from error


def _row_out(row: IndicatorRow) -> dict[str, Any]:
    raw = {f.name: getattr(row, f.name) for f in fields(row)}
    raw["gaps"] = [[_problem_out(g.problem), g.table, g.field, g.row] for g in row.gaps]
    raw["notes"] = [_problem_out(n) for n in row.notes]
    raw["terms"] = [list(t) for t in row.terms]
    return raw


def _row_in(raw: Mapping[str, Any]) -> IndicatorRow:
    known = {f.name for f in fields(IndicatorRow)}
    given = {k: v for k, v in raw.items() if k in known}
    given["gaps"] = tuple(Gap(_problem_in(p), *rest) for p, *rest in raw["gaps"])
    given["notes"] = tuple(_problem_in(n) for n in raw["notes"])
    given["readings"] = tuple(raw["readings"])
    given["terms"] = tuple(
        Term(k, tuple(v) if isinstance(v, list) else v, *rest) for k, v, *rest in raw["terms"]
    )
    return IndicatorRow(**given)


def _problem_out(problem: Problem) -> list[Any]:
    return [problem.code, {k: v if _plain(v) else str(v) for k, v in problem.facts.items()}]


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


def _problem_in(raw: Any) -> Problem:
    code, facts = raw
    return Problem(str(code), dict(facts))
