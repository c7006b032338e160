"""Exact areas by squares and triangles; C.1, C.2, C.7; what became of each class between two dates."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("shapely")
hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from qingliu.core.areas import Part, Zone, area_table, check_partition, length_in, merged  # noqa: E402
from qingliu.core.change import change_of_cells, change_of_parts, grade_change  # noqa: E402
from qingliu.core.erosion.tables import intensity_scale  # noqa: E402
from qingliu.core.errors import Cancelled, InputError, MissingLibrary  # noqa: E402
from qingliu.core.indicators.landscape import (  # noqa: E402
    conservation,
    counts_as_forest_grass,
    forest_grass_cover,
    green_rate,
    village_green_rate,
)
from qingliu.core.landuse import classify  # noqa: E402
from qingliu.core.planar import ShapelyPlanar  # noqa: E402
from qingliu.core.standard.edition import SHIPPED, Edition  # noqa: E402
from shapely import wkb  # noqa: E402
from shapely.geometry import (  # noqa: E402
    GeometryCollection,
    LineString,
    MultiPolygon,
    Point,
    Polygon,
    box,
)
from shapely.validation import make_valid  # noqa: E402

# Coordinates as in a CGCS2000 zone with its prefix: eight digits before the point.
X, Y = 39_500_000.0, 2_850_000.0


def square(x, y, side, height=None):
    return box(X + x, Y + y, X + x + side, Y + y + (side if height is None else height))


def part(code, shape, fid=-1):
    return Part(code, wkb.dumps(shape), fid)


def zone(shape, key="whole"):
    return Zone(key, wkb.dumps(shape))


HUNDRED = square(0, 0, 100)
NOISE = 10_000 / 50e6  # 1 m² in 50 km²: what crossings rounded to 7 nm add up to
TRIANGLE = Polygon([(X, Y), (X + 100, Y), (X, Y + 100)])
OTHER_TRIANGLE = Polygon([(X + 100, Y), (X + 100, Y + 100), (X, Y + 100)])


def one(parts, shape=HUNDRED):
    return area_table(parts, [zone(shape)])[0]


def test_two_triangles_fill_a_square():
    found = one([part("a", TRIANGLE), part("b", OTHER_TRIANGLE)])
    assert found.total == 10_000
    assert dict(found.by_code) == {"a": 5_000, "b": 5_000}
    assert (found.gap, found.overlap, found.warnings()) == (0.0, 0.0, [])
    assert found.share("a") == 50.0


def test_a_triangle_cut_by_a_square_window():
    # the window's far corner lies on the hypotenuse's far side: 60 x 60 without a triangle of 20 x 20
    found = one([part("a", TRIANGLE)], square(0, 0, 60))
    assert found.by_code["a"] == pytest.approx(3_600 - 200)
    assert found.gap == pytest.approx(200)
    assert [w.code for w in found.warnings()] == ["QL-AREA-GAP"]


def test_land_claimed_twice_counts_once_for_the_first_and_is_reported():
    found = one([part("a", square(0, 0, 60, 100), 7), part("b", square(50, 0, 50, 100), 9)])
    assert dict(found.by_code) == {"a": pytest.approx(6_000), "b": pytest.approx(4_000)}
    assert (found.gap, found.overlap) == (0.0, pytest.approx(1_000))
    assert [(o.first, o.second, o.area) for o in found.overlaps] == [(7, 9, pytest.approx(1_000))]
    text = found.warnings()[0].text("zh")
    assert "1000.0 m²" in text and "7/9" in text and "{" not in text


def test_an_overlap_does_not_hide_a_gap_of_the_same_size():
    found = one([part("a", square(0, 0, 60, 100)), part("b", square(50, 0, 40, 100))])
    assert sum(found.by_code.values()) == pytest.approx(9_000)
    assert (found.gap, found.overlap) == (pytest.approx(1_000), pytest.approx(1_000))


def test_three_that_claim_the_same_land_leave_it_to_the_first():
    found = one([part(code, square(0, 0, 50, 100)) for code in "abc"])
    assert dict(found.by_code) == {"a": 5_000}
    assert len(found.overlaps) == 3
    assert found.overlap == pytest.approx(10_000)


def test_parts_and_holes_of_multipolygons_count():
    ring = Polygon(HUNDRED.exterior.coords, [square(40, 40, 20).exterior.coords])
    far = MultiPolygon([square(40, 40, 10), square(50, 50, 10)])
    found = one([part("ring", ring), part("far", far)])
    assert dict(found.by_code) == {"far": 200.0, "ring": 9_600.0}
    assert found.gap == pytest.approx(200)


def test_zones_are_measured_each_and_merged():
    parts = [part("a", TRIANGLE), part("b", OTHER_TRIANGLE)]
    west, east = area_table(
        parts, [zone(square(0, 0, 50, 100), "west"), zone(square(50, 0, 50, 100), "east")]
    )
    assert west.by_code["a"] == pytest.approx(3_750)
    assert east.by_code["a"] == pytest.approx(1_250)
    both = merged([west, east], "both")
    assert both.by_code["a"] == pytest.approx(5_000)
    assert both.total == 10_000


def test_nothing_in_the_zone_is_all_gap():
    found = one([part("a", square(500, 500, 10))])
    assert (dict(found.by_code), found.gap) == ({}, 10_000.0)
    assert one([]).gap == 10_000.0


@pytest.mark.parametrize(
    ("code", "shape"),
    [
        ("QL-AREA-NOTPOLYGON", LineString([(X, Y), (X + 1, Y)])),
        ("QL-AREA-NOTPOLYGON", Point(X, Y)),
        ("QL-AREA-NOTPOLYGON", Polygon()),
        ("QL-AREA-INVALID", Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])),
    ],
    ids=["line", "point", "empty", "bow tie"],
)
def test_what_is_no_valid_polygon_is_refused_with_its_feature(code, shape):
    with pytest.raises(InputError) as refused:
        one([part("a", shape, 42)])
    assert refused.value.code == code
    assert "42" in refused.value.text("en")


def test_polygons_of_a_collection_count():
    mixed = GeometryCollection([square(0, 0, 10), LineString([(X, Y), (X + 50, Y + 50)])])
    assert one([part("a", mixed)]).by_code["a"] == 100


def test_a_missing_shapely_says_so(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "shapely.ops", None)
    with pytest.raises(MissingLibrary) as refused:
        ShapelyPlanar()
    assert refused.value.code == "QL-AREA-SHAPELY"


class Stop:
    """A user who cancels at the n-th step."""

    def __init__(self, after):
        self.left = after

    def stage(self, name, count=None):
        pass

    def step(self, fraction):
        self.left -= 1
        if self.left < 0:
            raise Cancelled


@pytest.mark.parametrize("after", range(4))
def test_cancel_is_heard(after):
    with pytest.raises(Cancelled):
        area_table([part("a", TRIANGLE)], [zone(HUNDRED)], progress=Stop(after))


def test_length_of_lines_inside_by_hand():
    lines = [LineString([(X - 50, Y + 10), (X + 50, Y + 10)]), LineString([(X, Y), (X + 30, Y + 40)])]
    assert length_in([wkb.dumps(line) for line in lines], zone(HUNDRED)) == pytest.approx(50 + 50)
    outside = wkb.dumps(LineString([(X - 50, Y - 10), (X + 50, Y - 10)]))
    assert length_in([outside], zone(HUNDRED)) == 0
    with pytest.raises(InputError) as refused:
        length_in([wkb.dumps(TRIANGLE)], zone(HUNDRED))
    assert refused.value.code == "QL-AREA-NOTLINE"


def test_bytes_that_are_no_geometry_are_refused():
    with pytest.raises(InputError) as refused:
        one([Part("a", b"\x01\x02\x03", 5)])
    assert refused.value.code == "QL-AREA-NOTPOLYGON"


@st.composite
def partitions(draw):
    """A square cut into jittered quadrilaterals, each cut into two triangles."""
    cells = draw(st.integers(1, 5))
    shift = st.floats(-0.3, 0.3, allow_nan=False)
    inner = {}
    for i in range(cells + 1):
        for j in range(cells + 1):
            free = 0 < i < cells and 0 < j < cells
            dx, dy = (draw(shift), draw(shift)) if free else (0.0, 0.0)
            inner[i, j] = (X + (i + dx) * 100 / cells, Y + (j + dy) * 100 / cells)
    parts = []
    for i in range(cells):
        for j in range(cells):
            a, b, c, d = inner[i, j], inner[i + 1, j], inner[i + 1, j + 1], inner[i, j + 1]
            for ring in ([a, b, c], [a, c, d]):
                parts.append(part(draw(st.sampled_from("xyz")), Polygon(ring), len(parts)))
    return parts


@given(partitions(), st.tuples(*[st.floats(-50, 150, allow_nan=False)] * 4))
def test_areas_of_any_partition_add_up_in_any_window(parts, corners):
    x1, y1, x2, y2 = corners
    window = box(X + min(x1, x2), Y + min(y1, y2), X + max(x1, x2) + 1, Y + max(y1, y2) + 1)
    found = one(parts, window)
    assert math.fsum(found.by_code.values()) + found.gap == pytest.approx(found.total, abs=1e-5)
    assert found.overlap == 0
    assert found.gap == pytest.approx(window.area - window.intersection(HUNDRED).area, abs=1e-5)


@given(partitions())
def test_a_partition_is_recognised_and_a_moved_or_missing_polygon_is_not(parts):
    whole = check_partition(parts, zone(HUNDRED))
    assert whole.holds
    assert whole.covered == pytest.approx(10_000)
    missing = check_partition(parts[1:], zone(HUNDRED))
    lost = wkb.loads(parts[0].wkb).area
    assert not missing.holds
    assert missing.gap == pytest.approx(lost, abs=1e-6)
    twice = check_partition([*parts, parts[0]._replace(fid=999)], zone(HUNDRED))
    assert twice.overlap == pytest.approx(lost, abs=1e-6)
    assert (twice.overlaps[0].first, twice.overlaps[0].second) == (parts[0].fid, 999)
    beyond = check_partition([*parts, part("x", square(100, 0, 5, 10))], zone(HUNDRED))
    assert (beyond.gap, beyond.overlap, beyond.outside) == (0, 0, pytest.approx(50))


def test_classes_and_gap_add_up_where_a_union_would_lose_land():
    """A triangle and a crossed polygon that share a sharp corner: GEOS's union is smaller than either of them."""
    window = zone(box(0, -100, 100, 0))
    corner = (72.0, -127.0)
    crossed = [corner, (14.0, -53.0), (17.0, -29.0), (0.0, -42.0), (2.0, -35.0)]
    shapes = [Polygon([(0.0, -37.0), (2.0, -35.0), corner]), make_valid(Polygon(crossed))]
    parts = [Part("ab"[n], wkb.dumps(shape), n) for n, shape in enumerate(shapes)]
    (found,) = area_table(parts, [window])
    assert sum(found.by_code.values()) + found.gap == pytest.approx(10_000)
    claimed = sum(shape.intersection(wkb.loads(window.wkb)).area for shape in shapes)
    assert claimed - sum(found.by_code.values()) == pytest.approx(found.overlap)


