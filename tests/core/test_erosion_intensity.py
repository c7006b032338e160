"""SL 190's grades: limits one by one, areas that add up, C.1 with and without gaps."""

from __future__ import annotations

import numpy as np
import pytest

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from qingliu.core.erosion.intensity import grade_gullies, grade_slope_and_cover, grade_soil_loss  # noqa: E402
from qingliu.core.erosion.scale import FaceTable, GullyTable, IntensityClass, IntensityScale  # noqa: E402
from qingliu.core.erosion.survey import (  # noqa: E402
    a3_row,
    area_by_class,
    conservation_rate,
    erosion_areas,
    gully_density,
)
from qingliu.core.erosion.tables import face_table, gully_table, intensity_scale  # noqa: E402
from qingliu.core.errors import EditionError, InputError  # noqa: E402
from qingliu.core.standard.edition import SHIPPED, Edition  # noqa: E402

# SL 190-2007 as printed, so that these tests do not lean on the data they check.
SCALE = IntensityScale(
    classes=tuple(
        IntensityClass(code, zh, en, lower)
        for code, zh, en, lower in (
            (1, "微度", "slight", 0.0),
            (2, "轻度", "light", None),
            (3, "中度", "moderate", 2500.0),
            (4, "强烈", "strong", 5000.0),
            (5, "极强烈", "very strong", 8000.0),
            (6, "剧烈", "severe", 15000.0),
        )
    ),
    tolerable={
        "loess": 1000.0,
        "northeast_black": 200.0,
        "north_rocky": 200.0,
        "south_red": 500.0,
        "southwest_rocky": 500.0,
    },
    eroded_from=2,
)
FACE = FaceTable(
    slopes=(5, 8, 15, 25, 35),
    covers=(30, 45, 60, 75),
    other_land=((3, 3, 4, 5, 6), (2, 3, 3, 4, 5), (2, 2, 3, 3, 4), (2, 2, 2, 3, 3)),
    cropland=(2, 3, 4, 5, 6),
    slight=1,
)
GULLY = GullyTable((2, 3, 4, 5, 6), (1, 2, 3, 5, 7), (0, 10, 25, 35, 50), 1)


@pytest.fixture(scope="module")
def edition():
    return Edition(SHIPPED / "slt534-draft2023")


def test_the_edition_holds_sl190_limits(edition):
    found = intensity_scale(edition)
    assert [c.zh for c in found.classes] == [c.zh for c in SCALE.classes]
    assert [c.lower for c in found.classes] == [c.lower for c in SCALE.classes]
    assert dict(found.tolerable) == dict(SCALE.tolerable)
    assert found.eroded() == (2, 3, 4, 5, 6)
    assert found.by_name("强烈").code == 4
    assert face_table(edition) == FACE
    assert gully_table(edition) == GULLY


def test_the_edition_equals_the_facts_it_was_made_from(edition, shared):
    import yaml

    facts = yaml.safe_load((shared / "standard" / "codelists.yaml").read_text(encoding="utf-8"))
    scale = intensity_scale(edition)
    names = {c.zh: c.code for c in scale.classes}
    printed = facts["face_erosion_matrix"]["non_cropland_cover_pct"]
    ours = dict(zip([0, 30, 45, 60], face_table(edition).other_land))
    assert {row["cover"][0]: tuple(names[n] for n in row["class"]) for row in printed} == ours
    assert {t["value"] for t in facts["erosion_intensity"]["tolerable"]} == set(scale.tolerable.values())


@pytest.mark.parametrize(
    ("region", "t_km2", "expected"),
    [
        ("loess", 999.9, 1),
        ("loess", 1000, 2),
        ("south_red", 499.9, 1),
        ("south_red", 500, 2),
        ("southwest_rocky", 500, 2),
        ("northeast_black", 199.9, 1),
        ("north_rocky", 200, 2),
        ("loess", 2499.9, 2),
        ("loess", 2500, 3),
        ("loess", 4999.9, 3),
        ("loess", 5000, 4),
        ("loess", 8000, 5),
        ("loess", 14999.9, 5),
        ("loess", 15000, 6),
        ("loess", 1e6, 6),
        ("loess", 0, 1),
    ],
)
def test_a_lower_limit_belongs_to_its_class_and_the_region_decides_slight_or_light(region, t_km2, expected):
    per_hm2 = np.array([t_km2 / 100])
    assert grade_soil_loss(per_hm2, SCALE, region).tolist() == [expected]
    assert grade_soil_loss(per_hm2.astype(np.float32), SCALE, region).tolist() == [expected]


def test_soil_loss_without_value_has_no_class():
    assert grade_soil_loss(np.array([[np.nan, 3.0]]), SCALE, "south_red").tolist() == [[0, 1]]


