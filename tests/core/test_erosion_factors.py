"""CSLE's factors by hand, their units, and what they refuse."""

from __future__ import annotations

import csv
import datetime
import math

import numpy as np
import pytest
from qingliu.core.erosion.factors import (
    area_length_factor,
    cover_factor,
    erodibility_epic,
    erosivity_xie,
    erosivity_zhang,
    length_exponent,
    length_factor,
    segment_length_factor,
    slope_factor,
)
from qingliu.core.erosion.loss import mean_modulus, per_hm2, per_km2, soil_loss, suspect_unit
from qingliu.core.errors import InputError


def _year(year, rain):
    """A calendar year of days, dry but for ``rain`` {"07-04": mm}."""
    days = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
    values = np.zeros(days.size)
    for date, mm in rain.items():
        values[days == np.datetime64(f"{year}-{date}")] = mm
    return days, values


def test_erosivity_of_two_equal_days_by_hand():
    found = erosivity_zhang(*_year(2001, {"07-02": 20.0, "07-15": 20.0, "08-01": 11.9}))
    beta = 0.8363 + 18.144 / 20 + 24.455 / 40
    alpha = 21.586 * beta**-7.1891
    assert beta == pytest.approx(2.354875)
    assert found.annual == pytest.approx(2 * alpha * 20**beta)
    assert found.annual == pytest.approx(105.9, abs=0.05)
    assert found.half_months[12] == pytest.approx(found.annual)
    assert sum(v > 0 for v in found.half_months) == 1
    assert found.years == (2001,)
    assert found.warnings == ()


def test_erosivity_of_the_warm_and_the_cold_season_by_hand():
    found = erosivity_xie(*_year(2003, {"07-20": 50.0, "01-31": 50.0, "06-01": 9.99}))
    power = math.exp(1.7265 * math.log(50))
    assert found.half_months[13] == pytest.approx(0.3937 * power)
    assert found.half_months[1] == pytest.approx(0.3101 * power)
    assert found.annual == pytest.approx((0.3937 + 0.3101) * power)


def test_erosivity_is_the_mean_of_whole_years_and_names_the_years_left_out():
    one, two, part = (_year(y, {"07-20": 50.0}) for y in (2003, 2004, 2005))
    days = np.concatenate([one[0], two[0], part[0][:250]])
    rain = np.concatenate([one[1], two[1], part[1][:250]])
    rain[5] = np.nan
    found = erosivity_xie(days, rain)
    assert found.years == (2003, 2004)
    assert found.annual == pytest.approx(0.3937 * 50**1.7265)
    assert {w.code: dict(w.facts) for w in found.warnings} == {
        "QL-EROSION-RAINYEARS": {"years": "2005"},
        "QL-EROSION-RAINGAPS": {"days": 1},
    }


@pytest.mark.parametrize(
    ("code", "days", "rain"),
    [
        ("QL-EROSION-RAINSHORT", *(v[:200] for v in _year(2001, {"07-02": 20.0}))),
        ("QL-EROSION-NORAIN", *_year(2001, {})),
        ("QL-EROSION-NEGATIVE", *_year(2001, {"07-02": -99.0})),
        ("QL-EROSION-RAINTWICE", *(np.concatenate([v, v]) for v in _year(2001, {"07-02": 20.0}))),
        ("QL-EROSION-SHAPE", _year(2001, {})[0], np.zeros(3)),
    ],
)
@pytest.mark.parametrize("model", [erosivity_zhang, erosivity_xie])
def test_rain_that_gives_no_erosivity_is_refused(model, code, days, rain):
    with pytest.raises(InputError) as refused:
        model(days, rain)
    assert refused.value.code == code


def test_both_models_give_the_order_of_size_known_for_a_real_station(shared):
    with open(shared / "data" / "youwuzhen" / "pcp_daily.csv", encoding="utf-8-sig") as stream:
        rows = [r for r in csv.reader(stream) if r and r[0][:1].isdigit()]
    days = np.array(
        [datetime.datetime.strptime(r[0].split()[0], "%Y-%m-%d").date() for r in rows], "datetime64[D]"
    )
    rain = np.array([float(r[-1]) for r in rows])
    zhang, xie = erosivity_zhang(days, rain), erosivity_xie(days, rain)
    # Changting, Fujian: maps of China's erosivity show 6 000 to 12 000 MJ·mm/(hm²·h·a) there
    assert 4000 < zhang.annual < 16000
    assert 4000 < xie.annual < 16000
    assert max(zhang.half_months[6:16]) > 3 * max(zhang.half_months[22:])


def test_erodibility_of_a_loam_by_hand():
    k = float(erodibility_epic(30, 40, 30, 1))
    assert k == pytest.approx(0.389235 * 0.845450 * 0.920880 * 0.999987 * 0.1317, rel=1e-5)
    assert k == pytest.approx(0.0399, abs=5e-5)


def test_erodibility_of_pure_sand_is_nothing_and_of_unknown_soil_unknown():
    assert float(erodibility_epic(100, 0, 0, 0)) == 0.0
    assert np.isnan(erodibility_epic(np.nan, 40, 30, 1))