# --- C.1, C.2, C.7 ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scale():
    return intensity_scale(Edition(SHIPPED / "slt534-draft2023"))


def test_conservation_rate_from_polygons_by_hand(scale):
    areas = one([part("1", square(0, 0, 85, 100)), part("3", square(85, 0, 15, 100))])
    found = conservation(areas, scale, estimate=False)
    assert (found.formula, found.value, found.estimate) == ("C.1", pytest.approx(85), False)
    assert found.variables["eroded_area"] == pytest.approx(0.15)
    assert found.variables["total_area"] == pytest.approx(1.0)


def test_conservation_rate_with_uncovered_and_ungraded_land_is_between_two_bounds(scale):
    areas = one(
        [part("1", square(0, 0, 70, 100)), part("2", square(70, 0, 15, 100)), part("", square(85, 0, 5, 100))]
    )
    found = conservation(areas, scale, estimate=True)
    assert found.value is None
    assert (found.lower, found.upper) == (pytest.approx(70), pytest.approx(85))
    assert found.variables["unknown_area"] == pytest.approx(0.15)


def _counts(code):
    return {"0301": True, "0401": True, "0103": False}.get(code)


def test_forest_and_grass_cover_by_hand():
    parts = [
        part("0301", square(0, 0, 60, 100)),
        part("0401", square(60, 0, 10, 100)),
        part("0103", square(70, 0, 30, 100)),
    ]
    found = forest_grass_cover(one(parts), _counts)
    assert found.value == pytest.approx(70)
    assert found.variables["vegetated_area"] == pytest.approx(0.7)


