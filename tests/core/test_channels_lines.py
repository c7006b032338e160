"""Surveyed lines that the network follows, and water bodies crossed without zigzag."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.grid import GridFrame
from qingliu.core.terrain.accumulation import accumulate
from qingliu.core.terrain.channels import extract_channels
from qingliu.core.terrain.flow import flow_directions
from qingliu.core.terrain.lines import covering_line, follow
from qingliu.core.terrain.strings import polyline, string_pull
from qingliu.core.terrain.surveyed import burn, enforce, lay_lines, unburn

SIZE = 10.0


def frame_of(dem: np.ndarray) -> GridFrame:
    return GridFrame(*dem.shape, 0.0, dem.shape[0] * SIZE, SIZE, SIZE)


def ramp(rows: int, cols: int) -> np.ndarray:
    """An even slope that falls 1 m a row to the south."""
    return np.repeat(np.arange(rows, 0, -1.0, dtype=np.float32)[:, None], cols, axis=1)


def routed(dem, lines, cells, water=()):
    """The whole way: lay, burn, route, enforce, trace, follow."""
    frame = frame_of(dem)
    before = dem.copy()
    paths = lay_lines([np.array(xy, float) for xy in lines], dem, frame)
    saved = burn(dem, paths)
    direction = flow_directions(dem, frame).direction
    unburn(dem, paths, saved)
    np.testing.assert_array_equal(dem, before)
    enforce(direction, paths)
    drained = accumulate(direction)
    found = extract_channels(direction, drained, frame, dem, cells * SIZE**2, extra_cells=paths.cells)
    return follow(found, paths, water), paths, direction


def assert_sound(found) -> None:
    """Lines share the confluence's vertex to the bit, and lengths are those of the geometry."""
    for i in range(len(found)):
        line = found.lines.line(i)
        assert len(line) >= 2
        assert np.hypot(*np.diff(line, axis=0).T).sum() == pytest.approx(found.length_m[i])
        assert (np.diff(line, axis=0) != 0).any(axis=1).all()
        places = found.cell_to_mouth_m[found.path_start[i] : found.path_start[i + 1]]
        assert (np.diff(places) <= 1e-9).all() and places[-1] == 0.0
        if found.parent[i] >= 0:
            parent = found.lines.line(int(found.parent[i]))
            at = np.flatnonzero((parent == line[-1]).all(axis=1))
            assert len(at) > 0
            p = int(found.parent[i])
            below = np.hypot(*np.diff(parent[at[-1] :], axis=0).T).sum()
            assert found.distance_outlet_m[i] == pytest.approx(below + found.distance_outlet_m[p])


def crossings(found) -> list:
    """Pairs of lines that meet elsewhere than where one of them ends."""
    geometry = pytest.importorskip("shapely.geometry")
    shapes = [geometry.LineString(found.lines.line(i)) for i in range(len(found))]
    bad = []
    for i, one in enumerate(shapes):
        for j in range(i):
            met = one.intersection(shapes[j])
            ends = geometry.MultiPoint([one.coords[-1], shapes[j].coords[-1]])
            if not met.is_empty and met.difference(ends.buffer(1e-5)).length + _points(met, ends) > 0:
                bad.append((i, j))
    return bad


def _points(met, ends) -> int:
    parts = getattr(met, "geoms", [met])
    return sum(part.geom_type == "Point" and part.distance(ends) > 1e-5 for part in parts)


def test_a_line_becomes_a_path_of_neighbouring_cells_without_corners():
    paths = lay_lines(
        [np.array([[5.0, 95.0], [47.0, 53.0], [47.0, 5.0]])], ramp(10, 10), frame_of(ramp(10, 10))
    )
    cells = list(paths.measure[0])
    rows, cols = np.divmod(cells, 10)
    assert max(np.abs(np.diff(rows)).max(), np.abs(np.diff(cols)).max()) == 1
    for a, b in zip(range(len(cells)), range(2, len(cells))):
        assert max(abs(rows[a] - rows[b]), abs(cols[a] - cols[b])) == 2
    assert cells[0] == 0 and cells[-1] == 94
    assert next(iter(paths.measure[0].values())) == 0.0
    assert list(paths.measure[0].values())[-1] == pytest.approx(42 * np.sqrt(2) + 48)


