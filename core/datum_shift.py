"""Local datum parameters: three or seven, typed in or kept in the county profile.

No public parameters tie Beijing 54 or Xi'an 80 to CGCS2000; a county has its own.
They are applied as a Helmert step between geocentric coordinates (EPSG 9603 with
three, 9606/9607 with seven parameters).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .crs_names import datum_key
from .errors import InputError

# Larger values are typing errors: no datum of China lies 1 km or an arc minute off.
_LIMITS = {"metres": 1000.0, "seconds": 60.0, "ppm": 100.0}

_NUMBERS = ("dx", "dy", "dz", "rx", "ry", "rz", "scale_ppm")

CONVENTIONS = ("position_vector", "coordinate_frame")


@dataclass(frozen=True)
class DatumShift:
    """From ``source`` to ``target`` datum (``datum_key``): metres, arc seconds, parts per million.

    ``convention`` is the sign of the rotations (Bursa-Wolf position vector by default);
    ``origin`` says where the parameters come from.
    """

    source: str
    target: str
    dx: float
    dy: float
    dz: float
    rx: float = 0.0
    ry: float = 0.0
    rz: float = 0.0
    scale_ppm: float = 0.0
    convention: str = "position_vector"
    origin: str = ""

    def joins(self, one: str, other: str) -> bool:
        """Whether it ties these two datums, in either direction."""
        return {self.source, self.target} == {one, other}

    def step(self, inverse: bool = False) -> str:
        """The Helmert step of a PROJ pipeline."""
        seven = any((self.rx, self.ry, self.rz, self.scale_ppm))
        text = f"+proj=helmert +x={self.dx!r} +y={self.dy!r} +z={self.dz!r}"
        if seven:
            text += (
                f" +rx={self.rx!r} +ry={self.ry!r} +rz={self.rz!r} +s={self.scale_ppm!r}"
                f" +convention={self.convention}"
            )
        return f"+step {'+inv ' if inverse else ''}{text}"


def parse_shift(text: str, source: str, target: str, origin: str = "") -> DatumShift:
    """Three (m) or seven (m, arc seconds, ppm) numbers split by commas, blanks or semicolons.

    Raises InputError QL-CRS-SHIFTBAD where they are not three or seven plausible numbers.
    """
    parts = [p for p in re.split(r"[\s,，;；]+", text.strip()) if p]
    try:
        numbers = [float(p) for p in parts]
    except ValueError:
        raise InputError("QL-CRS-SHIFTBAD", text=text) from None
    return _checked(numbers, text, source, target, origin)


def shift_from_mapping(data: Mapping[str, Any]) -> DatumShift:
    """From a county profile's ``datum`` entry.

    Keys: ``from``, ``to``, ``dx``, ``dy``, ``dz`` and, with seven, ``rx``, ``ry``, ``rz`` (arc seconds),
    ``scale_ppm``, ``convention``, ``source``. Raises InputError QL-CRS-SHIFTBAD.
    """
    wanted = _NUMBERS if any(k in data for k in _NUMBERS[3:]) else _NUMBERS[:3]
    try:
        numbers = [float(data[k]) for k in wanted]
    except (KeyError, TypeError, ValueError):
        raise InputError("QL-CRS-SHIFTBAD", text=dict(data)) from None
    convention = str(data.get("convention", CONVENTIONS[0]))
    if convention not in CONVENTIONS or not data.get("from") or not data.get("to"):
        raise InputError("QL-CRS-SHIFTBAD", text=dict(data))
    source, target = datum_key(str(data["from"])), datum_key(str(data["to"]))
    return _checked(numbers, str(dict(data)), source, target, str(data.get("source", "")), convention)


def _checked(
    numbers: list[float], text: str, source: str, target: str, origin: str, convention: str = CONVENTIONS[0]
) -> DatumShift:
    limits = [_LIMITS["metres"]] * 3 + [_LIMITS["seconds"]] * 3 + [_LIMITS["ppm"]]
    plausible = all(abs(n) <= limit for n, limit in zip(numbers, limits))
    if len(numbers) not in (3, 7) or not plausible:
        raise InputError("QL-CRS-SHIFTBAD", text=text)
    values = dict(zip(_NUMBERS, numbers))
    return DatumShift(source, target, **values, convention=convention, origin=origin)  # type: ignore[arg-type]


def pipeline(source_proj: str, target_proj: str, shift: DatumShift, inverse: bool = False) -> str:
    """A PROJ pipeline between two CRSs given as PROJ strings (lon/lat in degrees, eastings first).

    Heights pass through unchanged (push/pop of the third coordinate).
    """
    enter = [_bare(source_proj, inverse=True), "+step +proj=push +v_3", _cartesian(source_proj)]
    leave = [_cartesian(target_proj, inverse=True), "+step +proj=pop +v_3", _bare(target_proj)]
    return " ".join(["+proj=pipeline", *enter, shift.step(inverse), *leave])


def _ellipsoid(proj: str) -> str:
    """The ellipsoid part of a PROJ string."""
    if "+datum=WGS84" in proj:
        return "+ellps=WGS84"
    kept = re.findall(r"\+(?:ellps|a|b|rf|R)=\S+", proj)
    return " ".join(kept)


def _cartesian(proj: str, inverse: bool = False) -> str:
    return f"+step {'+inv ' if inverse else ''}+proj=cart {_ellipsoid(proj)}"


def _bare(proj: str, inverse: bool = False) -> str:
    """The projection step alone: no datum, no ties, no type."""
    if "+proj=longlat" in proj:
        way = "+xy_in=deg +xy_out=rad" if inverse else "+xy_in=rad +xy_out=deg"
        return f"+step +proj=unitconvert {way}"
    kept = [
        part
        for part in proj.split()
        if not re.match(r"\+(towgs84|nadgrids|datum|ellps|a|b|rf|R|type|no_defs|wktext)\b", part)
    ]
    return f"+step {'+inv ' if inverse else ''}{' '.join(kept)} {_ellipsoid(proj)}"


def find_shift(shifts: Sequence[DatumShift], one: str, other: str) -> DatumShift | None:
    """The parameters that tie two datums, None where there are none."""
    return next((s for s in shifts if s.joins(one, other)), None)
