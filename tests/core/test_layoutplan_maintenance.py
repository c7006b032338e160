"""Dates of chapter 8's duties, what a card misses, and the texts of boards."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.layoutplan.maintenance import (
    DONE,
    DUE,
    OVERDUE,
    WAITING,
    Holder,
    Round,
    add_months,
    card,
    due_dates,
    duties_of,
    next_due,
)
from qingliu.core.layoutplan.notices import BLANK, BoardFacts, SignFacts, notice_board, sign_board
from qingliu.core.standard import default_edition, load_edition

EDITION = default_edition()
DUTY = EDITION.maintenance


def test_every_clause_of_8_2_to_8_7_has_a_duty_and_every_duty_says_why_so_often():
    sections = {f"8.{n}" for n in range(2, 8)}
    clauses = {c for c in EDITION.clauses if c.rsplit(".", 1)[0] in sections and c.count(".") == 2}
    assert clauses == {d.clause for d in DUTY.values() if d.clause[:3] in sections}
    for duty in DUTY.values():
        assert duty.basis == "derived"
        assert duty.reason_zh and duty.reason_en


def test_clauses_link_to_the_measures_that_their_duties_name():
    """What a clause of chapter 8 governs by name is among the measures of its duties."""
    for clause in EDITION.clauses.values():
        named = {g.split(":")[1] for g in clause.governs if g.startswith("measure:")}
        duties = [d for d in DUTY.values() if d.clause == clause.id]
        if duties and named:
            assert named <= {m for d in duties for m in d.measures}, clause.id


@pytest.mark.parametrize("key", [m.key for m in EDITION.measures.values()])
def test_every_measure_has_its_rights_to_settle_and_its_supervision(key):
    assert {"rights", "supervision"} <= {d.key for d in duties_of(EDITION, key)}


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [(date(2025, 1, 31), 1, date(2025, 2, 28)), (date(2024, 1, 31), 1, date(2024, 2, 29)),
     (date(2025, 11, 30), 3, date(2026, 2, 28)), (date(2025, 6, 18), 12, date(2026, 6, 18)),
     (date(2025, 12, 1), 1, date(2026, 1, 1))],
)  # fmt: skip
def test_months_end_on_the_last_day_where_the_month_is_shorter(day, months, expected):
    assert add_months(day, months) == expected


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 60))
def test_a_later_month_is_the_month_asked_for(day, months):
    found = add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day <= day.day


def test_wetland_quality_is_due_three_months_after_completion_and_after_each_test():
    quality = DUTY["wetland_quality"]
    built = date(2025, 6, 18)
    assert next_due(quality, built) == date(2025, 9, 18)
    assert next_due(quality, built, [date(2025, 9, 25)]) == date(2025, 12, 25)
    assert due_dates(quality, built, date(2026, 6, 18)) == [
        date(2025, 9, 18), date(2025, 12, 18), date(2026, 3, 18), date(2026, 6, 18),
    ]  # fmt: skip
    assert next_due(quality, None) is None


def test_the_end_of_january_does_not_drift():
    level = DUTY["wetland_level"]
    assert due_dates(level, date(2025, 1, 31), date(2025, 4, 1)) == [date(2025, 2, 28), date(2025, 3, 31)]


def test_after_rain_a_check_dam_is_due_within_three_days_until_a_round_follows():
    rain = DUTY["after_rain"]
    built = date(2025, 5, 1)
    assert next_due(rain, built) is None
    assert next_due(rain, built, rain=[date(2025, 7, 10), date(2025, 7, 20)]) == date(2025, 7, 13)
    assert next_due(rain, built, [date(2025, 7, 12)], [date(2025, 7, 10)]) is None
    assert next_due(rain, built, [date(2025, 7, 12)], [date(2025, 7, 10), date(2025, 7, 20)]) == date(
        2025, 7, 23
    )


def test_a_card_puts_what_is_late_first_and_names_what_is_missing():
    holder = Holder(owner="清源村", manager="李工", completed=date(2025, 1, 1))
    found = card(EDITION, "w1", "constructed_wetland", holder, date(2025, 3, 20),
                 [Round("rights", date(2025, 1, 2)), Round("wetland_level", date(2025, 3, 1))])  # fmt: skip
    states = {t.duty.key: t.state for t in found.tasks}
    assert states["rights"] == DONE
    assert states["wetland_level"] == states["wetland_quality"] == DUE  # 1 April
    assert states["plan"] == WAITING
    assert [p.code for p in found.missing] == ["QL-PLAN-NOUSER", "QL-PLAN-NOFUNDSOURCE"]
    late = card(EDITION, "w1", "constructed_wetland", holder, date(2025, 4, 2))
    assert late.tasks[0].state == OVERDUE
    dues = [t.due for t in late.tasks if t.state == OVERDUE]
    assert dues == sorted(dues)


def test_a_measure_that_is_not_finished_has_no_dates():
    found = card(EDITION, "t", "terrace", Holder("a", "b", "c"), date(2025, 1, 1))
    assert {t.state for t in found.tasks} == {WAITING}
    assert found.missing == ()


def test_an_edition_whose_duty_lacks_its_interval_or_names_nothing_is_refused(tmp_path):
    import shutil

    from qingliu.core.errors import EditionError

    folder = tmp_path / "wrong"
    shutil.copytree(EDITION.folder, folder)
    text = (folder / "maintenance.yaml").read_text(encoding="utf-8")
    text = text.replace("  interval_months: 12\n", "", 1).replace(
        "measures: [village_greening]", "measures: [castle]"
    )
    (folder / "maintenance.yaml").write_text(text.replace("clause: 8.7.1", "clause: 8.9.9"), encoding="utf-8")
    with pytest.raises(EditionError) as caught:
        load_edition(folder)
    assert [(p.code, p.facts["key"].split(".", 1)[1]) for p in caught.value.problems] == [
        ("QL-STD-MISSING", "interval_months"), ("QL-STD-NOREFERENCE", "clause"),
        ("QL-STD-NOREFERENCE", "measures[1]"),
    ]  # fmt: skip


# -- boards -----------------------------------------------------------------


def test_a_notice_board_says_what_8_5_2_wants_and_escapes_it():
    facts = BoardFacts("清源<站>", "A²/O", "50 m³/d", "一级 B", "王工")
    found = notice_board(facts)
    assert found.missing == ()
    assert all(part in found.html for part in ("A²/O", "50 m³/d", "一级 B", "王工", "清源&lt;站&gt;"))


@pytest.mark.parametrize("field", ["name", "process", "capacity", "effluent", "person"])
def test_a_notice_board_leaves_a_line_for_what_is_missing_and_names_it(field):
    known = {"name": "n", "process": "p", "capacity": "c", "effluent": "e", "person": "m"}
    found = notice_board(BoardFacts(**{**known, field: ""}))
    assert [p.facts["field"] for p in found.missing] == [field]
    assert found.html.count(BLANK) == 1


@pytest.mark.parametrize(
    ("zh", "words"), [(True, "生态清洁小流域"), (False, "Ecological-clean small watershed")]
)
def test_a_sign_board_names_the_watershed_and_its_measures(zh, words):
    found = sign_board(SignFacts("清源河小流域", measures=("梯田 12.3 hm²", "谷坊 8 座")), zh)
    assert words in found.html and "清源河小流域" in found.html
    assert "梯田 12.3 hm²" in found.html
    assert "Telephone" not in found.html and "电话" not in found.html
