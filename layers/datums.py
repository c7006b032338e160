"""The datum guard: no coordinates change their datum in silence.

PROJ knows no public tie between Beijing 54 or Xi'an 80 and CGCS2000: it offers a
"ballpark" step that ignores tens of metres, or parameters of one oil field. Such
steps are refused where lengths decide a verdict and warned about elsewhere, unless
local parameters (county profile, project settings, the CRS itself) are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsDatumTransform,
    QgsPointXY,
    QgsRectangle,
)

from ..core.crs_names import GEOCENTRIC, OLD_CHINESE, datum_title
from ..core.datum_shift import DatumShift, find_shift, pipeline
from ..core.errors import InputError, Problem, problem
from .crs import crs_title, datum_of, same_crs

# Algorithms that refuse mixed datums without local parameters; all others warn.
REFUSING = frozenset({"streamsurvey", "mapsheets"})

ACCURACY_LIMIT = 1.0


@dataclass(frozen=True)
class Transform:
    """From ``source`` to ``target``; ``operation`` is the PROJ pipeline that must be used, or empty."""

    source: QgsCoordinateReferenceSystem
    target: QgsCoordinateReferenceSystem
    operation: str = ""
    identity: bool = False

    def qgis(self) -> QgsCoordinateTransform:
        """QGIS's transform, bound to the operation that was agreed on."""
        made = QgsCoordinateTransform(self.source, self.target, QgsCoordinateTransformContext())
        if self.operation:
            made.setCoordinateOperation(self.operation)
            made.setAllowFallbackTransforms(False)
        else:
            # What ballpark means has been said by the guard; PROJ need not log it for every feature.
            made.setBallparkTransformsAreAppropriate(True)
        return made

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A point in the target CRS. Raises InputError QL-CRS-OUTSIDE."""
        if self.identity:
            return x, y
        try:
            moved = self.qgis().transform(QgsPointXY(x, y))
        except QgsCsException:
            raise self._outside(f"{x}, {y}") from None
        return moved.x(), moved.y()

    def rectangle(self, extent: QgsRectangle) -> QgsRectangle:
        """Bounding box in the target CRS. Raises InputError QL-CRS-OUTSIDE."""
        if self.identity:
            return QgsRectangle(extent)
        try:
            return self.qgis().transformBoundingBox(extent)
        except QgsCsException:
            raise self._outside(extent.toString(1)) from None

    def _outside(self, where: str) -> InputError:
        return InputError(
            "QL-CRS-OUTSIDE", where=where, source=crs_title(self.source), target=crs_title(self.target)
        )


class Guarded(NamedTuple):
    """A transform that may be used, and what must be said about it."""

    transform: Transform
    warnings: list[Problem]


class _Way(NamedTuple):
    """What PROJ would do between two datums."""

    accuracy: float
    ballpark: bool


def guard(
    source: QgsCoordinateReferenceSystem,
    target: QgsCoordinateReferenceSystem,
    *,
    layer: str,
    parameter: str = "",
    algorithm: str = "",
    first: QgsCoordinateReferenceSystem | None = None,
    shifts: Sequence[DatumShift] = (),
    context: QgsCoordinateTransformContext | None = None,
) -> Guarded:
    """The transform from ``source`` to ``target``, with warnings, or a refusal.

    ``first`` is the CRS of the run's first input: inputs on its datum are not mixed, however far the
    CRS of the results lies. ``shifts`` are the county's local parameters; ``context`` the
    project's own datum settings.
    Raises InputError QL-CRS-DATUM where ``algorithm`` is in ``REFUSING`` and the datums cannot be tied
    to a metre.
    """
    if same_crs(source, target):
        return Guarded(Transform(source, target, identity=True), [])
    one, other = datum_of(source), datum_of(target)
    facts: dict[str, Any] = {
        "layer": layer,
        "parameter": parameter,
        "source_datum": datum_title(one),
        "target_datum": datum_title(other),
    }
    if one == other:
        return Guarded(Transform(source, target), [])
    if {one, other} <= GEOCENTRIC:
        return Guarded(Transform(source, target), [problem("QL-CRS-GEOCENTRIC", **facts)])
    given = _given_operation(source, target, shifts, context)
    if given is not None:
        operation, origin = given
        warned = [problem("QL-CRS-LOCALSHIFT", origin=origin, **facts)]
        return Guarded(Transform(source, target, operation), warned)
    way = _best_way(source, target)
    if not _untied(one, other, way):
        return Guarded(Transform(source, target), [])
    mixed = first is None or datum_of(first) != one
    if algorithm in REFUSING and mixed:
        raise InputError("QL-CRS-DATUM", **facts)
    return Guarded(Transform(source, target), [problem("QL-CRS-DATUMSHIFT", **facts)])


def _untied(one: str, other: str, way: _Way) -> bool:
    old = bool({one, other} & OLD_CHINESE)
    return old or way.ballpark or way.accuracy < 0 or way.accuracy > ACCURACY_LIMIT


def _given_operation(
    source: QgsCoordinateReferenceSystem,
    target: QgsCoordinateReferenceSystem,
    shifts: Sequence[DatumShift],
    context: QgsCoordinateTransformContext | None,
) -> tuple[str, str] | None:
    """(PROJ pipeline, where it comes from): county profile, project settings, or the CRS's own towgs84."""
    one, other = datum_of(source), datum_of(target)
    shift = find_shift(shifts, one, other)
    if shift is not None:
        made = pipeline(source.toProj(), target.toProj(), shift, inverse=shift.source != one)
        return made, shift.origin or "COUNTY"
    if context is not None and context.hasTransform(source, target):
        return context.calculateCoordinateOperation(source, target), "QGIS"
    if any(not crs.authid() and "+towgs84=" in crs.toProj() for crs in (source, target)):
        return "", "+towgs84"
    return None


def _best_way(source: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem) -> _Way:
    """PROJ's first operation that this installation can carry out."""
    for details in QgsDatumTransform.operations(source, target):
        if details.isAvailable:
            return _Way(details.accuracy, "ballpark" in details.name.lower())
    return _Way(-1.0, True)
