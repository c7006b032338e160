"""The maintenance card of a measure: who keeps it, what is to be done, when it is next due (chapter 8).

Duties follow 8.1 to 8.7; their intervals are ours and stand with their reason in the edition's ``maintenance``.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Iterable, Mapping, NamedTuple, Optional, Sequence

from ..errors import Problem, problem
from ..standard import Edition
from ..standard.model.maintenance import MaintenanceDuty

RIGHTS_CLAUSE, PLAN_CLAUSE = "8.1.1", "8.1.3"
PLAN_DUTY = "plan"
OVERDUE, DUE, DONE, WAITING = "overdue", "due", "done", "waiting"
"""What a duty is on a day: late, to be done now, done for good, or not yet (or only when something happens)."""

SOON_DAYS = 30
"""A duty is ``due`` from this many days before its date."""


@dataclass(frozen=True)
class Holder:
    """Who has which right on a measure (8.1.1), where its money comes from (8.1.3), and when it was finished."""

    owner: str = ""
    user: str = ""
    manager: str = ""
    fund_source: str = ""
    completed: Optional[date] = None


class Round(NamedTuple):
    """A duty done on a day, by whom."""

    duty: str
    day: date
    person: str = ""


class Task(NamedTuple):
    """A duty on a card: when it was last done, when it is next due (None: no date), and its state."""

    duty: MaintenanceDuty
    last: Optional[date]
    due: Optional[date]
    state: str


class Card(NamedTuple):
    """The card of one measure: its tasks, most urgent first, and what 8.1 still misses."""

    uuid: str
    measure: str
    holder: Holder
    tasks: tuple[Task, ...]
    missing: tuple[Problem, ...]


def duties_of(edition: Edition, measure: str) -> tuple[MaintenanceDuty, ...]:
    """The duties of a measure, in the order of chapter 8."""
    return tuple(d for d in edition.maintenance.values() if d.concerns(measure))


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def next_due(
    duty: MaintenanceDuty, completed: date | None, done: Sequence[date] = (), rain: Sequence[date] = ()
) -> date | None:
    """When a duty is next due; None where it has no date: not finished, done, continuous or on a fault.

    An interval runs from the day it was last done, at first from completion. After rain it is due within
    its days of the first rain that no round has followed.
    """
    if completed is None:
        return None
    if duty.trigger == "interval" and duty.interval_months:
        return add_months(max([completed, *done]), duty.interval_months)
    if duty.trigger == "once":
        return None if done else completed
    if duty.trigger == "after_rain":
        last = max([completed, *done])
        open_rain = [day for day in rain if day > last]
        return min(open_rain) + timedelta(days=duty.within_days or 0) if open_rain else None
    return None


def due_dates(duty: MaintenanceDuty, completed: date, until: date) -> list[date]:
    """All dates of a duty with an interval from completion to ``until``, were it done on time."""
    if duty.trigger != "interval" or not duty.interval_months:
        return [completed] if duty.trigger == "once" and completed <= until else []
    found: list[date] = []
    while True:
        day = add_months(completed, duty.interval_months * (len(found) + 1))
        if day > until:
            return found
        found.append(day)


def card(
    edition: Edition,
    uuid: str,
    measure: str,
    holder: Holder,
    today: date,
    rounds: Iterable[Round] = (),
    rain: Sequence[date] = (),
) -> Card:
    """The card of a measure on a day; ``rounds`` are what was done for it."""
    done: dict[str, list[date]] = {}
    for entry in rounds:
        done.setdefault(entry.duty, []).append(entry.day)
    duties = duties_of(edition, measure)
    tasks = [_task(duty, holder.completed, done.get(duty.key, []), rain, today) for duty in duties]
    order = {OVERDUE: 0, DUE: 1, WAITING: 2, DONE: 3}
    tasks.sort(key=lambda t: (order[t.state], t.due or date.max))
    return Card(uuid, measure, holder, tuple(tasks), tuple(_missing(uuid, measure, holder, duties)))


def _task(
    duty: MaintenanceDuty, completed: date | None, done: Sequence[date], rain: Sequence[date], today: date
) -> Task:
    due = next_due(duty, completed, done, rain)
    last = max(done) if done else None
    if due is None:
        return Task(duty, last, None, DONE if duty.trigger == "once" and done else WAITING)
    if due < today:
        return Task(duty, last, due, OVERDUE)
    return Task(duty, last, due, DUE if due <= today + timedelta(days=SOON_DAYS) else WAITING)


def _missing(uuid: str, measure: str, holder: Holder, duties: Sequence[MaintenanceDuty]) -> Iterable[Problem]:
    """Rights that nobody holds and, for works that need a plan, money without a source."""
    facts: Mapping[str, str] = {"measure": measure, "uuid": uuid}
    for name, code in (
        ("owner", "QL-PLAN-NOOWNER"), ("user", "QL-PLAN-NOUSER"), ("manager", "QL-PLAN-NOMANAGER"),
    ):  # fmt: skip
        if not getattr(holder, name).strip():
            yield problem(code, clause=RIGHTS_CLAUSE, **facts)
    if any(d.key == PLAN_DUTY for d in duties) and not holder.fund_source.strip():
        yield problem("QL-PLAN-NOFUNDSOURCE", clause=PLAN_CLAUSE, **facts)
