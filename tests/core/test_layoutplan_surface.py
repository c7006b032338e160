"""Area on the ground: planes whose slope is known, gaps that are said, land beside the DEM."""

from __future__ import annotations

import math

import numpy as np
import pytest
from qingliu.core.grid import Grid, GridFrame
from qingliu.core.layoutplan.cutting import Areas, Cutter
from qingliu.core.layoutplan.model import Item
from qingliu.core.layoutplan.surface import GroundArea, ground_factor
from qingliu.core.siting.planar import ShapelyShapes

geometry = pytest.importorskip("shapely.geometry")
SHAPES = ShapelyShapes()
FRAME = GridFrame(30, 30, 0.0, 300.0, 10.0, 10.0)


def plane(degrees):
    """A plane that rises to the east."""
    return Grid(
        (np.arange(30.0) * 10 * math.tan(math.radians(degrees)))[None, :].repeat(30, 0).astype(np.float32),
        FRAME,
    )


@pytest.mark.parametrize(
    ("degrees", "factor"), [(0, 1.0), (45, math.sqrt(2)), (60, 2.0)], ids=["flat", "45", "60"]
)
def test_a_plot_on_a_plane_has_its_area_over_the_cosine(degrees, factor):
    ground = GroundArea(SHAPES, ground_factor(plane(degrees)))
    assert ground(geometry.box(40, 40, 140, 90)) == pytest.approx(5000 * factor, rel=1e-5)
    assert ground.gaps == 0


def test_a_plot_smaller_than_a_cell_takes_the_cell_it_lies_in():
    ground = GroundArea(SHAPES, ground_factor(plane(60)))
    assert ground(geometry.box(41, 41, 43, 43)) == pytest.approx(8.0, rel=1e-5)


def test_outside_the_dem_nothing_is_known_and_it_is_counted():
    ground = GroundArea(SHAPES, ground_factor(plane(60)))
    assert ground(geometry.box(1000, 1000, 1100, 1100)) is None
    assert ground.gaps == 1


def test_cells_without_data_do_not_count_in_the_mean():
    dem = plane(60)
    values = dem.values.copy()
    values[:, :10] = np.nan
    ground = GroundArea(SHAPES, ground_factor(Grid(values, FRAME)))
    # ten columns are known; beside the gap Horn sees half the rise: sqrt(1 + 3/4) instead of 2
    expected = 20_000 * (9 * 2 + math.sqrt(1.75)) / 10
    assert ground(geometry.box(0, 100, 200, 200)) == pytest.approx(expected, rel=1e-5)
    assert ground(geometry.box(0, 100, 80, 200)) is None


def test_the_parts_of_a_plot_have_together_the_ground_of_the_whole():
    ground = GroundArea(SHAPES, ground_factor(plane(45)))
    zones = Areas(SHAPES, [("a", geometry.box(0, 0, 100, 300)), ("b", geometry.box(100, 0, 300, 300))])
    parts = Cutter(SHAPES, zones, surface=ground).parts(
        Item("u", "terrace", "polygon"), geometry.box(50, 50, 250, 150)
    )
    assert [p.zone for p in parts] == ["a", "b"]
    assert math.fsum(p.surface_m2 for p in parts) == pytest.approx(20_000 * math.sqrt(2), rel=1e-5)