@pytest.mark.parametrize(
    "soil", [(0.3, 0.4, 0.3, 0.01), (30, 40, 20, 1), (110, -20, 10, 1), (30, 40, 30, -1)]
)
def test_texture_that_is_no_hundred_percent_is_refused(soil):
    with pytest.raises(InputError) as refused:
        erodibility_epic(*(np.array([v]) for v in soil))
    assert refused.value.code == "QL-EROSION-TEXTURE"


@pytest.mark.parametrize(
    ("slope", "by_hand"),
    [
        (0.0, 0.03),
        (4.0, 10.8 * 0.0697565 + 0.03),
        (5.0, 16.8 * 0.0871557 - 0.5),
        (10.0, 21.9 * 0.1736482 - 0.96),
        (30.0, 21.9 * 0.5 - 0.96),
    ],
)
def test_slope_factor_by_hand(slope, by_hand):
    assert float(slope_factor(np.array(slope))) == pytest.approx(by_hand, abs=1e-5)


@pytest.mark.parametrize(
    ("slope", "m"),
    [(0.5, 0.2), (1.0, 0.2), (1.1, 0.3), (3.0, 0.3), (3.1, 0.4), (5.0, 0.4), (5.1, 0.5), (40.0, 0.5)],
)
def test_length_exponent_grows_with_the_slope(slope, m):
    assert float(length_exponent(np.array(slope))) == m


def test_length_factor_by_hand():
    assert float(length_factor(np.array(4 * 22.13), np.array(20.0))) == pytest.approx(2.0)
    assert float(length_factor(np.array(22.13), np.array(2.0))) == pytest.approx(1.0)
    assert np.isnan(length_factor(np.array(10.0), np.array(np.nan)))


def test_the_pieces_of_a_slope_average_to_the_whole_slope():
    pieces = segment_length_factor(np.arange(10) * 10.0, np.full(10, 10.0), np.full(10, 12.0))
    assert pieces.mean() == pytest.approx(float(length_factor(np.array(100.0), np.array(12.0))))


def test_length_factor_from_drained_area_equals_that_of_slope_pieces_without_convergence():
    above = np.arange(8) * 10.0
    slope = np.full(8, 12.0)
    by_area = area_length_factor(above * 10.0, 10.0, slope, np.zeros(8))
    assert by_area == pytest.approx(segment_length_factor(above, np.full(8, 10.0), slope))


def test_length_factor_from_drained_area_by_hand():
    cell = 22.13
    got = area_length_factor(np.array([0.0, 3 * cell**2]), cell, np.full(2, 20.0))
    assert got == pytest.approx([1.0, 8 - 3**1.5])
    diagonal = area_length_factor(np.array([0.0]), cell, np.array([20.0]), np.array([45.0]))
    assert diagonal == pytest.approx([2**-0.25])
    assert area_length_factor(np.array([1e9]), cell, np.array([20.0]), longest_m=3 * cell) == pytest.approx(
        [8 - 3**1.5]
    )


@pytest.mark.parametrize(
    ("cover", "b"),
    [
        (0, 1.0),
        (0.05, 1.0),
        (10, 0.3072),
        (78.3, 0.6508 - 0.3436 * math.log10(78.3)),
        (78.4, 0.0),
        (100, 0.0),
    ],
)
def test_cover_factor_by_hand(cover, b):
    assert float(cover_factor(np.array(float(cover)))) == pytest.approx(b, abs=1e-12)


def test_soil_loss_is_the_product_in_tonnes_per_hectare():
    found = soil_loss(
        {"R": 5000.0, "K": np.array([0.03, np.nan]), "LS": np.array([2.0, 1.0]), "B": 0.1, "E": 1.0, "T": 1.0}
    )
    assert found.values[0] == pytest.approx(30.0)
    assert np.isnan(found.values[1])
    assert found.estimate
    assert found.warnings == ()
    assert per_km2(30.0) == 3000.0
    assert float(per_hm2(np.array(3000.0))) == 30.0


def test_factors_not_given_are_one_and_said_so():
    found = soil_loss({"R": 100.0, "K": 0.03, "LS": 1.0})
    assert [w.code for w in found.warnings] == ["QL-EROSION-FACTORONE"] * 3
    assert found.equation == "A = R · K · LS"


def test_all_faults_of_the_factors_come_in_one_list():
    with pytest.raises(InputError) as refused:
        soil_loss({"R": np.array([-1.0, 2.0]), "B": np.array([3.0]), "X": 1.0})
    assert [p.code for p in refused.value.problems] == [
        "QL-EROSION-FACTOR",
        "QL-EROSION-FACTOR",
        "QL-EROSION-UNKNOWNFACTOR",
        "QL-EROSION-NEGATIVE",
        "QL-EROSION-ABOVEONE",
        "QL-EROSION-SHAPE",
    ]
    assert "{" not in refused.value.text("zh") + refused.value.text("en")


def test_values_in_another_unit_are_suspected():
    assert [p.code for p in suspect_unit(np.array([2500.0, 3000.0]))] == ["QL-EROSION-UNIT"]
    assert suspect_unit(np.array([25.0, 30.0, np.nan])) == []
    assert suspect_unit(np.array([np.nan])) == []


def test_mean_modulus_is_weighted_by_area_and_in_tonnes_per_square_kilometre():
    assert mean_modulus(np.array([10.0, 40.0, np.nan]), np.array([2.0, 1.0, 5.0])) == pytest.approx(2000.0)
    assert mean_modulus(np.array([np.nan]), np.array([1.0])) is None
