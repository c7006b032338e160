"""Which coordinate reference system results are given in, and whether coordinates fit theirs.

The rule (README, CONTRACT "Lengths and areas"): the first input's CRS; where that is
geographic, not in metres or out by more than 0.5 % in scale (Web Mercator), the
CGCS2000 3-degree Gauss-Kruger zone of the centroid inside China, the UTM zone elsewhere.
The zones with prefixed eastings (EPSG:4513-4533) are used, not their twins without
(4534-4554): the coordinate then says its zone, as national deliverables ask.
"""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

from osgeo import osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsDistanceArea,
    QgsEllipsoidUtils,
    QgsRectangle,
)

from ..core.crs_names import (
    OLD_CHINESE,
    Projection,
    ZoneFault,
    datum_key,
    epsg_of_zone,
    geographic_fault,
    projected_fault,
    utm_epsg,
    zone_of_longitude,
)
from ..core.errors import InputError, Problem, problem

SCALE_WARNED = 0.0005
SCALE_REFUSED = 0.005
# No coordinate on Earth is larger in any unit a map is made in (zone prefixes and feet included).
LARGEST_COORDINATE = 1e9
# What GDAL writes where a GeoPackage layer has no CRS at all.
_NO_CRS = ("Undefined geographic SRS", "Undefined Cartesian SRS", "Undefined SRS")


_LEFT = {
    "geographic": "QL-CRS-PROJECTED",
    "units": "QL-CRS-NOTMETRES",
    "scale": "QL-CRS-DISTORTED",
}


class OutputCrs(NamedTuple):
    """Where results lie: ``reason`` is ``same``, ``geographic``, ``units`` or ``scale``.

    ``scale_error`` is that of ``crs`` itself over the extent, as a fraction.
    """

    crs: QgsCoordinateReferenceSystem
    reason: str
    scale_error: float
    warnings: list[Problem]


class Ellipsoid(NamedTuple):
    """Semi-major axis (m) and flattening."""

    semi_major: float
    flattening: float


def wkt_of(crs: QgsCoordinateReferenceSystem) -> str:
    """Full WKT (2019), the form in which a CRS without EPSG code survives."""
    return str(crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT2_2019))


def from_wkt(wkt: str) -> QgsCoordinateReferenceSystem:
    """The CRS of a WKT; with its EPSG identity where it says one, and then the one that all threads share."""
    found = QgsCoordinateReferenceSystem.fromWkt(wkt)
    return QgsCoordinateReferenceSystem(found.authid()) if found.authid() else found


def reference(crs: QgsCoordinateReferenceSystem) -> osr.SpatialReference:
    """GDAL's view of a CRS, eastings or longitudes first."""
    found = osr.SpatialReference()
    # SetFromUserInput raises or returns an error code, by the mode the host program set.
    try:
        found.ImportFromWkt(wkt_of(crs))
    except RuntimeError:
        return osr.SpatialReference()
    found.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return found


def horizontal(crs: QgsCoordinateReferenceSystem) -> QgsCoordinateReferenceSystem:
    """The CRS without its heights: QGIS takes a compound CRS without a code for neither kind."""
    ref = reference(crs)
    if not crs.isValid() or not ref.IsCompound():
        return crs
    found = json.loads(ref.ExportToPROJJSON())
    found = found.get("source_crs", found)
    plane = osr.SpatialReference()
    plane.SetFromUserInput(json.dumps(found["components"][0]))
    return from_wkt(plane.ExportToWkt(["FORMAT=WKT2_2019"]))


