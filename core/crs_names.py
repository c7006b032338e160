"""Which datum a name means, and which Chinese zone a coordinate betrays.

Plain text and numbers: the datum guard (``layers.datums``) and the output rule
(``layers.crs``) ask here. EPSG numbers of the Chinese Gauss-Kruger zones are those
of the EPSG register; zone prefixes follow the national rule (false easting = zone
number x 1,000 km + 500 km; 3-degree zones 25-45, 6-degree zones 13-23).
"""

from __future__ import annotations

import re
from typing import NamedTuple, Tuple

# Satellite-age, Earth-centred datums: they differ by plate motion and frame
# realisation only, at most about a metre at present.
GEOCENTRIC = frozenset({"cgcs2000", "wgs84", "itrf", "etrs89"})

# Datums whose tie to the satellite-age ones is local: no national parameters are public.
OLD_CHINESE = frozenset({"beijing54", "xian80", "newbeijing"})

_DATUMS = (
    ("newbeijing", ("newbeijing",)),
    ("beijing54", ("beijing1954", "beijing54", "pulkovo1942bj54")),
    ("xian80", ("xian1980", "xian80")),
    ("cgcs2000", ("china2000", "chinageodeticcoordinatesystem2000", "cgcs2000", "china2000geodetic")),
    ("wgs84", ("wgs1984", "worldgeodeticsystem1984", "wgs84")),
    ("etrs89", ("europeanterrestrialreferencesystem1989", "etrs1989", "etrs89")),
    ("nad83", ("northamericandatum1983", "northamerican1983", "nad1983", "nad83")),
    ("itrf", ("itrf", "internationalterrestrialreferenceframe")),
)

DATUM_TITLES = {
    "beijing54": "Beijing 1954 (北京54)",
    "newbeijing": "New Beijing (新北京54)",
    "xian80": "Xian 1980 (西安80)",
    "cgcs2000": "CGCS2000 (国家2000)",
    "wgs84": "WGS 84",
    "etrs89": "ETRS89",
    "nad83": "NAD83",
    "itrf": "ITRF",
}


def datum_key(name: str) -> str:
    """The datum behind a name as PROJ, GDAL, ESRI or a person spells it; unknown names normalised."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower().replace("'", ""))
    stem = plain[1:] if name.startswith("D_") else plain
    for key, starts in _DATUMS:
        if stem.startswith(starts):
            return key
    return stem


def datum_title(key: str) -> str:
    """The datum's name for a message; the key itself where it is not ours."""
    return DATUM_TITLES.get(key, key)


class Belt(NamedTuple):
    """A run of EPSG codes: zones of ``width`` degrees, ``prefixed`` eastings or not."""

    datum: str
    width: int
    prefixed: bool
    first_code: int


# First code of each run; 3-degree runs hold zones 25-45, 6-degree runs zones 13-23.
BELTS = (
    Belt("cgcs2000", 3, True, 4513),
    Belt("cgcs2000", 3, False, 4534),
    Belt("cgcs2000", 6, True, 4491),
    Belt("cgcs2000", 6, False, 4502),
    Belt("xian80", 3, True, 2349),
    Belt("xian80", 3, False, 2370),
    Belt("xian80", 6, True, 2327),
    Belt("xian80", 6, False, 2338),
    Belt("beijing54", 3, True, 2401),
    Belt("beijing54", 3, False, 2422),
    Belt("beijing54", 6, True, 21413),
    Belt("beijing54", 6, False, 21453),
)

_FIRST_ZONE = {3: 25, 6: 13}
_LAST_ZONE = {3: 45, 6: 23}


def zone_width(zone: int) -> int | None:
    """3 or 6 degrees for a zone number of China, None for a number that is neither."""
    for width, first in _FIRST_ZONE.items():
        if first <= zone <= _LAST_ZONE[width]:
            return width
    return None


def central_meridian(zone: int) -> float:
    """Central meridian of a Chinese zone number, degrees east."""
    return 3.0 * zone if zone_width(zone) == 3 else 6.0 * zone - 3.0