@pytest.mark.parametrize("region", [None, "", "south"])
def test_without_a_known_region_nothing_is_graded(region):
    with pytest.raises(InputError) as refused:
        grade_soil_loss(np.array([1.0]), SCALE, region)
    assert refused.value.code == "QL-EROSION-REGION"
    assert "south_red" in refused.value.text("zh")


def test_negative_soil_loss_is_refused_and_counted():
    with pytest.raises(InputError) as refused:
        grade_soil_loss(np.array([-1.0, 2.0, -9999.0]), SCALE, "loess")
    assert refused.value.problems[0].facts["count"] == 2


@pytest.mark.parametrize("slope", [0, 4.99, 5, 7.99, 8, 14.99, 15, 24.99, 25, 34.99, 35, 90])
@pytest.mark.parametrize("cover", [0, 29.9, 30, 44.9, 45, 59.9, 60, 74.9, 75, 100])
def test_slope_and_cover_read_like_the_printed_table(slope, cover):
    printed = {0: (3, 3, 4, 5, 6), 30: (2, 3, 3, 4, 5), 45: (2, 2, 3, 3, 4), 60: (2, 2, 2, 3, 3)}
    column = sum(slope >= s for s in (5, 8, 15, 25, 35)) - 1
    row = max(c for c in printed if cover >= c)
    expected = 1 if slope < 5 or cover >= 75 else printed[row][column]
    got = grade_slope_and_cover(np.array([slope]), np.array([False]), np.array([cover]), FACE)
    assert got.tolist() == [expected]


def test_cropland_is_graded_by_slope_alone():
    slopes = np.array([4.0, 5.0, 8.0, 15.0, 25.0, 35.0])
    crop = np.ones(6, bool)
    for cover in (None, np.full(6, 90.0), np.full(6, np.nan)):
        assert grade_slope_and_cover(slopes, crop, cover, FACE).tolist() == [1, 2, 3, 4, 5, 6]


def test_without_cover_steeper_other_land_has_no_class_and_gentle_land_is_slight():
    slopes = np.array([3.0, 20.0, 20.0, np.nan])
    crop = np.array([False, False, True, True])
    assert grade_slope_and_cover(slopes, crop, None, FACE).tolist() == [1, 0, 4, 0]
    gap = np.array([50.0, np.nan, 50.0, 50.0])
    assert grade_slope_and_cover(slopes, crop, gap, FACE).tolist() == [1, 0, 4, 0]


def test_exempt_cells_are_slight_whatever_their_slope():
    steep = np.full(2, 30.0)
    got = grade_slope_and_cover(steep, np.array([True, True]), None, FACE, np.array([True, False]))
    assert got.tolist() == [1, 5]


@pytest.mark.parametrize(
    ("code", "slope", "cover"),
    [
        ("QL-EROSION-SLOPE", [120.0], [50.0]),
        ("QL-EROSION-SLOPE", [-1.0], [50.0]),
        ("QL-EROSION-COVER", [10.0], [101.0]),
        ("QL-EROSION-COVER", [10.0], [-9999.0]),
        ("QL-EROSION-COVERFRACTION", [10.0], [0.7]),
        ("QL-EROSION-SHAPE", [10.0], [50.0, 60.0]),
    ],
)
def test_slope_and_cover_in_the_wrong_unit_are_refused(code, slope, cover):
    with pytest.raises(InputError) as refused:
        grade_slope_and_cover(np.array(slope), np.array([False]), np.array(cover), FACE)
    assert refused.value.code == code
    assert "{" not in refused.value.text("zh") + refused.value.text("en")


@given(st.floats(0, 90), st.floats(0, 90), st.integers(0, 100), st.integers(0, 100))
def test_steeper_or_barer_land_is_never_graded_milder(slope_a, slope_b, cover_a, cover_b):
    gentle, steep = sorted((slope_a, slope_b))
    bare, dense = sorted((cover_a, cover_b))

    def grade(slope, cover, crop=False):
        return int(grade_slope_and_cover(np.array([slope]), np.array([crop]), np.array([cover]), FACE)[0])

    assert grade(steep, dense) >= grade(gentle, dense)
    assert grade(gentle, bare) >= grade(gentle, dense)
    assert grade(steep, 50, True) >= grade(gentle, 50, True)


@pytest.mark.parametrize(
    ("density", "share", "expected"),
    [
        (0.5, None, 1),
        (1, None, 2),
        (2.9, None, 3),
        (7, None, 6),
        (0.0, 0.0, 1),
        (0.5, 2.0, 2),
        (5, 12, 5),
        (None, None, None),
    ],
)
def test_gullies_are_graded_by_the_graver_of_density_and_share(density, share, expected):
    assert grade_gullies(density, share, GULLY) == expected


