"""What photos and tracks say of themselves: position, time, direction, length (4.1.4, 4.3.3).

EXIF as GDAL reads it (``EXIF_GPSLatitude`` = ``(30) (15) (20.5)``); a time without an offset is the
camera's own clock and stays as it is written.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any, Mapping, NamedTuple, Optional, Sequence, Tuple

from .. import language
from ..data import RESOURCES, load_yaml

PHOTO, TRACK, WAYPOINT, ORTHOPHOTO = "photo", "track", "point", "orthophoto"
SUFFIXES: Mapping[str, Tuple[str, ...]] = {
    PHOTO: (".jpg", ".jpeg"),
    TRACK: (".gpx", ".kml", ".kmz"),
    ORTHOPHOTO: (".tif", ".tiff"),
}
_PARENS = re.compile(r"\(([^)]*)\)")
_CLOCK = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_EARTH_M = 6_371_008.8  # mean radius, IUGG


class ExifFacts(NamedTuple):
    """What a photo says: degrees east and north (WGS 84), time, direction it looks to (degrees)."""

    longitude: Optional[float] = None
    latitude: Optional[float] = None
    moment: Optional[str] = None
    direction: Optional[float] = None

    @property
    def place(self) -> Optional[Tuple[float, float]]:
        """Where it was taken, None where it does not know."""
        if self.longitude is None or self.latitude is None:
            return None
        return self.longitude, self.latitude


def kind_of_file(suffix: str) -> Optional[str]:
    """Photo, track or orthophoto by the ending of a file's name, None for anything else."""
    return next((kind for kind, known in SUFFIXES.items() if suffix.lower() in known), None)


@cache
def _refusals() -> Mapping[str, Any]:
    found: Mapping[str, Any] = load_yaml(RESOURCES / "field" / "refusals.yaml")
    return found


def refusal(why: str, **facts: Any) -> str:
    """Why a file is no evidence, in the language in force; ``why`` is a key of ``resources/field/refusals.yaml``."""
    known = ", ".join(ending for endings in SUFFIXES.values() for ending in endings)
    return language.pick(_refusals()[why]).format(**{"known": known, **facts})


def exif_facts(metadata: Mapping[str, str]) -> ExifFacts:
    """Position, time and direction from EXIF; what is missing or nonsense is None.

    >>> exif_facts({"EXIF_GPSLatitude": "(30) (30) (0)", "EXIF_GPSLatitudeRef": "S",
    ...             "EXIF_GPSLongitude": "(114) (0) (36)", "EXIF_GPSLongitudeRef": "E"})[:2]
    (114.01, -30.5)
    """
    longitude = _angle(metadata, "EXIF_GPSLongitude", "W", 180.0)
    latitude = _angle(metadata, "EXIF_GPSLatitude", "S", 90.0)
    if longitude is None or latitude is None or (longitude == 0.0 and latitude == 0.0):
        longitude = latitude = None  # 0, 0 is what cameras write without a fix
    heading = _numbers(metadata.get("EXIF_GPSImgDirection", ""))
    direction = heading[0] % 360.0 if heading and math.isfinite(heading[0]) else None
    return ExifFacts(longitude, latitude, _moment(metadata), direction)


def _numbers(text: str) -> list[float]:
    parts = _PARENS.findall(text) or text.split()
    try:
        return [float(p) for p in parts]
    except ValueError:
        return []


def _angle(metadata: Mapping[str, str], key: str, negative: str, limit: float) -> Optional[float]:
    parts = _numbers(metadata.get(key, ""))
    if not parts or not all(math.isfinite(p) for p in parts):
        return None
    degrees = sum(p / 60.0**n for n, p in enumerate(parts[:3]))
    if metadata.get(f"{key}Ref", "").strip().upper().startswith(negative):
        degrees = -degrees
    return round(degrees, 9) if abs(degrees) <= limit else None


def _moment(metadata: Mapping[str, str]) -> Optional[str]:
    for key in ("EXIF_DateTimeOriginal", "EXIF_DateTimeDigitized", "EXIF_DateTime"):
        found = _CLOCK.match(metadata.get(key, ""))
        if found is None:
            continue
        year, month, day, hour, minute, second = found.groups()
        offset = metadata.get("EXIF_OffsetTimeOriginal", "").strip()
        zone = offset if _OFFSET.fullmatch(offset) else ""
        text = f"{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"
        if year > "0000" and "01" <= month <= "12" and "01" <= day <= "31":
            return text
    return None


def track_length(points: Sequence[Tuple[float, float]]) -> float:
    """Length in metres over the sphere of points in degrees (longitude, latitude), for a track's note."""
    return sum(_step(a, b) for a, b in zip(points, points[1:]))


def _step(a: Tuple[float, float], b: Tuple[float, float]) -> float:
    x0, y0, x1, y1 = map(math.radians, (*a, *b))
    h = math.sin((y1 - y0) / 2) ** 2 + math.cos(y0) * math.cos(y1) * math.sin((x1 - x0) / 2) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(h)))


def track_note(name: str, length_m: float, points: int, moments: Sequence[str]) -> str:
    """What a track's row says: ``晨线 3.2 km, 120 (08:00:00–10:15:00)``."""
    parts = [name, f"{length_m / 1000:.1f} km, {points}"]
    if moments:
        parts.append(f"({moments[0][11:19]}–{moments[-1][11:19]})")
    return " ".join(p for p in parts if p)