def test_a_line_digitised_upstream_is_turned_round():
    dem = ramp(12, 12)
    uphill = np.array([[55.0, 15.0], [55.0, 105.0]])
    paths = lay_lines([uphill], dem, frame_of(dem))
    assert paths.turned == (True,)
    assert paths.lines[0].xy.tolist() == uphill[::-1].tolist()


def test_a_level_line_runs_to_the_line_that_its_end_touches():
    dem = ramp(20, 20)
    main = np.array([[105.0, 195.0], [105.0, 5.0]])
    # both ends of the level line lie at the same height; its first vertex is on the main line
    level = np.array([[105.0, 95.0], [25.0, 95.0]])
    paths = lay_lines([main, level], dem, frame_of(dem))
    assert paths.turned == (False, True)


def test_a_level_line_that_touches_nothing_keeps_the_way_it_was_digitised():
    dem = ramp(20, 20)
    paths = lay_lines([np.array([[25.0, 95.0], [105.0, 95.0]])], dem, frame_of(dem))
    assert paths.turned == (False,)


def test_two_lines_that_run_into_each_other_leave_no_circle():
    dem = np.zeros((20, 20), np.float32)
    east = np.array([[25.0, 95.0], [155.0, 95.0], [155.0, 45.0]])
    back = np.array([[155.0, 45.0], [25.0, 45.0], [25.0, 95.0]])
    paths = lay_lines([east, back], dem, frame_of(dem))
    after = paths.next_cells()
    for cell in paths.cells.tolist():
        seen = set()
        while cell in after:
            assert cell not in seen
            seen.add(cell)
            cell = after[cell]


def test_burning_keeps_the_order_along_the_line_and_lies_below_what_is_beside_it():
    rng = np.random.default_rng(1)
    dem = (rng.random((30, 30)) * 20).astype(np.float32)
    paths = lay_lines([np.array([[15.0, 285.0], [140.0, 150.0], [285.0, 25.0]])], dem, frame_of(dem))
    burn(dem, paths)
    heights = [float(dem.ravel()[c]) for c in paths.measure[0]]
    assert all(b < a for a, b in zip(heights, heights[1:]))
    cells = list(paths.measure[0])
    for cell in cells[:-1]:
        r, c = divmod(cell, 30)
        beside = {
            (r + i) * 30 + c + j
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            if 0 <= r + i < 30 and 0 <= c + j < 30
        } - set(cells)
        assert all(dem.ravel()[b] > dem.ravel()[cell] for b in beside)


def test_the_network_follows_a_line_across_the_slope_with_the_lines_own_vertices():
    dem = ramp(30, 30)
    surveyed = [[52.0, 251.0], [103.5, 203.25], [149.0, 178.0], [201.0, 148.0], [203.0, 6.0]]
    found, paths, direction = routed(dem, [surveyed], 12)
    assert_sound(found)
    flat = direction.ravel()
    after = paths.next_cells()
    steps = {0: 1, 1: 31, 2: 30, 3: 29, 4: -1, 5: -31, 6: -30, 7: -29}
    assert all(cell + steps[int(flat[cell])] == after[cell] for cell in after)
    on_line = np.flatnonzero(covering_line(found, paths) == 0)
    assert len(on_line) == 1
    line = found.lines.line(int(on_line[0])).tolist()
    for vertex in surveyed:
        assert vertex in line


def test_a_meander_tighter_than_two_cells_is_followed_all_the_same():
    dem = ramp(30, 30)
    bends = [
        [55.0, 265.0],
        [55.0, 205.0],
        [95.0, 205.0],
        [95.0, 195.0],
        [55.0, 195.0],
        [55.0, 105.0],
        [55.0, 5.0],
    ]
    found, paths, _ = routed(dem, [bends], 12)
    assert_sound(found)
    main = int(np.flatnonzero(covering_line(found, paths) == 0)[0])
    assert found.length_m[main] == pytest.approx(polyline(np.array(bends)).along[-1], abs=30)
    for vertex in bends[1:-1]:
        assert vertex in found.lines.line(main).tolist()