@pytest.mark.parametrize(("wetland", "expected"), [(False, 50), (True, 60)])
def test_forest_and_grass_cover_of_codes_of_both_lists(wetland, expected):
    codes = ["0301K", "0401", "0304", "1104A", "0103"]
    widths = [40, 10, 10, 20, 20]
    parts, west = [], 0
    for code, width in zip(codes, widths):
        parts.append(part(code, square(west, 0, width, 100)))
        west += width
    areas = one(parts)
    classes = classify(areas.by_code, layer="parcels").classes
    found = forest_grass_cover(areas, counts_as_forest_grass(classes, wetland))
    assert found.value == pytest.approx(expected)


def test_unknown_codes_and_gaps_leave_the_cover_between_two_bounds():
    parts = [part("0301", square(0, 0, 60, 100)), part("99", square(60, 0, 10, 100))]
    found = forest_grass_cover(one(parts), _counts)
    assert found.value is None
    assert (found.lower, found.upper) == (pytest.approx(60), pytest.approx(100))
    assert [w.code for w in found.warnings] == ["QL-AREA-GAP"]


@pytest.mark.parametrize(("gap", "value"), [(0.004, 60.0), (0.006, None)], ids=["sliver", "land"])
def test_seams_thinner_than_a_value_s_rounding_do_not_hide_the_cover_or_the_rate(scale, gap, value):
    """0.001 ‰ of 10 000 m² is 0.01 m²: a seam of 0.004 m² rounds to nothing, one of 0.006 m² does not."""
    left = part("0301", square(0, 0, 60, 100))
    areas = one([left, part("0103", square(60 + gap / 100, 0, 40 - gap / 100, 100))])
    assert areas.gap == pytest.approx(gap, rel=1e-3)
    cover = forest_grass_cover(areas, _counts)
    classes = one([left._replace(code="1"), part("3", square(60 + gap / 100, 0, 40 - gap / 100, 100))])
    rate = conservation(classes, scale, estimate=False)
    assert (cover.value, rate.value) == (pytest.approx(value, abs=1e-4), pytest.approx(value, abs=1e-4))
    assert [w.code for w in cover.warnings] == ["QL-AREA-GAP"]


