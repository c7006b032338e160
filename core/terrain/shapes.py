"""The few calls on shapely that differ between its versions 1.8 and 2, and how it is asked for."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any, Sequence

import numpy as np

from ..errors import MissingLibrary


def shapely_modules() -> Any:
    """shapely with ``geometry``, ``ops``, ``prepared``, ``strtree`` and ``wkb`` imported. Raises MissingLibrary."""
    try:
        import shapely
        import shapely.geometry
        import shapely.ops
        import shapely.prepared
        import shapely.strtree
        import shapely.wkb
    except ImportError as error:
        raise MissingLibrary("QL-CHANNELS-SHAPELY", library="shapely") from error
    return shapely


def sound_polygon(polygon: Any) -> Any:
    """The polygon, mended where it crosses itself (loops of either sense kept); None stays None."""
    if polygon is None or polygon.is_empty or polygon.is_valid:
        return polygon
    if hasattr(shapely_modules(), "make_valid"):
        mended = shapely_modules().make_valid(polygon)
    else:
        mended = import_module("shapely.validation").make_valid(polygon)
    parts = [part for part in getattr(mended, "geoms", [mended]) if part.area > 0]
    return shapely_modules().ops.unary_union(parts) if parts else None


def inside_points(polygon: Any, xy: np.ndarray) -> np.ndarray:
    """Which points (n, 2) lie inside ``polygon``, bool (n,)."""
    shapely = shapely_modules()
    if hasattr(shapely, "contains_xy"):
        shapely.prepare(polygon)
        return np.asarray(shapely.contains_xy(polygon, xy[:, 0], xy[:, 1]), bool)
    vectorized = _vectorized()
    if vectorized is not None:
        return np.asarray(vectorized.contains(polygon, xy[:, 0], xy[:, 1]), bool)
    prepared = shapely.prepared.prep(polygon)
    point = shapely.geometry.Point
    return np.fromiter((prepared.contains(point(x, y)) for x, y in xy.tolist()), bool, len(xy))


def _vectorized() -> Any:
    """The compiled part of version 1.8 that some builds lack, or None."""
    try:
        return import_module("shapely.vectorized")
    except ImportError:
        return None


class ShapeIndex:
    """Finds geometries by bounding box, as positions in the sequence given; None and empty ones never."""

    def __init__(self, geometries: Sequence[Any]) -> None:
        shapely = shapely_modules()
        self._positions = [i for i, g in enumerate(geometries) if g is not None and not g.is_empty]
        chosen = [geometries[i] for i in self._positions]
        self._gives_objects = not hasattr(shapely, "from_wkb")  # version strings may say 0+unknown
        # version 1.8 answers with the geometries themselves
        self._by_id = {id(g): i for g, i in zip(chosen, self._positions)}
        with warnings.catch_warnings():  # 1.8 announces what version 2 changes; both are handled
            warnings.simplefilter("ignore")
            self._tree = shapely.strtree.STRtree(chosen) if chosen else None
        self._kept = chosen

    def near(self, geometry: Any) -> list[int]:
        """Positions of geometries whose bounding boxes meet that of ``geometry``, ascending."""
        if self._tree is None:
            return []
        found = self._tree.query(geometry)
        if self._gives_objects:
            return sorted(self._by_id[id(g)] for g in found)
        return sorted(self._positions[int(i)] for i in found)