def test_surveyed_tributary_and_stem_meet_in_the_vertex_they_share():
    dem = ramp(30, 30)
    stem = [[152.0, 291.0], [151.0, 150.5], [148.0, 6.0]]
    arm = [[31.0, 283.0], [70.0, 220.0], [151.0, 150.5]]
    found, paths, _ = routed(dem, [stem, arm], 15)
    assert_sound(found)
    ends_there = [i for i in range(len(found)) if found.lines.line(i)[-1].tolist() == [151.0, 150.5]]
    assert len(ends_there) >= 1
    upper_stem = next(i for i in ends_there if found.lines.line(i)[0].tolist() == stem[0])
    assert covering_line(found, paths)[upper_stem] == 0
    trunk = found.lines.line(int(found.parent[upper_stem])).tolist()
    assert arm[0] in trunk and arm[1] in trunk and [151.0, 150.5] in trunk and stem[2] in trunk


def test_a_river_surveyed_in_two_pieces_carries_one_name():
    dem = ramp(40, 15)
    upper = [[75.0, 385.0], [75.0, 205.0]]
    lower = [[75.0, 205.0], [75.0, 5.0]]
    found, paths, _ = routed(dem, [upper, lower], 20)
    assert_sound(found)
    covered = covering_line(found, paths, ["清溪", "清溪"])
    assert covered[0] == 1
    assert found.lines.line(0)[0].tolist() == [75.0, 385.0]
    other = covering_line(found, paths, ["清溪", "另一条"])
    assert other[0] == 1  # 20 of 38 steps


def test_a_line_outside_the_dem_or_in_nodata_is_let_be():
    dem = ramp(12, 12)
    dem[:, :4] = np.nan
    paths = lay_lines(
        [
            np.array([[500.0, 500.0], [600.0, 600.0]]),
            np.array([[5.0, 100.0], [25.0, 30.0]]),
            np.array([[5.0, 5.0]]),
        ],
        dem,
        frame_of(dem),
    )
    assert len(paths.cells) == 0
    assert paths.measure == ({}, {}, {})
    found, _, _ = routed(dem, [[[500.0, 500.0], [600.0, 600.0]]], 3)
    assert_sound(found)


@pytest.mark.parametrize("seed", range(15))
def test_random_lines_on_random_terrain_give_a_sound_network_without_circles(seed):
    shapely = pytest.importorskip("shapely.geometry")
    rng = np.random.default_rng(seed)
    dem = (rng.random((40, 40)) * 15 + np.linspace(40, 0, 40)[:, None]).astype(np.float32)
    dem[rng.random(dem.shape) < 0.01] = np.nan
    lines = [np.cumsum(np.vstack([rng.random(2) * 400, rng.normal(0, 60, (6, 2))]), axis=0) for _ in range(6)]
    water = [shapely.Point(*rng.random(2) * 400).buffer(70) for _ in range(3)]
    found, _, _ = routed(dem, lines, 10, water)
    assert_sound(found)


def test_string_pulling_keeps_only_the_corners_that_are_needed():
    # an L-shaped water body: straight to the inner corner, then straight on
    points = [(float(x), 0.0) for x in range(11)] + [(10.0, float(y)) for y in range(1, 11)]

    def sees(p, q):
        return all(
            p[0] + t * (q[0] - p[0]) >= 9.0 or p[1] + t * (q[1] - p[1]) <= 1.0 for t in np.linspace(0, 1, 101)
        )

    kept = [points[k] for k in string_pull(points, sees)]
    assert kept[0] == (0.0, 0.0) and kept[-1] == (10.0, 10.0)
    assert len(kept) <= 4


