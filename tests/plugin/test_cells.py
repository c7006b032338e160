"""Cells and polygons: nothing lost on the way from one to the other, and QGIS's geometry agrees with shapely's."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import gdal
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsRectangle
from qingliu.core.areas import Part, Zone, area_table
from qingliu.core.errors import Cancelled, InputError
from qingliu.core.grid import Grid, GridFrame
from qingliu.core.planar import ShapelyPlanar
from qingliu.layers.cells import (
    NativeFrame,
    burn,
    cell_polygons,
    centre_mask,
    cropped,
    frame_over,
    native_frame,
    near_mask,
    square_frame,
)
from qingliu.layers.datums import Transform
from qingliu.layers.planar import QgisPlanar, gathered

_spec = importlib.util.spec_from_file_location("land_files", Path(__file__).with_name("land_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)

CRS = QgsCoordinateReferenceSystem.fromEpsgId(4547)
WKT = CRS.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT2_2019)
HERE = Transform(CRS, CRS, identity=True)


def frame(rows, cols, cell=10.0):
    return GridFrame(rows, cols, files.X0, files.Y0, cell, cell, crs_wkt=WKT)


labels_of_cells = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(-1, 3, (12, 9)).astype(np.int32)
)
corners = st.lists(st.tuples(st.floats(-20, 110), st.floats(-140, 20)), min_size=3, max_size=9)


@given(labels_of_cells)
def test_cell_polygons_are_valid_and_hold_each_label_s_cells(qgis_app, labels):
    areas = {}
    for label, shape in cell_polygons(labels, frame(12, 9)):
        assert shape.isGeosValid()
        areas[label] = areas.get(label, 0.0) + shape.area()
    counts = {int(k): 100.0 * n for k, n in zip(*np.unique(labels, return_counts=True)) if k >= 0}
    assert areas == pytest.approx(counts)


@given(labels_of_cells, corners)
def test_clipped_cells_fill_any_boundary_exactly(qgis_app, labels, points):
    """Every cell has a label; what of the boundary lies on the grid is the sum of the clipped cells."""
    moved = ", ".join(f"{files.X0 + x} {files.Y0 + y}" for x, y in [*points, points[0]])
    boundary = gathered([QgsGeometry.fromWkt(f"POLYGON(({moved}))").makeValid()])
    if boundary.isEmpty() or boundary.area() < 1e-3:
        return
    grid = square_frame(boundary.boundingBox(), 10.0, WKT)
    values = np.resize(np.abs(labels), (grid.rows, grid.cols)).astype(np.int32)
    near = np.where(near_mask(boundary, grid), values, -1)
    plane = QgisPlanar()
    inside = plane.clip([shape for _, shape in cell_polygons(near, grid)], boundary)
    total = math.fsum(shape.area() for shape in inside if shape is not None)
    assert total == pytest.approx(boundary.area(), abs=1e-4)


def test_ring_of_cells_that_touches_itself_at_a_corner_is_valid():
    """Eight cells around a hole, one of them missing its side neighbours: older GDALs cross the ring."""
    labels = np.array([[0, 0, 0], [0, -1, 0], [0, 0, -1], [-1, -1, 0]], np.int32)
    found = list(cell_polygons(labels, frame(4, 3)))
    assert all(shape.isGeosValid() for _, shape in found)
    assert math.fsum(shape.area() for _, shape in found) == 800.0


def test_masks_follow_the_boundary():
    """A triangle over half of a 10 x 10 grid: 45 centres lie inside, all touched cells are near."""
    x, y = files.X0, files.Y0
    triangle = QgsGeometry.fromWkt(f"POLYGON(({x} {y}, {x + 100} {y - 100}, {x} {y - 100}, {x} {y}))")
    grid = frame(10, 10)
    centres = centre_mask(triangle, grid)
    assert 45 <= centres.sum() <= 55  # the ten centres on the edge itself may count either way
    assert not (centres & ~near_mask(triangle, grid)).any()
    assert not near_mask(triangle, grid)[0, 5]


def test_the_first_polygon_keeps_a_cell_that_two_claim():
    from qgis.core import QgsGeometry as G

    shapes = [
        bytes(G.fromWkt(files.square(0, 0, 2, 1)).asWkb()),
        bytes(G.fromWkt(files.square(1, 0, 2, 1)).asWkb()),
    ]
    found = burn(shapes, [7, 8], frame(1, 4, 100.0))
    assert found.tolist() == [[7, 7, 8, -1]]


def test_frame_over_keeps_the_rasters_cells_and_reaches_beyond_them():
    native = NativeFrame(frame(10, 10), True)
    box = QgsRectangle(files.X0 + 15, files.Y0 - 125, files.X0 + 31, files.Y0 - 80)
    found = frame_over(native, HERE, box)
    assert (found.x0, found.y0, found.rows, found.cols) == (files.X0 + 10, files.Y0 - 80, 5, 3)
    values = np.arange(100, dtype=np.float32).reshape(10, 10)
    window = cropped(Grid(values, native.frame), found).values
    assert window[0].tolist() == [81, 82, 83] and np.isnan(window[2:]).all()


def test_native_frame_is_read_from_the_header(tmp_path):
    path = files.raster(tmp_path / "r.tif", np.zeros((3, 4), np.float32), cell=30.0)
    found = native_frame(path, "K")
    assert found.aligned and (found.frame.rows, found.frame.cols, found.frame.dx) == (3, 4, 30.0)
    with pytest.raises(InputError) as caught:
        native_frame(str(tmp_path / "absent.tif"), "K")
    assert caught.value.code == "QL-LAYER-MISSING"


def test_too_many_cells_are_refused_before_memory_is_taken():
    with pytest.raises(InputError) as caught:
        square_frame(QgsRectangle(0, 0, 1e7, 1e7), 0.1, WKT)
    assert caught.value.code == "QL-CELLS-MANY"


@pytest.mark.parametrize("exceptions", [False, True], ids=["GDAL returns errors", "GDAL raises errors"])
def test_cancel_stops_the_drawing_of_polygons(exceptions):
    before = gdal.GetUseExceptions()

    class Stop:
        def stage(self, name, count=None):
            return None

        def step(self, fraction):
            raise Cancelled

    labels = np.random.default_rng(1).integers(0, 3, (300, 300)).astype(np.int32)
    (gdal.UseExceptions if exceptions else gdal.DontUseExceptions)()
    try:
        with pytest.raises(Cancelled):
            list(cell_polygons(labels, frame(300, 300), Stop()))
    finally:
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()


@given(corners, corners)
def test_qgis_and_shapely_measure_the_same(qgis_app, one, other):
    """Areas, gaps and overlaps of two polygons in a square, by either geometry."""
    plane = QgisPlanar()
    parts = []
    for number, points in enumerate((one, other)):
        ring = ", ".join(f"{x:.3f} {y:.3f}" for x, y in [*points, points[0]])
        shape = gathered([QgsGeometry.fromWkt(f"POLYGON(({ring}))").makeValid()])
        if shape.isEmpty():
            return
        parts.append(Part("abc"[number], bytes(shape.asWkb()), number))
    square = QgsGeometry.fromRect(QgsRectangle(0, -100, 100, 0))
    zone = Zone("square", bytes(square.asWkb()))
    (ours,) = area_table(parts, [zone], plane)
    (theirs,) = area_table(parts, [zone], ShapelyPlanar())
    assert dict(ours.by_code) == pytest.approx(dict(theirs.by_code), abs=1e-5)
    assert ours.gap == pytest.approx(theirs.gap, abs=2e-4)
    assert ours.overlap == pytest.approx(theirs.overlap, abs=2e-4)


def test_planar_faults_are_coded():
    plane = QgisPlanar()
    line = bytes(QgsGeometry.fromWkt("LINESTRING(0 0,1 1)").asWkb())
    bow = bytes(QgsGeometry.fromWkt("POLYGON((0 0,1 1,1 0,0 1,0 0))").asWkb())
    square = QgsGeometry.fromRect(QgsRectangle(0, 0, 1, 1))
    for call, code in (
        (lambda: plane.read(line, "1"), "QL-AREA-NOTPOLYGON"),
        (lambda: plane.read(bow, "1"), "QL-AREA-INVALID"),
        (lambda: plane.length_inside(bytes(square.asWkb()), square, "1"), "QL-AREA-NOTLINE"),
    ):
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.code == code
    assert plane.length_inside(line, square, "1") == pytest.approx(math.sqrt(2))
    assert plane.union([]) is None and plane.minus(square, square) is None
