"""Which base maps a sheet is surveyed on, and whether they are detailed enough (4.1.3).

The most detailed map counts where several lie over each other; where one alone is coarser than the clause
allows, the sheet does not conform there, though work on it goes on.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from typing import Iterable, NamedTuple, Sequence

from ..planar import Planar, Shape
from .grid import MapSheet

SLIVER = 0.001
"""Share of the watershed's part of a sheet below which a gap is the noise of two frames laid on each other."""

OK, COARSE, PARTLY, NO_SCALE, NONE = "ok", "coarse", "partly", "no_scale", "none"
_RATIO = re.compile(r"1[:/](\d+(?:\.\d+)?)(万)?")
_DATE = re.compile(r"(\d{4})(?!\d)(?:[-/.年](\d{1,2})(?!\d)(?:[-/.月](\d{1,2})(?!\d)日?)?)?")
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})?(?!\d)")
_EARLIEST = 1600  # no map of today's kind is older
_NUMERALS = str.maketrans("〇零一二三四五六七八九", "00123456789")


class Base(NamedTuple):
    """A base map: its ground, scale denominator and date (ISO, may be shortened), None where unknown."""

    shape: Shape
    scale: int | None
    date: str | None
    name: str
    fid: int


class Covered(NamedTuple):
    """What covers the watershed on a sheet: ``scale`` the coarsest map needed, ``date`` the oldest of these."""

    state: str
    scale: int | None
    date: str | None
    share: float
    used: tuple[Base, ...]


class SheetPart(NamedTuple):
    """A sheet with the part of the watershed on it, and how much of the sheet and of the watershed that is."""

    sheet: MapSheet
    shape: Shape
    sheet_share: float
    watershed_share: float


def scale_of(value: object) -> int | None:
    """The denominator from 10000, "10000", "1:10000" or "1:1万"; None for nothing. Raises ValueError."""
    text = "".join(unicodedata.normalize("NFKC", "" if value is None else str(value)).split()).replace(
        ",", ""
    )
    if not text:
        return None
    ratio = _RATIO.fullmatch(text)
    number = float(ratio.group(1)) * (10_000 if ratio.group(2) else 1) if ratio else float(text)
    if not 1 < number < 1e9 or number != int(number):
        raise ValueError(text)
    return int(number)


def date_of(value: object) -> str | None:
    """A date as ISO text, as far as it goes (2023, 2023-11, 2023-11-05); None where it holds no year.

    A month or day that no calendar has is left out: 2023-11-31 is some day of 2023-11.
    """
    text = _with_digits(unicodedata.normalize("NFKC", "" if value is None else str(value)).strip())
    match = _DATE.match(text) or _DIGITS.match(text)
    if match is None:
        return None
    year, month, day = (int(part or 0) for part in match.groups())
    if year < _EARLIEST:
        return None
    if not 1 <= month <= 12:
        return f"{year:04d}"
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return f"{year:04d}-{month:02d}"
    return f"{year:04d}-{month:02d}-{day:02d}"


def _with_digits(text: str) -> str:
    """二〇二三年十一月 as 2023年11月."""
    plain = text.translate(_NUMERALS)
    plain = re.sub(r"(?<=\d)十(?=\d)", "", plain)
    plain = re.sub(r"(?<=\d)十", "0", plain)
    plain = re.sub(r"十(?=\d)", "1", plain)
    return plain.replace("十", "10")


def unread_date(value: object) -> bool:
    """Whether a field says something that is no date."""
    return value is not None and bool(str(value).strip()) and date_of(value) is None


def covering(part: Shape, bases: Iterable[Base], most: int, plane: Planar) -> Covered:
    """How the base maps cover ``part`` of a watershed; ``most`` is the largest denominator allowed.

    Maps are taken in order of scale, the newer first, each for what is still bare.
    """
    whole = plane.area(part)
    left: Shape | None = part
    used: list[Base] = []
    for base in sorted(bases, key=_rank):
        if left is None:
            break
        piece = plane.clip([left], base.shape)[0]
        if piece is None or plane.area(piece) <= SLIVER * whole:
            continue
        used.append(base)
        left = plane.minus(left, base.shape)
    bare = plane.area(left) / whole if left is not None else 0.0
    return _judged(used, bare if bare > SLIVER else 0.0, most)


def _rank(base: Base) -> tuple[float, str, int]:
    """Detailed before coarse before unknown; newer before older (a date's digits complemented)."""
    newest = "".join(chr(0x10FFFF - ord(c)) for c in base.date or "")
    return float("inf") if base.scale is None else float(base.scale), newest or "\U0010ffff", base.fid


def _judged(used: Sequence[Base], bare: float, most: int) -> Covered:
    known = [base.scale for base in used if base.scale is not None]
    dates = [base.date for base in used if base.date is not None]
    if not used:
        return Covered(NONE, None, None, 0.0, ())
    if known and max(known) > most:
        state = COARSE
    elif len(known) < len(used):
        state = NO_SCALE
    else:
        state = PARTLY if bare else OK
    return Covered(state, max(known, default=None), min(dates, default=None), 1.0 - bare, tuple(used))