def test_a_lake_is_crossed_straight_between_where_the_channel_enters_and_leaves():
    box = pytest.importorskip("shapely.geometry").box
    dem = ramp(40, 21)
    side = np.abs(np.arange(21) - 10).astype(np.float32) * 2
    dem += side[None, :]
    dem[10:25, 4:17] = dem[25, 10] - 0.0  # a flat lake bed draining at its lower shore
    lake = box(40.0, 150.0, 170.0, 300.0)
    dry, _, _ = routed(dem.copy(), [], 25)
    wet, _, _ = routed(dem.copy(), [], 25, [lake])
    assert_sound(wet)
    trunk = wet.lines.line(0)
    inside = [p for p in trunk.tolist() if 150.0 < p[1] < 300.0]
    assert len(inside) < 15
    assert wet.length_m[0] <= dry.length_m[0] + 1e-9
    assert wet.lines.line(0)[0].tolist() == dry.lines.line(0)[0].tolist()


def test_tributaries_that_end_in_a_lake_share_a_vertex_with_the_pulled_stem():
    geometry = pytest.importorskip("shapely.geometry")
    # a zigzag stem inside the lake with one side arm joining at the bend
    drawing = [
        "..v....",
        "..\\....",
        "...\\...",
        "....v..",
        "./<</<<",
        "./.....",
        "v......",
        "\\......",
        ".o.....",
    ]
    arrows = {">": 0, "\\": 1, "v": 2, "/": 3, "<": 4, "o": 8, ".": 255}
    direction = np.array([[arrows[c] for c in row] for row in drawing], np.uint8)
    direction[4] = [255, 255, 255, 3, 3, 4, 4]
    direction[5] = [255, 255, 3, 255, 255, 255, 255]
    direction[5, 3] = 4
    direction[6] = [255, 3, 255, 255, 255, 255, 255]
    direction[7] = [2, 255, 255, 255, 255, 255, 255]
    direction[8] = [8, 255, 255, 255, 255, 255, 255]
    dem = np.zeros(direction.shape, np.float32)
    frame = frame_of(dem)
    found = extract_channels(direction, accumulate(direction), frame, dem, 1 * SIZE**2)
    lake = geometry.box(-5.0, 0.0, 75.0, 95.0)
    pulled = follow(found, None, [lake])
    assert_sound(pulled)
    assert pulled.length_m[0] < found.length_m[0]
    assert len(pulled.lines.line(0)) <= 3 + (pulled.parent == 0).sum()


def test_a_projection_keeps_shared_vertices_and_takes_lengths_in_its_own_plane():
    dem = ramp(30, 30)
    dem += np.random.default_rng(0).random(dem.shape).astype(np.float32) * 3
    found, _, _ = routed(dem, [], 10)
    turned = follow(found, project=lambda xy: xy[:, ::-1] * 2.0 + [7.0, 9.0])
    np.testing.assert_allclose(turned.length_m, 2 * found.length_m)
    np.testing.assert_allclose(turned.distance_outlet_m, 2 * found.distance_outlet_m)
    np.testing.assert_allclose(turned.gradient_permil, found.gradient_permil / 2)
    assert_sound(turned)


def test_following_lines_can_be_cancelled():
    from qingliu.core.errors import Cancelled

    class Impatient:
        def stage(self, name, count=None):
            raise AssertionError("the stage is the caller's")

        def step(self, fraction):
            raise Cancelled

    dem = ramp(30, 30)
    found, paths, _ = routed(dem, [[[55.0, 285.0], [55.0, 5.0]]], 12)
    with pytest.raises(Cancelled):
        follow(found, paths, progress=Impatient())


@pytest.mark.parametrize("seed", range(12))
def test_channels_pulled_straight_through_lakes_never_cross_each_other(seed):
    shapely = pytest.importorskip("shapely.geometry")
    rng = np.random.default_rng(seed)
    dem = (rng.random((50, 50)) * 6 + np.linspace(60, 0, 50)[:, None]).astype(np.float32)
    lakes = [shapely.Point(*(rng.random(2) * 400 + 50)).buffer(rng.random() * 80 + 40) for _ in range(3)]
    lakes[0] = lakes[0].difference(lakes[0].centroid.buffer(25))  # an island
    frame = frame_of(dem)
    at = np.array([frame.centre(r, c) for r in range(50) for c in range(50)])
    for lake in lakes:
        wet = np.array([lake.contains(shapely.Point(p)) for p in at]).reshape(dem.shape)
        dem[wet] = dem[wet].min()
    dry, _, _ = routed(dem, [], 8)
    wet, _, _ = routed(dem, [], 8, lakes)
    assert crossings(dry) == []
    assert_sound(wet)
    assert crossings(wet) == []
    assert wet.length_m.sum() < dry.length_m.sum()


