"""Pattern metrics: worked by hand, by invariants, by brute force and against FRAGSTATS' own tables."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from hypothesis.extra import numpy as arrays  # noqa: E402
from qingliu.core.errors import Cancelled, InputError  # noqa: E402
from qingliu.core.grid import GridFrame  # noqa: E402
from qingliu.core.landscape.labels import _label_compiled, label_by_runs  # noqa: E402
from qingliu.core.landscape.metrics import FORMULAS, pattern, shortest_outline, texts  # noqa: E402
from qingliu.core.landscape.mosaic import mosaic, square_cell_size  # noqa: E402
from qingliu.core.landscape.nearest import nearest_neighbours  # noqa: E402
from qingliu.core.progress import SILENT  # noqa: E402
from qingliu.core.terrain import jit  # noqa: E402

# Four patches on 4 x 4 cells of 10 m: a square and a pair of class 1, squares of 2, a block of 3.
SMALL = np.array([[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 3, 1], [3, 3, 3, 1]])


@pytest.fixture(scope="module")
def small():
    return pattern(mosaic(SMALL, 10.0))


@pytest.mark.parametrize(
    ("metric", "by_hand"),
    [
        ("CA", 6 * 100 / 1e4),
        ("PLAND", 6 / 16 * 100),
        ("NP", 2),
        ("PD", 2 / 0.16 * 100),
        ("LPI", 4 / 16 * 100),
        ("ED", 7 * 10 / 0.16),  # 14 sides, 7 of them on the border
        ("LSI", 14 / 10),  # six cells have ten sides at least
        ("AREA_MN", 0.03),
        ("SHAPE_MN", 1.0),
        ("ENN_MN", math.sqrt(1 + 4) * 10),  # one row down, two columns across
        ("AI", 5 / 7 * 100),  # 4 + 1 inner sides of 7 possible ones
        ("COHESION", (1 - 14 / (8 * 2 + 6 * math.sqrt(2))) / (1 - 1 / 4) * 100),
        ("DIVISION", 1 - (4**2 + 2**2) / 16**2),
        ("MESH", (4**2 + 2**2) / 16 * 0.01),
    ],
)
def test_class_metric_of_a_square_and_a_pair_worked_by_hand(small, metric, by_hand):
    assert small.value(metric, 1) == pytest.approx(by_hand, rel=1e-12)


def _contagion_by_hand():
    shares = (6 / 16, 4 / 16, 6 / 16)
    sides = ((10, 3, 4), (3, 8, 1), (4, 1, 14))
    total = 0.0
    for share, row in zip(shares, sides):
        for count in row:
            q = share * count / sum(row)
            total += q * math.log(q)
    return (1 + total / (2 * math.log(3))) * 100


@pytest.mark.parametrize(
    ("metric", "by_hand"),
    [
        ("NP", 4),
        ("PD", 4 / 0.16 * 100),
        ("LPI", 6 / 16 * 100),
        ("ED", 8 * 10 / 0.16),
        ("LSI", (8 + 16) / 16),
        ("AREA_MN", 0.04),
        ("SHAPE_MN", 1.0),
        ("ENN_MN", math.sqrt(5) * 10),  # classes 2 and 3 have one patch each
        ("AI", (5 / 7 * 6 + 4 / 4 * 4 + 7 / 7 * 6) / 16 * 100),
        ("DIVISION", 1 - (16 + 4 + 16 + 36) / 256),
        ("MESH", (16 + 4 + 16 + 36) / 16 * 0.01),
        ("CONTAG", _contagion_by_hand()),
        ("SHDI", -(2 * 6 / 16 * math.log(6 / 16) + 4 / 16 * math.log(4 / 16))),
        ("SIDI", 1 - (36 + 16 + 36) / 256),
        ("SHEI", -(2 * 6 / 16 * math.log(6 / 16) + 4 / 16 * math.log(4 / 16)) / math.log(3)),
        ("PR", 3),
    ],
)
def test_landscape_metric_of_four_patches_worked_by_hand(small, metric, by_hand):
    assert small.value(metric) == pytest.approx(by_hand, rel=1e-12)


def test_the_border_counts_as_edge_only_where_it_is_asked_to():
    counted = pattern(mosaic(SMALL, 10.0), ["ED", "LSI"], boundary_is_edge=True)
    assert counted.value("ED", 1) == pytest.approx(14 * 10 / 0.16)
    assert counted.value("ED") == pytest.approx((8 + 16) * 10 / 0.16)
    assert counted.value("LSI") == pytest.approx(1.5)


def test_diagonal_cells_are_one_patch_by_eight_neighbours_and_two_by_four():
    cross = mosaic(np.array([[1, 2], [2, 1]]), 5.0)
    eight, four = pattern(cross, neighbours=8), pattern(cross, neighbours=4)
    assert (eight.value("NP"), four.value("NP")) == (2, 4)
    assert eight.value("ENN_MN") is None
    assert four.value("ENN_MN") == pytest.approx(5 * math.sqrt(2))


def test_no_data_is_outside_the_landscape():
    holed = np.array([[1, 1, 9], [1, 9, 9], [1, 1, 2]])
    found = pattern(mosaic(holed, 10.0, nodata=9))
    assert found.cells == 6
    assert found.value("PLAND", 1) == pytest.approx(5 / 6 * 100)
    assert found.value("ED") == pytest.approx(1 * 10 / 0.06)


def test_one_class_alone_has_undefined_contagion_and_no_evenness():
    found = pattern(mosaic(np.ones((3, 3), int), 1.0))
    assert found.value("CONTAG") is None
    assert (found.value("SHDI"), found.value("SHEI"), found.value("ENN_MN")) == (0.0, 0.0, None)
    assert found.value("AI", 1) == 100.0


def test_a_single_cell_has_no_aggregation():
    found = pattern(mosaic(np.array([[7]]), 1.0))
    assert found.value("AI", 7) is None
    assert found.value("AI") is None
    assert found.value("COHESION", 7) == 0.0


@pytest.mark.parametrize(
    ("cells", "sides"), [(1, 4), (2, 6), (3, 8), (4, 8), (5, 10), (6, 10), (7, 12), (9, 12)]
)
def test_fewest_sides_around_cells(cells, sides):
    assert shortest_outline(np.array([cells]))[0] == sides


def test_fewest_sides_stay_exact_for_large_squares():
    side = 94_906_267  # its square is the first that a double rounds
    around = np.array([side * side - 1, side * side, side * side + 1], dtype=np.int64)
    assert shortest_outline(around).tolist() == [4 * side, 4 * side, 4 * side + 2]


def test_every_metric_has_a_text_and_every_text_a_formula():
    assert set(texts()) == set(FORMULAS)
    assert list(texts()) == [
        "CA",
        "PLAND",
        "NP",
        "PD",
        "LPI",
        "ED",
        "LSI",
        "AREA_MN",
        "SHAPE_MN",
        "ENN_MN",
        "AI",
        "COHESION",
        "DIVISION",
        "MESH",
        "CONTAG",
        "SHDI",
        "SIDI",
        "SHEI",
        "PR",
    ]
    assert all(text.zh and text.en and text.formula for text in texts().values())


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("QL-LANDSCAPE-CELLSIZE", lambda: mosaic(SMALL, 0.0)),
        ("QL-LANDSCAPE-CELLSIZE", lambda: mosaic(SMALL, float("nan"))),
        ("QL-LANDSCAPE-SHAPE", lambda: mosaic(SMALL.ravel(), 1.0)),
        ("QL-LANDSCAPE-EMPTY", lambda: mosaic(np.full((2, 2), np.nan), 1.0)),
        ("QL-LANDSCAPE-EMPTY", lambda: mosaic(np.full((2, 2), 255), 1.0, nodata=255)),
        ("QL-LANDSCAPE-CODES", lambda: mosaic(np.array([[1.5, 2.0]]), 1.0)),
        ("QL-LANDSCAPE-CODES", lambda: mosaic(np.array([[1e300, 2.0]]), 1.0)),
        ("QL-LANDSCAPE-CODES", lambda: mosaic(np.array([["a", "b"]]), 1.0)),
        ("QL-LANDSCAPE-CONTINUOUS", lambda: mosaic(np.arange(1200).reshape(30, 40), 1.0)),
        ("QL-LANDSCAPE-CONTINUOUS", lambda: mosaic(np.arange(1200).reshape(30, 40) * 1000, 1.0)),
        ("QL-LANDSCAPE-METRIC", lambda: pattern(mosaic(SMALL, 1.0), ["NP", "FRAC_MN"])),
        ("QL-LANDSCAPE-NEIGHBOURS", lambda: pattern(mosaic(SMALL, 1.0), neighbours=6)),
    ],
)
def test_what_cannot_be_measured_is_refused_with_its_code(code, make):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.code == code
    assert code in refused.value.text("zh")
    assert "{" not in refused.value.text("zh") + refused.value.text("en")


def test_cells_must_be_square_and_in_metres():
    assert square_cell_size(GridFrame(2, 2, 0, 0, 30.0, 30.0)) == 30.0
    for frame, code in (
        (GridFrame(2, 2, 0, 0, 30.0, 29.0), "QL-LANDSCAPE-SQUARE"),
        (GridFrame(2, 2, 0, 0, 0.001, 0.001, geographic=True), "QL-LANDSCAPE-DEGREES"),
    ):
        with pytest.raises(InputError) as refused:
            square_cell_size(frame)
        assert refused.value.code == code


def test_masked_arrays_far_codes_and_whole_floats_are_understood():
    masked = np.ma.masked_equal(np.array([[-9999.0, 101.0], [900000.0, 101.0]]), -9999.0)
    assert mosaic(masked, 1.0).classes == (101, 900000)
    assert mosaic(masked, 1.0).codes.tolist() == [[-1, 0], [1, 0]]


class Stop:
    """A user who cancels at the n-th step."""

    def __init__(self, after):
        self.left = after
        self.stages = []

    def stage(self, name, count=None):
        self.stages.append(name)

    def step(self, fraction):
        self.left -= 1
        if self.left < 0:
            raise Cancelled


@pytest.mark.parametrize("after", range(4))
def test_cancel_is_heard_in_every_stage(after):
    with pytest.raises(Cancelled):
        pattern(mosaic(SMALL, 1.0), progress=Stop(after))


def test_the_stages_are_named():
    progress = Stop(10_000)
    pattern(mosaic(SMALL, 1.0), progress=progress)
    assert progress.stages == ["landscape_patches", "landscape_sides", "landscape_nearest"]


landscapes = arrays.arrays(
    np.int32,
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14),
    elements=st.integers(-1, 3),
).filter(lambda a: (a >= 0).any())


def _values(found):
    return {(v.metric, v.class_code): v.value for v in found.values}


@given(landscapes, st.sampled_from([4, 8]), st.booleans())
def test_metrics_do_not_change_when_the_landscape_is_turned_or_mirrored(values, neighbours, boundary_is_edge):
    def measure(a):
        return _values(pattern(mosaic(a, 2.0, nodata=-1), None, neighbours, boundary_is_edge))

    straight = measure(values)
    for turned in (np.rot90(values), values[::-1], values.T):
        again = measure(np.ascontiguousarray(turned))
        for key, value in straight.items():
            assert again[key] == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)), key


@given(landscapes, st.sampled_from([4, 8]))
def test_shares_areas_patches_and_meshes_of_the_classes_add_up_to_the_landscape(values, neighbours):
    found = pattern(mosaic(values, 3.0, nodata=-1), None, neighbours)
    classes = sorted({v.class_code for v in found.values if v.class_code is not None})

    def total(metric):
        return sum(found.value(metric, c) for c in classes)

    assert total("PLAND") == pytest.approx(100)
    assert total("CA") == pytest.approx((values >= 0).sum() * 9 / 1e4)
    assert total("NP") == found.value("NP") == found.patches
    assert total("MESH") == pytest.approx(found.value("MESH"))
    assert total("ED") == pytest.approx(2 * found.value("ED"))
    assert found.value("DIVISION") == pytest.approx(1 - found.value("MESH") / (found.cells * 9 / 1e4))
    assert 0 <= found.value("SIDI") < 1
    assert max(found.value("LPI", c) for c in classes) == pytest.approx(found.value("LPI"))


def _brute_force(codes, eight):
    """Patches by flood fill, distances by looking at every pair of cells."""
    labels = np.full(codes.shape, -1)
    steps = [(0, 1), (1, 0), (0, -1), (-1, 0)] + ([(1, 1), (1, -1), (-1, 1), (-1, -1)] if eight else [])
    count = 0
    for start in np.argwhere(codes >= 0):
        if labels[tuple(start)] >= 0:
            continue
        labels[tuple(start)], front = count, [tuple(start)]
        while front:
            r, c = front.pop()
            for dr, dc in steps:
                y, x = r + dr, c + dc
                inside = 0 <= y < codes.shape[0] and 0 <= x < codes.shape[1]
                if inside and labels[y, x] < 0 and codes[y, x] == codes[r, c]:
                    labels[y, x] = count
                    front.append((y, x))
        count += 1
    nearest = np.full(count, np.nan)
    for patch in range(count):
        own = np.argwhere(labels == patch)
        code = codes[tuple(own[0])]
        other = np.argwhere((codes == code) & (labels != patch))
        if other.size:
            gaps = ((own[:, None, :] - other[None, :, :]) ** 2).sum(axis=2)
            nearest[patch] = math.sqrt(gaps.min())
    return labels, nearest


@given(landscapes, st.booleans())
def test_patches_and_distances_equal_brute_force_with_and_without_numba(values, eight):
    codes = mosaic(values, 1.0, nodata=-1).codes
    labels, nearest = _brute_force(codes, eight)
    owner = np.array([codes[labels == i][0] for i in range(nearest.size)])
    by_runs, count = label_by_runs(codes, eight)
    assert count == nearest.size
    np.testing.assert_array_equal(by_runs, labels)
    np.testing.assert_array_equal(nearest_neighbours(codes, by_runs, owner, eight), nearest)
    with jit.plain():
        np.testing.assert_array_equal(nearest_neighbours(codes, by_runs, owner, eight), nearest)
    if jit.compiled():
        np.testing.assert_array_equal(_label_compiled(codes, eight, SILENT)[0], labels)


# --- FRAGSTATS' own tables -------------------------------------------------------------------


def _table(path):
    with open(path, encoding="utf-8") as stream:
        rows = [[cell.strip() for cell in row] for row in csv.reader(stream) if row]
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def _raster(path):
    gdal = pytest.importorskip("osgeo.gdal")
    source = gdal.Open(str(path))
    band = source.GetRasterBand(1)
    raw = band.ReadRaster(buf_type=gdal.GDT_Int32)
    values = np.frombuffer(raw, np.int32).reshape(source.RasterYSize, source.RasterXSize)
    return values, source.GetGeoTransform()[1], band.GetNoDataValue()


REFERENCES = {"augusta_nlcd": "augusta_nlcd_30m.tif", "landscape30": "landscape30_1m.tif"}


@pytest.fixture(scope="module", params=list(REFERENCES))
def reference(request, shared):
    folder = shared / "data" / "reference" / "fragstats_augusta"
    values, cell_size, nodata = _raster(folder / REFERENCES[request.param])
    found = pattern(mosaic(values, cell_size, nodata))
    return (
        found,
        _table(folder / f"{request.param}.fragstats.class.csv"),
        _table(folder / f"{request.param}.fragstats.land.csv"),
    )


def _printed(value):
    return "N/A" if value is None else f"{value:.4f}"


@pytest.mark.slow
@pytest.mark.parametrize("metric", [k for k, t in texts().items() if "class" in t.levels])
def test_class_metric_equals_the_published_table_to_every_printed_digit(reference, metric):
    found, classes, _ = reference
    ours = {row["TYPE"]: _printed(found.value(metric, int(row["TYPE"].split("_")[1]))) for row in classes}
    assert ours == {row["TYPE"]: row[metric] for row in classes}


@pytest.mark.slow
@pytest.mark.parametrize("metric", [k for k, t in texts().items() if "landscape" in t.levels])
def test_landscape_metric_equals_the_published_table_to_every_printed_digit(reference, metric):
    found, _, landscape = reference
    assert _printed(found.value(metric)) == landscape[0][metric]


PYLANDSTATS = {
    "total_area": "CA",
    "proportion_of_landscape": "PLAND",
    "number_of_patches": "NP",
    "patch_density": "PD",
    "largest_patch_index": "LPI",
    "edge_density": "ED",
    "landscape_shape_index": "LSI",
    "area_mn": "AREA_MN",
    "shape_index_mn": "SHAPE_MN",
    "euclidean_nearest_neighbor_mn": "ENN_MN",
    "effective_mesh_size": "MESH",
}


# Its contagion and Shannon diversity are left out: they rest on counts of inner cell sides and differ from
# FRAGSTATS' printed 42.2671 and 1.9942 on augusta in the third and fourth digit; ours equal FRAGSTATS.
@pytest.mark.slow
def test_pylandstats_agrees_on_the_land_use_of_a_real_watershed_side_by_side(shared):
    pylandstats = pytest.importorskip(
        "pylandstats", reason="pylandstats is not installed: nothing to compare with"
    )
    values, cell_size, nodata = _raster(shared / "data" / "youwuzhen" / "landuse_30m.tif")
    theirs = pylandstats.Landscape(
        values, res=(cell_size, cell_size), nodata=int(nodata), neighborhood_rule="8"
    )
    table = theirs.compute_class_metrics_df(metrics=list(PYLANDSTATS))
    ours = pattern(mosaic(values, cell_size, nodata))
    for code, row in table.iterrows():
        for name, key in PYLANDSTATS.items():
            mine = ours.value(key, int(code))
            assert (math.nan if mine is None else mine) == pytest.approx(row[name], rel=1e-9, nan_ok=True), (
                code,
                key,
            )
