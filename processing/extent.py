"""``BOUNDARY``: where an algorithm measures, and the CRS of its results."""

from __future__ import annotations

from typing import Callable, NamedTuple, TypeVar

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry

from ..core.areas import Zone
from ..core.errors import InputError, Problem
from ..core.progress import Progress
from ..layers.crs import coordinate_problems, crs_problems, distance_area, output_crs
from ..layers.lines import union
from ..layers.records import POLYGON, Wanted
from .inputs import Inputs

T = TypeVar("T")


class Extent(NamedTuple):
    """The boundary as one geometry in ``crs``, projected and in metres; ``first`` is the CRS it came in."""

    geometry: QgsGeometry
    crs: QgsCoordinateReferenceSystem
    first: QgsCoordinateReferenceSystem

    @property
    def zone(self) -> Zone:
        """The boundary as a zone to measure in."""
        return Zone("BOUNDARY", bytes(self.geometry.asWkb()))


def read_extent(inputs: Inputs, progress: Progress) -> Extent:
    """The union of BOUNDARY's polygons; its planar and ellipsoidal area go to the log.

    Raises InputError where it has no polygon or cannot be read.
    """
    source = inputs.must_source("BOUNDARY")
    name, first, box = source.sourceName(), source.sourceCrs(), source.sourceExtent()
    inputs.faults += crs_problems(first, name, "BOUNDARY")
    inputs.stop()
    inputs.faults += coordinate_problems(first, box, name, "BOUNDARY")
    inputs.stop()
    if source.featureCount() == 0:
        raise InputError("QL-LAYER-NOFEATURES", layer=name, parameter="BOUNDARY")
    target = output_crs(first, box, name, "BOUNDARY")
    inputs.warn(target.warnings)
    records = inputs.records("BOUNDARY", target.crs, Wanted(POLYGON), first=first, progress=progress)
    if not records:
        inputs.faults.append(Problem("QL-LAYER-NOFEATURES", {"layer": name, "parameter": "BOUNDARY"}))
    inputs.stop()
    whole = union(records)
    ellipsoidal = distance_area(target.crs).measureArea(whole)
    facts = {"planar": f"{whole.area() / 1e4:.4f}", "ellipsoidal": f"{ellipsoidal / 1e4:.4f}"}
    inputs.feedback.pushInfo(Problem("QL-AREA-BOTH", facts).text())
    return Extent(whole, target.crs, first)


def alone(inputs: Inputs, work: Callable[[], T]) -> T:
    """``work()``; faults that it left in ``inputs`` are raised, so that ``inputs.attempt`` can gather them."""
    before = len(inputs.faults)
    found = work()
    new = inputs.faults[before:]
    if new:
        del inputs.faults[before:]
        raise InputError(problems=new)
    return found