def test_in_degrees_lines_are_sound_and_measured_on_the_ellipsoid():
    shapely = pytest.importorskip("shapely.geometry")
    rng = np.random.default_rng(4)
    dem = (rng.random((40, 40)) * 6 + np.linspace(60, 0, 40)[:, None]).astype(np.float32)
    dem[12:24, 8:30] = dem[12:24, 8:30].min()
    frame = GridFrame(40, 40, 110.0, 30.02, 0.001, 0.001, geographic=True)
    lake = shapely.box(110.008, 30.02 - 0.024, 110.030, 30.02 - 0.012)
    direction = flow_directions(dem, frame).direction
    drained = accumulate(direction, frame.row_cell_areas())
    dry = extract_channels(direction, drained, frame, dem, 8e4)
    wet = follow(dry, None, [lake])
    same = follow(dry)
    np.testing.assert_allclose(same.length_m, dry.length_m, rtol=1e-9)
    np.testing.assert_allclose(same.distance_outlet_m, dry.distance_outlet_m, rtol=1e-9)
    assert crossings(wet) == []
    assert wet.length_m.sum() < dry.length_m.sum()
    for i in np.flatnonzero(wet.parent >= 0).tolist():
        parent = wet.lines.line(int(wet.parent[i]))
        assert (parent == wet.lines.line(i)[-1]).all(axis=1).any()


def test_a_recount_with_a_larger_initiation_area_measures_along_the_final_lines():
    from qingliu.core.terrain.survey import lengths_from

    dem = ramp(40, 15)
    valley = np.abs(np.arange(15) - 7)[None, :] * 3.0
    found, _, _ = routed((dem + valley).astype(np.float32), [], 15)
    turned = follow(found, project=lambda xy: xy * 3.0)
    before, after = lengths_from(found, 9000.0), lengths_from(turned, 9000.0)
    np.testing.assert_allclose(after, 3 * before)
    assert np.nanmax(before) < found.length_m.max()


@pytest.mark.parametrize("seed", range(8))
def test_a_winding_river_on_rough_ground_is_crossed_by_no_other_channel(seed):
    rng = np.random.default_rng(seed)
    dem = (rng.random((50, 50)) * 6 + np.linspace(60, 0, 50)[:, None]).astype(np.float32)
    y = np.linspace(480, 3, 40)
    river = np.column_stack([250 + 80 * np.sin(y / 70 + seed) + rng.normal(0, 4, 40), y])
    found, _, _ = routed(dem, [river], 8)
    assert_sound(found)
    assert crossings(found) == []
    drawn = {tuple(p) for p in found.lines.xy.tolist()}
    assert sum(tuple(p) in drawn for p in river.tolist()) >= 39


def test_a_surveyed_tributary_that_overshoots_the_river_ends_where_it_meets_it():
    dem = ramp(30, 30)
    river = [[152.0, 291.0], [151.0, 150.5], [148.0, 6.0]]
    arm = [[31.0, 283.0], [70.0, 220.0], [158.0, 150.0]]
    found, _, _ = routed(dem, [river, arm], 15)
    assert_sound(found)
    assert crossings(found) == []


def test_lines_that_meet_on_a_channel_of_cells_end_on_it():
    dem = ramp(30, 30)
    dem += (np.abs(np.arange(30) - 15) * 2.0).astype(np.float32)[None, :]
    arm = [[21.0, 283.0], [70.0, 225.0], [163.0, 148.0]]
    found, _, _ = routed(dem, [arm], 15)
    assert_sound(found)
    assert crossings(found) == []


def test_cells_beside_a_diagonal_of_the_path_do_not_flow_across_it():
    direction = np.full((5, 5), 2, np.uint8)
    direction[4] = 8
    direction[2, 1] = 7  # north-east, across the path's step from (1, 1) to (2, 2)
    paths = lay_lines([np.array([[5.0, 45.0], [45.0, 5.0]])], ramp(5, 5), frame_of(ramp(5, 5)))
    enforce(direction, paths)
    assert [int(direction[k, k]) for k in range(4)] == [1, 1, 1, 1]
    assert direction[2, 1] == 0


