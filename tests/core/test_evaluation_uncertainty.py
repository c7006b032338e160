"""Intervals that hold what they promise: coverage on data whose error is known, and hand-worked errors."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from qingliu.core.evaluation import EvaluationInput, Figure, evaluate
from qingliu.core.evaluation.uncertainty import (
    Accuracy,
    breaks_sd,
    cell_accuracy,
    class_sd,
    outline_sd,
    together,
)

RUNS = 400
LEAST, MOST = 0.91, 0.985  # 95 % of 400 runs, four standard errors of the count either way


def interval(number, figures):
    made = {k: Figure(v, sd=sd, source="layer", year=2025) for k, (v, sd) in figures.items()}
    row = evaluate(EvaluationInput(date=dt.date(2025, 9, 30), figures=made), ["livable"]).row(
        "livable", number
    )
    return row.value_num, row.low, row.high


def coverage(run, truth):
    """Share of runs whose interval holds the truth."""
    random = np.random.default_rng(534)
    return sum(low <= truth <= high for _, low, high in (run(random) for _ in range(RUNS))) / RUNS


def test_errors_by_hand():
    assert outline_sd(10_000, Accuracy(5, 100)) == 5000
    assert class_sd([1.0] * 100, [1.0] * 300, 0.1) == pytest.approx(
        math.sqrt(100 * 0.09 + 300 * (1 / 30) * (29 / 30))
    )
    assert breaks_sd(9, Accuracy(2)) == 6
    assert together(3, 4) == 5
    assert cell_accuracy(30).line_m == pytest.approx(8.66, abs=0.01)
    assert not Accuracy().stated


def test_without_a_stated_error_there_is_no_interval():
    assert interval(13, {"a_vg1": (300, 0), "a_vg2": (0, 0), "a_v": (1000, 0)})[1:] == (None, None)


def test_interval_of_c_1_covers_land_whose_outline_is_off_by_a_known_error():
    """A belt 2 km long, 400 m wide in 10 km²; both edges off by 10 m on their own every 50 m."""
    accuracy, length = Accuracy(10, 50), 2000
    steps = length // 50

    def run(random):
        widths = 400 + random.normal(0, 10, steps) + random.normal(0, 10, steps)
        eroded = float((widths * 50).sum()) / 1e4
        return interval(
            1, {"eroded_area": (eroded, outline_sd(2 * length, accuracy) / 1e4), "total_area": (1000, 0)}
        )

    assert LEAST <= coverage(run, (1 - 80 / 1000) * 100) <= MOST


@pytest.mark.parametrize("number", [1, 2])
def test_interval_of_c_1_and_c_2_covers_parcels_of_which_a_known_share_is_classed_wrong(number):
    sizes = np.random.default_rng(1).lognormal(1.0, 0.6, 600)
    member = np.arange(600) % 10 < 4
    inside, total, share = float(sizes[member].sum()), float(sizes.sum()), 0.08
    other = share * inside / (total - inside)
    names = {1: "eroded_area", 2: "vegetated_area"}

    def run(random):
        wrong = random.random(600) < np.where(member, share, other)
        seen = member ^ wrong
        area, sd = float(sizes[seen].sum()), class_sd(sizes[seen].tolist(), sizes[~seen].tolist(), share)
        return interval(number, {names[number]: (area, sd), "total_area": (total, 0)})

    truth = 100 * inside / total
    assert LEAST <= coverage(run, 100 - truth if number == 1 else truth) <= MOST


def test_interval_of_c_7_covers_lawns_and_ground_both_off_by_a_known_error():
    """Forty lawns of 20 m by 10 m on 8 000 m² of ground around them, edges off by 0.5 m side by side."""
    truth = 100 * 40 * 200 / 40_000
    accuracy = Accuracy(0.5, 15)  # each side on its own: 20, 20, 10 and 10 m, 15 m in the mean

    def run(random):
        sides = random.normal(0, 0.5, (40, 4))
        green = float((200 + 20 * (sides[:, 0] + sides[:, 1]) + 10 * (sides[:, 2] + sides[:, 3])).sum())
        ground = 40_000 + float(200 * random.normal(0, 0.5, 4).sum())
        errors = outline_sd(40 * 60, accuracy), outline_sd(800, Accuracy(0.5, 200))
        return interval(13, {"a_vg1": (green, errors[0]), "a_vg2": (0, 0), "a_v": (ground, errors[1])})

    assert LEAST <= coverage(run, truth) <= MOST


def test_interval_of_c_8_covers_banks_whose_breaks_are_off_by_a_known_error():
    """5 km of bank, a break every 100 m, each off by 12 m: every second piece counts."""
    accuracy = Accuracy(12)

    def run(random):
        breaks = np.arange(100, 5000, 100) + random.normal(0, 12, 49)
        ends = np.concatenate([[0], breaks, [5000]])
        counts = float(np.diff(ends)[::2].sum())
        sd = breaks_sd(49, accuracy)
        figures = {
            "natural_bank": (counts, sd),
            "artificial_ecological_bank": (0, 0),
            "treated_bank_total": (5000, 0),
        }
        return interval(17, figures)

    assert LEAST <= coverage(run, 50.0) <= MOST


def test_interval_of_cells_covers_a_field_of_unknown_place_on_the_grid():
    """A circle of 300 m radius counted on 20 m cells laid anywhere."""
    accuracy = cell_accuracy(20)
    truth = math.pi * 300**2 / 1e4

    def run(random):
        shift = random.random(2) * 20
        x, y = np.meshgrid(np.arange(-400, 401, 20) + shift[0], np.arange(-400, 401, 20) + shift[1])
        area = float(((x**2 + y**2) <= 300**2).sum()) * 400 / 1e4
        sd = outline_sd(2 * math.pi * 300, accuracy) / 1e4
        return interval(2, {"vegetated_area": (area, sd), "total_area": (100, 0)})

    # cells along an outline are not independent of each other: the interval is on the safe side
    assert coverage(run, truth) >= LEAST