def is_geographic(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether coordinates are longitude and latitude, with or without heights."""
    return bool(reference(crs).IsGeographic())


def is_usable(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether the CRS says where on Earth it is: not absent, not local, not geocentric."""
    if not is_stated(crs):
        return False
    ref = reference(crs)
    return bool(ref.IsGeographic() or ref.IsProjected()) and not ref.IsLocal()


def is_stated(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether a layer says its CRS; a GeoPackage without one has an "undefined" one of GDAL's making."""
    return bool(crs.isValid()) and (crs.description() or reference(crs).GetName() or "") not in _NO_CRS


def is_absurd(extent: QgsRectangle) -> bool:
    """Whether coordinates are infinite or larger than any on Earth."""
    ends = (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())
    return not all(math.isfinite(end) and abs(end) <= LARGEST_COORDINATE for end in ends)


def crs_title(crs: QgsCoordinateReferenceSystem) -> str:
    """What a person calls it: code and name, or the name alone where it has no code."""
    if not crs.isValid():
        return "-"
    name = crs.description() or reference(crs).GetName() or ""
    return f"{crs.authid()} {name}".strip()


def datum_of(crs: QgsCoordinateReferenceSystem) -> str:
    """The datum's key (see ``core.crs_names``)."""
    return datum_key(reference(crs).GetAttrValue("DATUM") or "")


def ellipsoid_of(crs: QgsCoordinateReferenceSystem) -> Ellipsoid:
    """The ellipsoid under a CRS."""
    ref = reference(crs)
    inverse = ref.GetInvFlattening()
    return Ellipsoid(ref.GetSemiMajor(), 1 / inverse if inverse else 0.0)


def is_in_metres(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether a projected CRS counts in metres."""
    ref = reference(crs)
    return bool(ref.IsProjected()) and abs(ref.GetLinearUnits() - 1.0) < 1e-9


def _signature(crs: QgsCoordinateReferenceSystem) -> tuple[str, str]:
    plane = horizontal(crs)
    proj = re.sub(r"\s*\+(type=crs|no_defs|wktext)\b", "", plane.toProj())
    return datum_of(plane), " ".join(sorted(proj.split()))


def same_crs(one: QgsCoordinateReferenceSystem, other: QgsCoordinateReferenceSystem) -> bool:
    """Whether two CRSs give the same coordinates, eastings first, whatever their codes and axis order."""
    return bool(one == other) or (one.isValid() and other.isValid() and _signature(one) == _signature(other))


def distance_area(crs: QgsCoordinateReferenceSystem) -> QgsDistanceArea:
    """Measures on the CRS's own ellipsoid (m, m²): the ellipsoidal value beside the planar one."""
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, QgsCoordinateTransformContext())
    measure.setEllipsoid(_ellipsoid_name(crs))
    return measure


def _ellipsoid_name(crs: QgsCoordinateReferenceSystem) -> str:
    """QGIS's name of the ellipsoid nearest to the CRS's own.

    A CRS without a code has its ellipsoid as bare parameters, with which QGIS 3.22 measures NaN.
    """
    name = crs.ellipsoidAcronym()
    if name and not name.startswith("PARAMETER"):
        return str(name)
    shape = ellipsoid_of(crs)
    minor = shape.semi_major * (1 - shape.flattening)

    def distance(acronym: str) -> float:
        found = QgsEllipsoidUtils.ellipsoidParameters(acronym)
        return abs(found.semiMajor - shape.semi_major) + abs(found.semiMinor - minor)

    return min((a for a in QgsEllipsoidUtils.acronyms() if a.startswith("EPSG:")), key=distance)


def scale_error(crs: QgsCoordinateReferenceSystem, extent: QgsRectangle) -> float:
    """Largest |planar / ellipsoidal length - 1| over nine points of the extent, east and north.

    ``inf`` where the CRS cannot hold the coordinates. 0 for a geographic CRS, which has no plane.
    """
    ref = reference(crs)
    if not ref.IsProjected():
        return 0.0
    unit = ref.GetLinearUnits()
    step = 100.0 / unit
    to_degrees = osr.CoordinateTransformation(ref, _degrees_of(ref))
    shape = ellipsoid_of(crs)
    worst = 0.0
    for x, y in _lattice(extent):
        points = _transformed(to_degrees, [(x, y), (x + step, y), (x, y + step)])
        for moved in points[1:]:
            length = _ellipsoidal_step(points[0], moved, shape)
            worst = max(worst, abs(100.0 / length - 1) if length > 0 else math.inf)
    return worst


def _lattice(extent: QgsRectangle) -> list[tuple[float, float]]:
    xs = (extent.xMinimum(), extent.center().x(), extent.xMaximum())
    ys = (extent.yMinimum(), extent.center().y(), extent.yMaximum())
    return [(x, y) for x in xs for y in ys]


def _degrees_of(ref: osr.SpatialReference) -> osr.SpatialReference:
    degrees = ref.CloneGeogCS()
    degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return degrees


def _transformed(
    transform: osr.CoordinateTransformation, points: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Points in degrees; infinite where PROJ cannot."""
    try:
        return [tuple(p[:2]) for p in transform.TransformPoints(points)]
    except RuntimeError:
        return [(math.inf, math.inf)] * len(points)


def _ellipsoidal_step(a: tuple[float, float], b: tuple[float, float], shape: Ellipsoid) -> float:
    """Length in m of a step of about 100 m between two points in degrees."""
    if not all(map(math.isfinite, (*a, *b))):
        return 0.0
    lat = math.radians((a[1] + b[1]) / 2)
    e2 = shape.flattening * (2 - shape.flattening)
    w = 1 - e2 * math.sin(lat) ** 2
    north = shape.semi_major * (1 - e2) / w**1.5 * math.radians(b[1] - a[1])
    east = shape.semi_major * math.cos(lat) / math.sqrt(w) * math.radians(b[0] - a[0])
    return math.hypot(east, north)


def centroid_degrees(crs: QgsCoordinateReferenceSystem, extent: QgsRectangle) -> tuple[float, float]:
    """Longitude and latitude of the extent's centre on the CRS's own datum."""
    ref = reference(crs)
    centre = (extent.center().x(), extent.center().y())
    if ref.IsGeographic():
        factor = math.degrees(ref.GetAngularUnits())
        return centre[0] * factor, centre[1] * factor
    return _transformed(osr.CoordinateTransformation(ref, _degrees_of(ref)), [centre])[0]


def metric_crs_at(longitude: float, latitude: float, datum: str = "wgs84") -> QgsCoordinateReferenceSystem:
    """The CGCS2000 3-degree zone inside China, the UTM zone elsewhere (on ``datum`` where there is one).

    "Inside China" is the EPSG register's area of use of that zone, so that neighbours
    beyond the border of a zone's strip get UTM.
    """
    code = epsg_of_zone("cgcs2000", zone_of_longitude(longitude))
    if code is not None:
        zone = QgsCoordinateReferenceSystem.fromEpsgId(code)
        area = zone.bounds()
        if area.yMinimum() <= latitude <= area.yMaximum() and _near(longitude, area):
            return zone
    number = min(max(int((longitude + 180) // 6) + 1, 1), 60)
    return QgsCoordinateReferenceSystem.fromEpsgId(utm_epsg(datum, number, latitude >= 0))


def _near(longitude: float, area: QgsRectangle) -> bool:
    return bool(area.xMinimum() - 0.02 <= longitude <= area.xMaximum() + 0.02)


def output_crs(
    crs: QgsCoordinateReferenceSystem, extent: QgsRectangle, layer: str = "", parameter: str = ""
) -> OutputCrs:
    """The CRS of the results for a first input in ``crs`` over ``extent`` (in that CRS).

    Warnings: QL-CRS-PROJECTED, QL-CRS-NOTMETRES or QL-CRS-DISTORTED name the CRS taken instead of the
    input's; QL-CRS-SCALE a scale error above 0.05 % in the CRS of the results. Raises InputError where
    there is no usable CRS or the coordinates do not belong to it (:func:`coordinate_problems`).
    """
    faults = crs_problems(crs, layer, parameter) or _place_faults(crs, extent, layer, parameter)
    if faults:
        raise InputError(problems=faults)
    reason = _reason_to_leave(crs, extent)
    if reason == "same":
        target, error = crs, scale_error(crs, extent)
        warnings: list[Problem] = []
    else:
        target = metric_crs_at(*centroid_degrees(crs, extent), datum_of(crs))
        error = _error_elsewhere(crs, target, extent)
        names = {"layer": layer, "source": crs_title(crs), "target": crs_title(target)}
        warnings = [problem(_LEFT[reason], **names)]
    if error > SCALE_WARNED:
        warnings.append(problem("QL-CRS-SCALE", layer=layer, crs=crs_title(target), percent=f"{error:.3%}"))
    return OutputCrs(target, reason, error, warnings)


def _place_faults(
    crs: QgsCoordinateReferenceSystem, extent: QgsRectangle, layer: str, parameter: str
) -> list[Problem]:
    """Why an extent says of no place where results should lie: none at all, wrong, or beyond the Earth."""
    facts = {"layer": layer, "parameter": parameter or "-"}
    # newer QGIS takes an extent of no numbers for none
    if extent.isNull() and not math.isnan(extent.xMinimum()):
        return [problem("QL-LAYER-NOFEATURES", **facts)]
    faults = coordinate_problems(crs, extent, layer, parameter or "-")
    if not faults and (is_absurd(extent) or not all(map(math.isfinite, centroid_degrees(crs, extent)))):
        ends = (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())
        example = ", ".join(f"{end:.6g}" for end in ends)
        return [problem("QL-CRS-NOWHERE", example=example, crs=crs_title(crs), **facts)]
    return faults


def _reason_to_leave(crs: QgsCoordinateReferenceSystem, extent: QgsRectangle) -> str:
    if is_geographic(crs):
        return "geographic"
    if not is_in_metres(crs):
        return "units"
    return "scale" if scale_error(crs, extent) > SCALE_REFUSED else "same"


def _error_elsewhere(
    crs: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem, extent: QgsRectangle
) -> float:
    """Scale error of ``target`` over an extent given in ``crs``; a datum's shift does not matter here."""
    ref = reference(crs)
    forth = osr.CoordinateTransformation(_degrees_of(reference(target)), reference(target))
    if ref.IsGeographic():
        degrees = _lattice(extent)
    else:
        degrees = _transformed(osr.CoordinateTransformation(ref, _degrees_of(ref)), _lattice(extent))
    placed = [p for p in _transformed(forth, degrees) if all(map(math.isfinite, p))]
    if not placed:
        return math.inf
    xs, ys = [p[0] for p in placed], [p[1] for p in placed]
    return scale_error(target, QgsRectangle(min(xs), min(ys), max(xs), max(ys)))


def projection_of(crs: QgsCoordinateReferenceSystem) -> Projection:
    """Datum, false easting (m) and central meridian of a projected CRS."""
    ref = reference(crs)
    kind = ref.GetAttrValue("PROJECTION") or ""
    return Projection(
        datum_of(crs),
        ref.GetProjParm("false_easting", 0.0) * ref.GetLinearUnits(),
        ref.GetProjParm("central_meridian", 0.0),
        kind.lower() in ("transverse_mercator", "gauss_kruger"),
    )


def zone_fault(crs: QgsCoordinateReferenceSystem, extent: QgsRectangle) -> ZoneFault | None:
    """What an extent says about a wrongly named CRS, None where it fits."""
    box = (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())
    if is_geographic(crs):
        return geographic_fault(box, datum_of(crs))
    return projected_fault(box, projection_of(crs)) if is_in_metres(crs) else None


_FAULT_CODES = {
    "prefixed": "QL-CRS-PREFIXED",
    "unprefixed": "QL-CRS-UNPREFIXED",
    "other_zone": "QL-CRS-OTHERZONE",
    "swapped": "QL-CRS-SWAPPED",
    "degrees": "QL-CRS-DEGREES",
    "metres": "QL-CRS-METRES",
    "latitude_first": "QL-CRS-LATITUDEFIRST",
}


def coordinate_problems(
    crs: QgsCoordinateReferenceSystem, extent: QgsRectangle, layer: str, parameter: str = ""
) -> list[Problem]:
    """Coordinates that cannot belong to their CRS, named with the CRS that fits (empty list: fine)."""
    if extent.isNull() or is_absurd(extent):  # such features are counted one by one as they are read
        return []
    example = f"{extent.center().x():.1f}, {extent.center().y():.1f}"
    facts = {"layer": layer, "parameter": parameter, "crs": crs_title(crs), "example": example}
    fault = zone_fault(crs, extent)
    if fault is not None:
        fits = f"EPSG:{fault.epsg}" if fault.epsg else "?"
        return [problem(_FAULT_CODES[fault.kind], zone=fault.found, fits=fits, **facts)]
    if not all(map(math.isfinite, centroid_degrees(crs, extent))):
        return [problem("QL-CRS-NOWHERE", **facts)]
    return []


def crs_problems(crs: QgsCoordinateReferenceSystem, layer: str, parameter: str = "") -> list[Problem]:
    """A layer without a usable CRS (QL-CRS-NONE, QL-CRS-LOCAL)."""
    if not is_stated(crs):
        return [problem("QL-CRS-NONE", layer=layer, parameter=parameter)]
    if not is_usable(crs):
        return [problem("QL-CRS-LOCAL", layer=layer, parameter=parameter, crs=crs_title(crs))]
    return []


def is_old_chinese(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether the CRS rests on Beijing 54, New Beijing or Xi'an 80."""
    return datum_of(crs) in OLD_CHINESE