def zone_of_longitude(longitude: float, width: int = 3) -> int:
    """Number of the 3- or 6-degree zone that holds a longitude."""
    return int((longitude + 1.5) // 3) if width == 3 else int(longitude // 6) + 1


def epsg_of_zone(datum: str, zone: int, prefixed: bool = True) -> int | None:
    """EPSG code of a zone in a datum (``datum_key``), None where the register has none."""
    width = zone_width(zone)
    for belt in BELTS:
        if (belt.datum, belt.width, belt.prefixed) == (datum, width, prefixed):
            return belt.first_code + zone - _FIRST_ZONE[belt.width]
    return None


class Projection(NamedTuple):
    """What a projected CRS says of itself: metres and degrees; ``datum`` as ``datum_key``."""

    datum: str
    false_easting: float
    central_meridian: float
    transverse_mercator: bool = True


class ZoneFault(NamedTuple):
    """Coordinates that do not belong to their CRS: what is wrong and which CRS they fit.

    ``kind``: ``prefixed`` (easting carries zone ``found``, the CRS has none),
    ``unprefixed`` (the CRS expects a prefix), ``other_zone``, ``swapped`` (northing first),
    ``degrees`` (degrees under a projected CRS), ``metres`` (metres under a geographic one),
    ``latitude_first`` (latitude and longitude swapped).
    """

    kind: str
    found: int | None
    epsg: int | None


def utm_epsg(datum: str, zone: int, north: bool) -> int:
    """EPSG code of a UTM zone, on the data's own datum where the register has it, else on WGS 84."""
    if north and datum == "nad83" and 1 <= zone <= 23:
        return 26900 + zone
    if north and datum == "etrs89" and 28 <= zone <= 38:
        return 25800 + zone
    return (32600 if north else 32700) + zone


Extent = Tuple[float, float, float, float]  # (xmin, ymin, xmax, ymax)


def easting_zone(x: float) -> int | None:
    """Zone number that an easting in metres carries in front, None where it carries none."""
    zone = int(x // 1_000_000)
    # Gauss-Kruger eastings lie within about 350 km of 500 km even at the edge of a 6-degree zone.
    return zone if zone_width(zone) and 100_000 <= x % 1_000_000 <= 900_000 else None


def _is_northing(y: float) -> bool:
    """Whether a number in metres may be a northing in China (from 3 to 54 degrees north)."""
    return 300_000 <= y <= 6_000_000


def _far_north_first(x: float, y: float) -> bool:
    """Whether x is a northing and y an easting without a zone: no easting lies 1,000 km from its meridian."""
    return x >= 1_500_000 and _is_northing(x) and 100_000 <= y <= 900_000


def _like_degrees(extent: Extent) -> bool:
    """Whether numbers are degrees rather than metres; a grid laid at the origin (0) is neither."""
    x0, y0, x1, y1 = extent
    small = max(abs(x0), abs(x1)) <= 360 and max(abs(y0), abs(y1)) <= 90 and (x1 - x0) < 20
    return small and 0.0 not in extent


def projected_fault(extent: Extent, projection: Projection) -> ZoneFault | None:
    """What the extent (metres) under a projected CRS betrays, None where it fits."""
    x0, y0, x1, y1 = extent
    if _like_degrees(extent):
        return ZoneFault("degrees", None, None)
    if not projection.transverse_mercator:
        return None
    middle = (x0 + x1) / 2
    expected = easting_zone(projection.false_easting)
    north_first = easting_zone((y0 + y1) / 2)
    if north_first and _is_northing(middle):
        return ZoneFault("swapped", north_first, epsg_of_zone(projection.datum, north_first))
    found = easting_zone(middle)
    if expected is None and found is None and _far_north_first(middle, (y0 + y1) / 2):
        own = zone_of_longitude(projection.central_meridian)
        fits = epsg_of_zone(projection.datum, own, prefixed=False)
        if fits is not None:
            return ZoneFault("swapped", own, fits)
    if expected is None:
        return ZoneFault("prefixed", found, epsg_of_zone(projection.datum, found)) if found else None
    if found is None and 100_000 <= middle <= 900_000:
        return ZoneFault("unprefixed", None, epsg_of_zone(projection.datum, expected, prefixed=False))
    if found is not None and found != expected:
        return ZoneFault("other_zone", found, epsg_of_zone(projection.datum, found))
    return None


def geographic_fault(extent: Extent, datum: str) -> ZoneFault | None:
    """What an extent under a CRS in degrees betrays, None where it fits."""
    x0, y0, x1, y1 = extent
    if max(abs(x0), abs(x1)) <= 360.001 and max(abs(y0), abs(y1)) <= 90.001:
        return None
    if max(abs(x0), abs(x1)) <= 90 and max(abs(y0), abs(y1)) <= 360:
        return ZoneFault("latitude_first", None, None)
    zone = easting_zone((x0 + x1) / 2)
    swapped = easting_zone((y0 + y1) / 2)
    if swapped and not zone and _is_northing((x0 + x1) / 2):
        return ZoneFault("swapped", swapped, epsg_of_zone(datum, swapped))
    return ZoneFault("metres", zone, epsg_of_zone(datum, zone) if zone else None)
