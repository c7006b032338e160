"""C.8 on lines small enough to work out by hand, and what no way of drawing them may change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.errors import InputError
from qingliu.core.shoreline import (
    CLASSES,
    ECOLOGICAL,
    HARD,
    LEFT,
    NATURAL,
    OVER_100,
    RIGHT,
    UNCLASSIFIED,
    Bank,
    Channel,
    Lengths,
    Limit,
    Reach,
    Shore,
    banks_of_lines,
    banks_of_polygons,
    class_values,
    shares,
    side_of,
    survey_shore,
    tell_sides,
    verdict,
)
from qingliu.core.shoreline.generation import offset_line

pytest.importorskip("shapely")


def line(*points):
    return np.array(points, dtype=float)


def bank(fid, points, kind=NATURAL, river="", side=None):
    return Bank(fid, line(*points), kind, river, side)


def codes(survey):
    return [f.problem.code for f in survey.findings]


RIVER = [
    bank(1, [(0, 5), (300, 5)], NATURAL, side=LEFT),
    bank(2, [(300, 5), (500, 5)], ECOLOGICAL, side=LEFT),
    bank(3, [(0, -5), (400, -5)], HARD, side=RIGHT),
    bank(4, [(400, -5), (500, -5)], UNCLASSIFIED, side=RIGHT),
]
WHOLE = [Reach(line((0, 0), (500, 0)))]


def test_hand_worked_five_hundred_metres_both_banks():
    total = survey_shore(RIVER, WHOLE).total
    assert {k: total.treated[k] for k in CLASSES} == {
        NATURAL: 300.0,
        ECOLOGICAL: 200.0,
        HARD: 400.0,
        UNCLASSIFIED: 100.0,
    }
    assert total.ratio == 50.0
    assert total.bounds == (50.0, 60.0)


def test_numerator_and_denominator_stand_on_the_same_treated_reaches():
    total = survey_shore(RIVER, [Reach(line((0, 0), (200, 0)))]).total
    assert total.treated.total == 400.0  # 200 m of each bank, nothing beyond the reach's ends
    assert (total.treated[NATURAL], total.treated[HARD]) == (200.0, 200.0)
    assert total.ratio == 50.0
    assert total.ratio_all == 50.0


def test_printed_reading_above_one_hundred_is_an_error_and_nothing_is_capped():
    survey = survey_shore(RIVER, [Reach(line((0, 0), (200, 0)))])
    assert survey.total.ratio_printed == 125.0  # 500 m everywhere over 400 m treated
    assert survey.total.error == OVER_100
    assert survey.total.ratio == 50.0
    assert [f.severity for f in survey.findings if f.problem.code == OVER_100] == ["error"]


def test_printed_reading_of_exactly_one_hundred_is_no_error():
    survey = survey_shore(RIVER, [Reach(line((0, 0), (250, 0)))])
    assert survey.total.ratio_printed == 100.0
    assert survey.total.error is None


def test_reaches_in_pieces_count_as_one_and_bends_between_them_lose_nothing():
    bend = [
        bank(1, [(0, 10), (90, 10), (90, 100)], side=LEFT),
        bank(2, [(0, -10), (110, -10), (110, 100)], side=RIGHT),
    ]
    pieces = [Reach(line((0, 0), (100, 0))), Reach(line((100, 0), (100, 100)))]
    assert survey_shore(bend, pieces).total.treated.total == pytest.approx(180 + 220)


def test_a_reach_of_one_river_does_not_treat_the_bank_of_another_beside_it():
    banks = [
        bank(1, [(0, 5), (100, 5)], river="A", side=LEFT),
        bank(2, [(0, 20), (100, 20)], river="B", side=LEFT),
    ]
    survey = survey_shore(banks, [Reach(line((0, 0), (100, 0)), "A")])
    treated = {s.river: s.treated.total for s in survey.rivers}
    assert treated == {"A": 100.0, "B": 0.0}


@pytest.mark.parametrize("tolerance", [0.0, 0.5, 2.0], ids=str)
@pytest.mark.parametrize("told", ["field", "geometry", "untold"])
def test_two_banks_of_a_one_metre_ditch_are_never_duplicates(tolerance, told):
    left, right = line((0, 0.5), (100, 0.5)), line((100, -0.5), (0, -0.5))
    sides = {"field": [LEFT, RIGHT], "untold": [None, None]}.get(told) or tell_sides(
        [left, right], [line((0, 0), (100, 0))]
    )
    banks = [Bank(1, left, HARD, side=sides[0]), Bank(2, right, NATURAL, side=sides[1])]
    survey = survey_shore(banks, None, tolerance_m=tolerance)
    assert survey.total.everywhere.total == 200.0
    assert codes(survey) == []


@pytest.mark.parametrize(
    ("offset", "sides", "rivers", "counts"),
    [
        (0.4, (LEFT, LEFT), ("A", "A"), 100.0),
        (0.6, (LEFT, LEFT), ("A", "A"), 200.0),
        (0.4, (LEFT, LEFT), ("A", "B"), 200.0),
        (0.4, (LEFT, RIGHT), ("A", "A"), 200.0),
        (0.0, (LEFT, RIGHT), ("A", "A"), 200.0),
        (0.4, (None, None), ("A", "A"), 200.0),
        (0.009, (None, None), ("A", "A"), 100.0),
        (0.011, (None, None), ("A", "A"), 200.0),
        (0.009, (LEFT, None), ("A", "A"), 100.0),
    ],
    ids=lambda v: str(v),
)
def test_drawn_twice_only_on_the_same_river_and_side_or_within_a_centimetre(offset, sides, rivers, counts):
    banks = [
        bank(1, [(0, 0), (100, 0)], river=rivers[0], side=sides[0]),
        bank(2, [(100, offset), (0, offset)], river=rivers[1], side=sides[1]),
    ]
    survey = survey_shore(banks)
    assert survey.total.everywhere.total == pytest.approx(counts, abs=1e-3)
    assert ("QL-BANK-DUPLICATE" in codes(survey)) == (counts == 100.0)


def test_overlap_counts_once_and_is_reported_with_its_length():
    banks = [bank(7, [(0, 0), (60, 0)], side=LEFT), bank(8, [(40, 0), (100, 0)], side=LEFT)]
    survey = survey_shore(banks)
    assert survey.total.everywhere.total == 100.0
    (finding,) = survey.findings
    assert (finding.problem.code, finding.fids, finding.length_m) == (
        "QL-BANK-OVERLAP",
        (7, 8),
        pytest.approx(20.0),
    )


def test_bank_drawn_three_times_counts_once():
    banks = [bank(n, [(0, 0), (30, 40)], side=LEFT) for n in range(3)]
    assert survey_shore(banks).total.everywhere.total == 50.0


def test_stretch_with_two_classes_is_unclassified_and_an_error():
    banks = [bank(1, [(0, 0), (100, 0)], NATURAL, side=LEFT), bank(2, [(50, 0), (100, 0)], HARD, side=LEFT)]
    survey = survey_shore(banks)
    found = survey.total.everywhere
    assert (found[NATURAL], found[UNCLASSIFIED], found[HARD]) == (50.0, 50.0, 0.0)
    assert "QL-BANK-CONFLICT" in codes(survey)


def test_unclassified_line_on_a_classified_one_takes_its_class():
    banks = [
        bank(1, [(0, 0), (100, 0)], NATURAL, side=LEFT),
        bank(2, [(0, 0), (100, 0)], UNCLASSIFIED, side=LEFT),
    ]
    survey = survey_shore(banks)
    assert survey.total.everywhere[NATURAL] == 100.0
    assert codes(survey) == ["QL-BANK-DUPLICATE"]


def test_zero_length_and_dangling_lines_are_found():
    banks = [
        bank(1, [(5, 5), (5, 5)], side=LEFT),
        bank(2, [(0, 0), (100, 0)], side=LEFT),
        bank(3, [(100.3, 0.2), (200, 0.2)], side=LEFT),
    ]
    survey = survey_shore(banks)
    assert codes(survey) == ["QL-BANK-ZERO", "QL-BANK-DANGLING", "QL-BANK-DANGLING"]
    assert survey.total.everywhere.total == pytest.approx(199.7)


@pytest.mark.parametrize(
    ("counting", "unclassified", "hard", "state"),
    [
        (69.9, 0.0, 30.1, "fail"),
        (70.0, 0.0, 30.0, "pass"),
        (70.1, 0.0, 29.9, "pass"),
        (65.0, 5.0, 30.0, "unproven"),
        (65.0, 4.9, 30.1, "fail"),
        (70.0, 30.0, 0.0, "pass"),
        (0.0, 100.0, 0.0, "unproven"),
    ],
)
def test_verdict_holds_only_if_it_holds_for_both_bounds(counting, unclassified, hard, state):
    lengths = Lengths({NATURAL: counting, UNCLASSIFIED: unclassified, HARD: hard})
    assert verdict(Shore("", None, lengths, lengths), Limit(">=", 70.0)) == state


def test_verdict_without_treated_reaches_or_without_a_limit_is_unproven():
    lengths = Lengths({NATURAL: 100.0})
    assert verdict(Shore("", None, lengths, None), Limit(">=", 70.0)) == "unproven"
    assert verdict(Shore("", None, lengths, lengths), None) == "unproven"


def test_river_without_treated_reaches_is_not_asked_while_the_watershed_must_prove_it():
    lengths = Lengths({NATURAL: 100.0})
    assert verdict(Shore("A", None, lengths, Lengths()), Limit(">=", 70.0)) == "not_applicable"
    assert verdict(Shore("", None, lengths, Lengths()), Limit(">=", 70.0)) == "unproven"


def test_softened_hard_bank_may_count_and_says_so():
    values = class_values("自然", "人工生态，硬质（已柔化美化）", "硬质")
    assert values.kind(" 硬质(已柔化美化) ") == ECOLOGICAL
    assert values.is_softened("硬质（已柔化美化）")
    assert not values.is_softened("人工生态")
    assert values.kind("硬质") == HARD
    assert values.kind(None) == UNCLASSIFIED
    assert values.kind("木桩") is None


def test_value_in_two_lists_is_refused():
    with pytest.raises(InputError, match="QL-BANK-TWICE"):
        class_values("自然", "自然", "硬质")


@pytest.mark.parametrize(
    ("value", "side"), [("左岸", LEFT), ("R", RIGHT), ("Left ", LEFT), ("", None), (3, None)]
)
def test_sides_as_people_write_them(value, side):
    assert side_of(value) == side


def test_side_is_told_by_the_nearest_channel_seen_downstream():
    north, south = line((0, 10), (100, 10)), line((100, -10), (0, -10))
    crossing, on_it = line((50, -20), (50, 20)), line((0, 0), (100, 0))
    east, west = [line((0, 0), (100, 0))], [line((100, 0), (0, 0))]
    assert tell_sides([north, south, crossing, on_it], east) == [LEFT, RIGHT, None, None]
    assert tell_sides([north, south], west) == [RIGHT, LEFT]
    assert tell_sides([line((0, 900), (100, 900))], east) == [None]


# -- generated banks ---------------------------------------------------------


def test_straight_channel_has_two_banks_of_its_length_half_its_width_away():
    found = banks_of_lines([Channel(line((0, 0), (100, 0)), 6.0)])
    assert [(b.side, b.length_m, b.kind) for b in found] == [
        (LEFT, pytest.approx(100.0), UNCLASSIFIED),
        (RIGHT, pytest.approx(100.0), UNCLASSIFIED),
    ]
    assert {float(y) for y in found[0].line[:, 1]} == {3.0}
    assert {float(y) for y in found[1].line[:, 1]} == {-3.0}


def test_right_angle_bend_is_longer_outside_and_shorter_inside():
    found = {b.side: b.length_m for b in banks_of_lines([Channel(line((0, 0), (100, 0), (100, 100)), 4.0)])}
    assert found[LEFT] == pytest.approx(2 * 98.0, abs=0.01)
    assert found[RIGHT] == pytest.approx(2 * 102.0, abs=0.01)


def test_confluence_is_open_and_no_bank_lies_in_the_water():
    main, side = Channel(line((0, 0), (200, 0)), 6.0), Channel(line((100, 80), (100, 0)), 2.0)
    found = banks_of_lines([main, side])
    by = {}
    for b in found:
        by.setdefault((b.side, round(b.line[:, 1].max())), []).append(b.length_m)
    assert sum(by[LEFT, 3]) == pytest.approx(198.0, abs=0.02)  # open where the brook comes in
    assert sum(by[RIGHT, -3]) == pytest.approx(200.0)
    assert sum(by[LEFT, 80]) == pytest.approx(77.0, abs=0.02)
    assert sum(by[RIGHT, 80]) == pytest.approx(77.0, abs=0.02)


def test_hairpin_narrower_than_the_water_leaves_no_loops():
    import shapely.geometry as g

    xy = line((0, 0), (100, 0), (100, 3), (0, 3))
    found = banks_of_lines([Channel(xy, 10.0)])
    water = g.LineString(xy).buffer(4.9, cap_style=2)
    for b in found:
        assert g.LineString(b.line).is_simple
        assert not g.LineString(b.line).crosses(water)


def test_channel_in_pieces_gives_the_banks_of_the_whole_one():
    whole = [Channel(line((0, 0), (60, 10), (100, 40)), 5.0)]
    cut = [Channel(line((60, 10), (100, 40)), 5.0), Channel(line((0, 0), (60, 10)), 5.0)]
    assert sorted(b.length_m for b in banks_of_lines(cut)) == sorted(
        b.length_m for b in banks_of_lines(whole)
    )


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=8, unique=True),
    st.sampled_from([1.0, 4.0, 9.0]),
)
def test_generated_banks_never_lie_in_the_water_whatever_the_channel(points, width):
    import shapely.geometry as g

    xy = line(*points)
    water = g.LineString(xy).buffer(width / 2 - 0.01, 32, cap_style=2)
    for b in banks_of_lines([Channel(xy, width)]):
        assert g.LineString(b.line).intersection(water).length < 1e-6
        assert g.LineString(b.line).distance(g.LineString(xy)) <= width  # mitres reach at most twice the half


def test_offset_of_a_straight_line_is_exact():
    moved = offset_line(line((0, 0), (3, 4)), 5.0)
    assert np.allclose(moved, [(-4, 3), (-1, 7)])


def test_river_polygon_has_two_shores_without_its_end_edges():
    import shapely.geometry as g

    river = g.Polygon([(0, 0), (100, 0), (200, 10), (200, 20), (100, 10), (0, 10)])
    found, warnings = banks_of_polygons([(river.wkb, "A", 5, None)], [line((0, 5), (200, 15))])
    side_length = 100 + np.hypot(100, 10)
    assert sorted((b.side, round(b.length_m, 6)) for b in found) == [
        (LEFT, round(side_length, 6)),
        (RIGHT, round(side_length, 6)),
    ]
    assert warnings == []


def test_river_polygon_without_a_guide_has_banks_of_unknown_side_and_says_so():
    import shapely.geometry as g

    found, warnings = banks_of_polygons([(g.box(0, 0, 100, 4).wkb, "", 1, None)])
    assert [b.side for b in found] == [None, None]
    assert [w.code for w in warnings] == ["QL-BANK-NOSIDE"]
    assert sum(b.length_m for b in found) == pytest.approx(200.0)


# -- invariants --------------------------------------------------------------

coordinates = st.tuples(st.integers(0, 200), st.integers(0, 200))
drawn = st.lists(
    st.tuples(
        st.lists(coordinates, min_size=2, max_size=5, unique=True),
        st.sampled_from(CLASSES),
        st.sampled_from(["A", "B"]),
        st.sampled_from([LEFT, RIGHT, None]),
    ),
    min_size=1,
    max_size=6,
)


def banks_from(rows):
    return [Bank(n, line(*p), k, r, s) for n, (p, k, r, s) in enumerate(rows)]


def sums(banks, reaches=None):
    total = survey_shore(banks, reaches).total
    return [total.everywhere.by_class.get(k, 0.0) for k in CLASSES]


@given(drawn)
def test_the_four_classes_add_up_to_the_bank_counted_and_never_exceed_what_was_drawn(rows):
    banks = banks_from(rows)
    survey = survey_shore(banks, [Reach(line((0, 100), (200, 100)))])
    total = survey.total
    for lengths in (total.everywhere, total.treated):
        assert sum(lengths[k] for k in CLASSES) == pytest.approx(lengths.total, abs=1e-6)
    assert total.everywhere.total <= sum(b.length_m for b in banks) + 0.01
    assert total.treated.total <= total.everywhere.total + 1e-6
    assert sum(r.everywhere.total for r in survey.rivers) == pytest.approx(total.everywhere.total, abs=0.01)
    assert sum(s.everywhere.total for s in survey.sides) == pytest.approx(total.everywhere.total, abs=0.01)


@given(drawn, st.randoms(use_true_random=False))
def test_order_and_direction_of_drawing_change_nothing(rows, random):
    banks = banks_from(rows)
    turned = [b._replace(line=b.line[::-1]) if random.random() < 0.5 else b for b in banks]
    random.shuffle(turned)
    assert sums(turned) == pytest.approx(sums(banks), abs=1e-6)


@given(drawn, st.integers(0, 5), st.floats(0.05, 0.95))
def test_cutting_a_line_changes_nothing(rows, which, share):
    banks = banks_from(rows)
    chosen = banks[which % len(banks)]
    a, b = chosen.line[0], chosen.line[1]
    at = a + (b - a) * share
    halves = [
        chosen._replace(line=np.vstack([a, at])),
        chosen._replace(line=np.vstack([at, chosen.line[1:]])),
    ]
    rest = [b for b in banks if b is not chosen]
    assert sums([*rest, *halves]) == pytest.approx(sums(banks), abs=1e-3)


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0.001, 1e4))
def test_both_bounds_lie_between_nothing_and_all_and_differ_by_the_unclassified(
    natural, ecological, unclassified, hard
):
    low, high = shares(
        Lengths({NATURAL: natural, ECOLOGICAL: ecological, HARD: hard, UNCLASSIFIED: unclassified})
    )
    if low is not None:
        assert 0 <= low <= high <= 100