def test_a_water_body_that_crosses_itself_is_mended():
    geometry = pytest.importorskip("shapely.geometry")
    dem = ramp(30, 21)
    bow_tie = geometry.Polygon([(55.0, 50.0), (155.0, 50.0), (55.0, 250.0), (155.0, 250.0)])
    assert not bow_tie.is_valid
    found, _, _ = routed(dem, [], 12, [bow_tie, None, geometry.Polygon()])
    assert_sound(found)


def test_channel_cells_in_a_box_are_those_whose_cell_meets_it():
    found, _, _ = routed(ramp(30, 21), [], 3)
    network = found.network
    box = (33.0, 101.0, 77.0, 155.0)
    rows, cols = network.rows_cols(np.arange(len(network)))
    wanted = (cols >= 3) & (cols <= 7) & (rows >= 14) & (rows <= 19)
    assert network.cells_in(box).tolist() == np.flatnonzero(wanted).tolist()
    wider = (cols >= 2) & (cols <= 8) & (rows >= 13) & (rows <= 20)
    assert network.cells_in(box, 1).tolist() == np.flatnonzero(wider).tolist()
    assert network.cells_in((-500.0, 900.0, -400.0, 950.0)).tolist() == []


def test_where_there_is_no_channel_there_is_nothing_to_draw():
    box = pytest.importorskip("shapely.geometry").box
    dem = ramp(8, 8)
    found, _, _ = routed(dem, [], 5000, [box(0.0, 0.0, 80.0, 80.0)])
    assert len(found) == 0
    projected = follow(found, project=lambda xy: xy + 1.0)
    assert len(projected.lines.xy) == 0
    assert projected.no_channel_m2 == 6400.0


@pytest.mark.slow
def test_rivers_of_bayreuth_are_followed_by_their_own_vertices_on_a_dem_of_90_m(shared):
    gdal, ogr = pytest.importorskip("osgeo.gdal"), pytest.importorskip("osgeo.ogr")
    folder = shared / "data" / "bayreuth_rotmain"
    raster = gdal.Open(str(folder / "dem_srtm3.tif"))
    dem = raster.ReadAsArray().astype(np.float32)
    x0, dx, _, y0, _, dy = raster.GetGeoTransform()
    frame = GridFrame(*dem.shape, x0, y0, dx, -dy, geographic=True)
    layers = ogr.Open(str(folder / "osm_layers.gpkg"))
    from shapely import wkb

    def shapes(layer):
        return [wkb.loads(bytes(f.GetGeometryRef().ExportToWkb())) for f in layers.GetLayer(layer)]

    rivers = [
        np.array(shape.coords)[:, :2] for shape in shapes("waterways") if shape.geom_type == "LineString"
    ]
    paths = lay_lines(rivers, dem, frame)
    saved = burn(dem, paths)
    direction = flow_directions(dem, frame).direction
    unburn(dem, paths, saved)
    enforce(direction, paths)
    steps = [
        1,
        frame.cols + 1,
        frame.cols,
        frame.cols - 1,
        -1,
        -frame.cols - 1,
        -frame.cols,
        1 - frame.cols,
        0,
    ]
    after = paths.next_cells()
    kept = sum(steps[int(direction.ravel()[c])] == after[c] - c for c in after)
    assert kept >= 0.97 * len(after)
    drained = accumulate(direction, frame.row_cell_areas())
    traced = extract_channels(direction, drained, frame, dem, 8.1e4, extra_cells=paths.cells)
    found = follow(traced, paths, shapes("water"))
    drawn = {tuple(p) for p in found.lines.xy.tolist()}
    inside = [tuple(p) for river in rivers for p in river.tolist() if frame.cell_at(*p)]
    assert sum(p in drawn for p in inside) >= 0.9 * len(inside)
    for i in np.flatnonzero(found.parent >= 0).tolist():
        parent = found.lines.line(int(found.parent[i]))
        assert (parent == found.lines.line(i)[-1]).all(axis=1).any()
