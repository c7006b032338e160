"""Base maps of a sheet: the most detailed counts, the coarsest that is needed decides (4.1.3)."""

from __future__ import annotations

import pytest

pytest.importorskip("shapely")

from qingliu.core.mapsheets.bases import (
    COARSE,
    NO_SCALE,
    NONE,
    OK,
    PARTLY,
    Base,
    covering,
    date_of,
    scale_of,
)
from qingliu.core.planar import ShapelyPlanar
from shapely.geometry import box

PART = box(0, 0, 10, 10)
ALL, LEFT, RIGHT = box(-1, -1, 11, 11), box(-1, -1, 5, 11), box(5, -1, 11, 11)


def base(shape, scale, date=None, fid=1):
    return Base(shape, scale, date, f"map {fid}", fid)


def covered(*bases):
    return covering(PART, bases, 10_000, ShapelyPlanar())


@pytest.mark.parametrize(
    ("bases", "state", "scale", "share"),
    [
        ([], NONE, None, 0.0),
        ([base(ALL, 10_000)], OK, 10_000, 1.0),
        ([base(ALL, 5000)], OK, 5000, 1.0),
        ([base(ALL, 25_000)], COARSE, 25_000, 1.0),
        ([base(ALL, 25_000, fid=1), base(ALL, 10_000, fid=2)], OK, 10_000, 1.0),
        ([base(ALL, 25_000, fid=1), base(LEFT, 10_000, fid=2)], COARSE, 25_000, 1.0),
        ([base(LEFT, 10_000, fid=1), base(RIGHT, 5000, fid=2)], OK, 10_000, 1.0),
        ([base(LEFT, 10_000)], PARTLY, 10_000, 0.5),
        ([base(box(20, 20, 30, 30), 10_000)], NONE, None, 0.0),
        ([base(ALL, None)], NO_SCALE, None, 1.0),
        ([base(LEFT, 10_000, fid=1), base(ALL, None, fid=2)], NO_SCALE, 10_000, 1.0),
        ([base(ALL, 10_000, fid=1), base(ALL, None, fid=2)], OK, 10_000, 1.0),
        ([base(LEFT, 50_000, fid=1), base(RIGHT, None, fid=2)], COARSE, 50_000, 1.0),
    ],
    ids=[
        "no map", "1:10 000", "more detailed", "coarser alone", "coarser beside a full one",
        "coarser where the better ends", "two halves", "half bare", "a map elsewhere", "scale unknown",
        "unknown where the better ends", "unknown under a full one", "coarse outweighs unknown",
    ],
)  # fmt: skip
def test_state_scale_and_share_of_the_base_maps(bases, state, scale, share):
    found = covered(*bases)
    assert (found.state, found.scale) == (state, scale)
    assert found.share == pytest.approx(share)


def test_a_gap_of_a_thousandth_is_the_noise_of_two_frames():
    assert covered(base(box(0.009, 0, 10, 10), 10_000)).state == OK
    assert covered(base(box(0.011, 0, 10, 10), 10_000)).state == PARTLY


def test_of_two_maps_of_a_scale_the_newer_counts():
    found = covered(base(ALL, 10_000, "1998", 1), base(ALL, 10_000, "2019-05-01", 2))
    assert found.date == "2019-05-01"
    assert [b.fid for b in found.used] == [2]


def test_the_date_of_several_maps_is_that_of_the_oldest():
    found = covered(base(LEFT, 10_000, "2019", 1), base(RIGHT, 10_000, "1998-03", 2))
    assert found.date == "1998-03"


def test_a_dated_map_goes_before_one_without_a_date():
    assert covered(base(ALL, 10_000, None, 1), base(ALL, 10_000, "1970", 2)).date == "1970"


@pytest.mark.parametrize(
    ("value", "scale"),
    [(10000, 10_000), (10000.0, 10_000), ("10000", 10_000), ("1:10000", 10_000), ("1：10 000", 10_000),
     ("1:1万", 10_000), ("1/25000", 25_000), ("1:2.5万", 25_000), ("10,000", 10_000), (None, None), ("", None)],
)  # fmt: skip
def test_scales_as_people_write_them(value, scale):
    assert scale_of(value) == scale


@pytest.mark.parametrize("value", [0, -10000, 0.0001, "G", "1:10000.5", "1:0", "nan", "inf", True])
def test_what_is_no_scale_is_refused(value):
    with pytest.raises(ValueError, match=r".*"):
        scale_of(value)


@pytest.mark.parametrize(
    ("value", "date"),
    [("2023-11-05", "2023-11-05"), ("2023", "2023"), (2023, "2023"), ("2023/3", "2023-03"),
     ("2023年3月5日", "2023-03-05"), ("2023-11-05T00:00:00", "2023-11-05"),
     ("20231105", "2023-11-05"), ("2023-11-31", "2023-11"), ("2023-13-01", "2023"), ("20260", None),
     ("unknown", None), (None, None), ("0000-00-00", None), ("二〇二三年五月", "2023-05"),
     ("二〇二三年十一月二十三日", "2023-11-23"), ("二零二三年十月十日", "2023-10-10"), ("去年", None), (45000.5, None)],
)  # fmt: skip
def test_dates_as_far_as_they_go(value, date):
    assert date_of(value) == date