def test_conservation_rate_by_hand():
    areas = erosion_areas({1: 680_000, 2: 60_000, 4: 50_000, 6: 10_000}, 800_000)
    rate = conservation_rate(areas, SCALE)
    assert (rate.value, rate.lower, rate.upper) == (85.0, 85.0, 85.0)
    assert rate.estimate


def test_land_without_a_class_leaves_the_rate_open_between_two_bounds():
    areas = erosion_areas({0: 999, 1: 640_000, 2: 120_000}, 800_000)
    rate = conservation_rate(areas, SCALE, estimate=False)
    assert rate.value is None
    assert (rate.lower, rate.upper) == (pytest.approx(80), pytest.approx(85))
    assert (rate.unknown_m2, rate.estimate) == (40_000, False)


def test_classes_that_cover_more_than_the_whole_are_refused_and_a_square_metre_in_50_km2_is_not():
    with pytest.raises(InputError) as refused:
        erosion_areas({1: 60e6}, 50e6)
    assert refused.value.code == "QL-EROSION-OVERLAP"
    assert erosion_areas({1: 50e6 + 0.9}, 50e6).unknown == 0
    assert erosion_areas({1: 50e6 - 0.9}, 50e6).unknown == 0


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), st.sampled_from([25.0, 900.0, 12.34]))
def test_class_areas_add_up_to_the_whole(codes, cell):
    classes = np.array(codes, dtype=np.uint8)
    by_class = area_by_class(classes, cell)
    areas = erosion_areas(by_class, cell * classes.size)
    assert sum(areas.by_class.values()) + areas.unknown == pytest.approx(cell * classes.size)
    assert areas.unknown == pytest.approx(by_class.get(0, 0.0))
    rate = conservation_rate(areas, SCALE)
    assert rate.lower + 1e-9 >= 0 and rate.lower <= rate.upper + 1e-9 and rate.upper <= 100


def test_cells_of_different_size_are_weighed_by_row():
    classes = np.array([[1, 2], [2, 0]], dtype=np.uint8)
    assert area_by_class(classes, np.array([[10.0], [20.0]])) == {0: 20.0, 1: 10.0, 2: 30.0}


def test_table_a3_by_hand():
    areas = erosion_areas({1: 1_500_000, 2: 300_000, 3: 100_000, 4: 100_000}, 2_000_000)
    row = a3_row(areas, SCALE, 812.5, gully_density(3000, 2_000_000))
    assert row["watershed_area_km2"] == 2.0
    assert row["erosion_total_hm2"] == 50.0
    assert (row["erosion_light_hm2"], row["erosion_light_pct"]) == (30.0, 60.0)
    assert (row["erosion_strong_hm2"], row["erosion_strong_pct"]) == (10.0, 20.0)
    assert row["erosion_severe_pct"] == 0.0
    assert (row["erosion_modulus"], row["gully_density"]) == (812.5, 1.5)
    assert a3_row(areas, SCALE, share_of="watershed")["erosion_light_pct"] == 15.0
    assert a3_row(erosion_areas({1: 10.0}, 10.0), SCALE)["erosion_light_pct"] is None


def test_table_a3_has_the_columns_of_the_survey_table(shared):
    import yaml

    facts = yaml.safe_load((shared / "standard" / "survey_tables.yaml").read_text(encoding="utf-8"))
    columns = next(t for t in facts["tables"] if t["id"] == "A.3")["columns"]
    assert list(a3_row(erosion_areas({1: 10.0}, 10.0), SCALE)) == [c["key"] for c in columns]


@pytest.mark.parametrize("area", [0, -1, float("nan")])
def test_an_extent_without_area_is_refused(area):
    with pytest.raises(InputError):
        gully_density(10, area)
    with pytest.raises(InputError):
        erosion_areas({}, area)


def test_shares_of_something_else_are_refused():
    with pytest.raises(InputError):
        a3_row(erosion_areas({1: 1.0}, 1.0), SCALE, share_of="county")


def test_an_edition_with_holes_says_which_list(tmp_path):
    folder = tmp_path / "codelists"
    folder.mkdir()
    (folder / "erosion_intensity.yaml").write_text(
        "id: erosion_intensity\nname_zh: a\nname_en: a\nstandard: SL 190-2007\nbasis: derived\n"
        "items:\n  - {code: '1', zh: 微度, en: slight, data: {min: 0}}\n",
        encoding="utf-8",
    )
    with pytest.raises(EditionError) as refused:
        intensity_scale(Edition(tmp_path))
    assert refused.value.code == "QL-EROSION-DATA"
    assert "tolerable" in refused.value.text("zh")


def test_limits_that_do_not_ascend_are_refused():
    odd = IntensityScale(SCALE.classes, {"x": 3000.0}, 2)
    with pytest.raises(InputError) as refused:
        odd.limits("x")
    assert refused.value.code == "QL-EROSION-LIMITS"
