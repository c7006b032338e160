"""The operations on polygons by QGIS: what lies in a window, part by part."""

from __future__ import annotations

import pytest
from qgis.core import QgsGeometry, QgsWkbTypes
from qingliu.layers.planar import QgisPlanar


def square(x, y, side):
    return f"(({x} {y},{x + side} {y},{x + side} {y + side},{x} {y + side},{x} {y}))"


def shape(*parts):
    return QgsGeometry.fromWkt(f"MULTIPOLYGON({','.join(parts)})")


INSIDE, CROSSING, OUTSIDE = square(10, 10, 5), square(95, 20, 10), square(200, 20, 10)
WINDOW = QgsGeometry.fromWkt(f"POLYGON{square(0, 0, 100)}")


@pytest.mark.parametrize(
    ("parts", "area", "count"),
    [
        ((INSIDE,), 25, 1),
        ((CROSSING,), 50, 1),
        ((INSIDE, CROSSING), 75, 2),
        ((INSIDE, CROSSING, OUTSIDE), 75, 2),
        ((INSIDE, OUTSIDE), 25, 1),
        ((square(100, 0, 10),), None, 0),
        ((OUTSIDE,), None, 0),
    ],
    ids=["inside", "crossing", "both", "all", "in-and-out", "touching", "outside"],
)
def test_what_lies_in_a_window_is_the_same_part_by_part_as_at_once(qgis_app, parts, area, count):
    whole = shape(*parts)
    found = QgisPlanar().clip([whole], WINDOW)[0]
    if area is None:
        assert found is None
        return
    assert found.area() == pytest.approx(area) and found.isGeosValid()
    assert found.symDifference(whole.intersection(WINDOW)).area() == pytest.approx(0)
    assert len(found.asGeometryCollection()) == count
    assert found.type() == QgsWkbTypes.GeometryType.PolygonGeometry


def test_a_shape_inside_comes_back_as_it_is(qgis_app):
    whole = shape(INSIDE, square(40, 40, 5))
    assert QgisPlanar().clip([whole], WINDOW)[0] is whole


def test_a_part_that_only_touches_the_window_leaves_no_line_behind(qgis_app):
    found = QgisPlanar().clip([shape(INSIDE, square(100, 50, 10))], WINDOW)[0]
    assert found.area() == pytest.approx(25) and len(found.asGeometryCollection()) == 1