GREEN = [
    part("VG1", square(0, 0, 30, 20)),  # 600 m²
    part("VG2", square(30, 0, 20, 20)),  # 400 m²
    part("VG3", square(50, 0, 50, 20)),  # not counted
]
BUILT = [part("0702", square(0, 20, 100, 50))]  # 5 000 m²


def test_village_green_rate_with_both_denominators_by_hand():
    village, total = village_green_rate(
        GREEN, BUILT, zone(square(-100, -100, 400)), [zone(HUNDRED, "village")]
    )
    assert (village.scope, village.value) == ("village", pytest.approx(20))
    assert village.others["of_whole_village_land"] == pytest.approx(10)
    assert dict(village.variables) == {
        "a_vg1": pytest.approx(600),
        "a_vg2": pytest.approx(400),
        "a_v": pytest.approx(5_000),
        "a_whole": pytest.approx(10_000),
    }
    assert (total.scope, total.value) == ("whole", pytest.approx(20))


def test_the_watershed_divides_sums_by_sums_and_villages_claim_land_once():
    second = [
        part("VG1", square(200, 0, 10, 20)),
        part("VG1", square(1000, 0, 50)),
    ]  # 200 m², and one far away
    ground = [part("0702", square(200, 20, 100, 50))]
    places = [zone(HUNDRED, "a"), zone(HUNDRED, "a again"), zone(square(200, 0, 100), "b")]
    rows = village_green_rate([*GREEN, *second], [*BUILT, *ground], zone(square(-100, -100, 600)), places)
    assert [(r.scope, r.value) for r in rows] == [
        ("a", pytest.approx(20)),
        ("b", pytest.approx(4)),
        ("whole", pytest.approx(1_200 / 10_000 * 100)),
    ]
    assert rows[-1].others["of_whole_village_land"] == pytest.approx(6)


def test_without_village_polygons_all_within_the_boundary_counts():
    (only,) = village_green_rate(GREEN, BUILT, zone(square(-100, -100, 400)))
    assert only.value == pytest.approx(20)
    assert only.others["of_whole_village_land"] is None


def test_green_of_an_unknown_class_is_left_out_and_named():
    (only,) = village_green_rate([*GREEN, part("park", square(0, 90, 10))], BUILT, zone(HUNDRED))
    assert only.value == pytest.approx(20)
    assert [dict(w.facts) for w in only.warnings if w.code == "QL-GREEN-CLASS"] == [
        {"count": 1, "known": "VG1, VG2, VG3", "found": "park"}
    ]


