"""The frame of a sheet as a line, and its corners as they are printed (serves 4.1.3).

A parallel is no straight line in a projected CRS: a frame of four corners is 0.3 to 0.5 m off in the middle
of a 1:10 000 sheet. With a vertex every 15 arc seconds it stays within centimetres, and neighbours share
every vertex to the last bit.
"""

from __future__ import annotations

from .grid import DEGREE, MICRO, MapSheet

STEP = 15 * MICRO


def ring(sheet: MapSheet, step: int = STEP) -> list[tuple[float, float]]:
    """The closed frame in degrees, anticlockwise from the south-west corner.

    Vertices lie on whole multiples of ``step`` (millionths of an arc second) and on the corners; each is the
    number nearest to its exact value.
    """
    west, south, east, north = sheet.edges
    xs, ys = _stations(west, east, step), _stations(south, north, step)
    points = [(x, south) for x in xs] + [(east, y) for y in ys[1:]]
    points += [(x, north) for x in reversed(xs[:-1])] + [(west, y) for y in reversed(ys[:-1])]
    return [(x / DEGREE, y / DEGREE) for x, y in points]


def _stations(low: int, high: int, step: int) -> list[int]:
    inner = range((low // step + 1) * step, high, step)
    return [low, *inner, high]


def corners(sheet: MapSheet) -> dict[str, tuple[int, int]]:
    """``sw``, ``se``, ``ne``, ``nw`` -> longitude and latitude in millionths of an arc second, exact."""
    west, south, east, north = sheet.edges
    return {"sw": (west, south), "se": (east, south), "ne": (east, north), "nw": (west, north)}


def dms(micro: int) -> str:
    """An angle of millionths of an arc second as ``106°33′45″``; fractions of a second where there are any."""
    sign = "-" if micro < 0 else ""
    seconds, fraction = divmod(abs(micro), MICRO)
    degrees, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    decimals = f"{fraction / MICRO:.6f}"[1:].rstrip("0").rstrip(".")
    return f"{sign}{degrees}°{minutes:02d}′{seconds:02d}{decimals}″"