def test_a_rate_above_a_hundred_percent_is_an_error_not_a_value():
    green = one([part("VG1", square(0, 0, 100))])
    found = green_rate(green, 2_000, None)
    assert found.value is None
    assert [(w.code, w.facts["rate"]) for w in found.warnings] == [("QL-GREEN-OVER", "500.0")]


def test_a_village_without_construction_land_has_no_rate():
    found = green_rate(one([part("VG1", square(0, 0, 10))]), 0.0, None)
    assert found.value is None
    assert [w.code for w in found.warnings] == ["QL-GREEN-NOBUILT"]


# --- change ----------------------------------------------------------------------------------


def test_change_of_cells_by_hand():
    matrix = change_of_cells(np.array([2, 2, 3, 0]), np.array([1, 2, 3, 3]), 100.0)
    assert (matrix.before, matrix.after) == (("2", "3"), ("1", "2", "3"))
    assert matrix.area.tolist() == [[100, 100, 0], [0, 0, 100]]
    assert (matrix.total, matrix.uncompared, matrix.unchanged) == (400, 100, 200)
    assert matrix.of_before() == {"2": 200, "3": 100}
    assert matrix.of_after() == {"1": 100, "2": 100, "3": 100}
    assert [w.code for w in matrix.warnings()] == ["QL-CHANGE-UNCOMPARED"]


def test_change_of_polygons_by_hand():
    before = [part("4", square(0, 0, 50, 100)), part("1", square(50, 0, 50, 100))]
    after = [part("4", TRIANGLE), part("2", OTHER_TRIANGLE)]
    matrix = change_of_parts(before, after, zone(HUNDRED))
    assert (matrix.before, matrix.after) == (("1", "4"), ("2", "4"))
    assert matrix.area == pytest.approx(np.array([[3_750, 1_250], [1_250, 3_750]]))
    assert (matrix.uncompared, matrix.warnings()) == (0.0, [])
    moved = grade_change(matrix, threshold=2)
    assert moved.down == pytest.approx(1_250)  # 4 to 2
    assert moved.up == pytest.approx(5_000)  # 1 to 2 and 1 to 4
    assert moved.same == pytest.approx(3_750)
    assert moved.over_change == pytest.approx(5_000)
    assert dict(moved.steps) == {
        -2: pytest.approx(1_250),
        0: pytest.approx(3_750),
        1: pytest.approx(3_750),
        3: pytest.approx(1_250),
    }


@given(partitions(), partitions())
def test_change_between_two_partitions_adds_up_both_ways(before, after):
    matrix = change_of_parts(before, after, zone(HUNDRED))
    assert float(matrix.area.sum()) == pytest.approx(10_000, abs=NOISE)
    for parts, sums in ((before, matrix.of_before()), (after, matrix.of_after())):
        for code, area in one(parts).by_code.items():
            assert sums[code] == pytest.approx(area, abs=NOISE)


@given(partitions())
def test_nothing_changes_between_a_layer_and_itself(parts):
    matrix = change_of_parts(parts, parts, zone(HUNDRED))
    assert matrix.unchanged == pytest.approx(10_000, abs=NOISE)


@given(st.lists(st.tuples(st.integers(-1, 6), st.integers(-1, 6)), min_size=1, max_size=50))
def test_up_down_and_same_add_up_to_what_is_compared(pairs):
    before, after = (np.array(v) for v in zip(*pairs))
    matrix = change_of_cells(before, after, 2.5)
    moved = grade_change(matrix, 2)
    compared = 2.5 * sum(b > 0 and a > 0 for b, a in pairs)
    assert moved.up + moved.down + moved.same == pytest.approx(compared)
    assert matrix.total == pytest.approx(2.5 * sum(b >= 0 and a >= 0 for b, a in pairs))
    back = grade_change(change_of_cells(after, before, 2.5), 2)
    assert (back.up, back.down) == (pytest.approx(moved.down), pytest.approx(moved.up))


def test_rasters_of_two_grids_are_not_compared():
    with pytest.raises(InputError) as refused:
        change_of_cells(np.ones((2, 2), int), np.ones((2, 3), int), 1.0)
    assert refused.value.code == "QL-CHANGE-SHAPE"
