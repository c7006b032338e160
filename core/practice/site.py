"""What a planner reads off the ground before laying anything on it: slope, height above the water, distance
to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import flow
from .ground import CELL, Ground

BROOK_KM2 = 0.1
STREAM_KM2 = 0.3
RIVER_KM2 = 1.5


@dataclass(frozen=True)
class Site:
    """Arrays of shape (rows, cols): ``slope`` as rise over run, ``above`` height over the stream below it
    (m), ``to_stream`` flow path to it (m), ``drained_km2``, ``inside``.
    """

    ground: Ground
    slope: np.ndarray
    above: np.ndarray
    to_stream: np.ndarray
    drained_km2: np.ndarray

    @property
    def inside(self) -> np.ndarray:
        return self.ground.inside


def read(ground: Ground) -> Site:
    """The site's facts, each from the ground alone."""
    z = ground.z.astype(np.float64)
    shape = z.shape
    drained = ground.drained * (CELL * CELL / 1e6)
    stream = drained >= STREAM_KM2
    flat = z.ravel()
    above = flat - flow.carry_up(ground.forest, flat, stream)
    length = flow.distance_down(ground.forest)
    to_stream = (length - flow.carry_up(ground.forest, length, stream)) * CELL
    return Site(ground, slope(z), above.reshape(shape), to_stream.reshape(shape), drained.reshape(shape))


def slope(z: np.ndarray) -> np.ndarray:
    """Rise over run by Horn (1981), edges repeated."""
    p = np.pad(z, 1, mode="edge")
    west = p[:-2, :-2] + 2 * p[1:-1, :-2] + p[2:, :-2]
    east = p[:-2, 2:] + 2 * p[1:-1, 2:] + p[2:, 2:]
    north = p[:-2, :-2] + 2 * p[:-2, 1:-1] + p[:-2, 2:]
    south = p[2:, :-2] + 2 * p[2:, 1:-1] + p[2:, 2:]
    gx, gy = (east - west) / (8 * CELL), (south - north) / (8 * CELL)
    return np.sqrt(gx * gx + gy * gy)


def spread(mask: np.ndarray, times: int) -> np.ndarray:
    """``mask`` grown by ``times`` cells, in turn to 4 and to 8 neighbours (near enough to a circle)."""
    for turn in range(times):
        p = np.pad(mask, 1)
        grown = p[1:-1, 1:-1] | p[:-2, 1:-1] | p[2:, 1:-1] | p[1:-1, :-2] | p[1:-1, 2:]
        if turn % 2:
            grown |= p[:-2, :-2] | p[:-2, 2:] | p[2:, :-2] | p[2:, 2:]
        mask = grown
    return mask


def linked(cells: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Mask of a chain of neighbouring cells (flat indices), 4-connected: a diagonal step also takes a corner
    cell.
    """
    row, col = np.divmod(cells, shape[1])
    mask = np.zeros(shape, dtype=bool)
    mask[row, col] = True
    mask[row[1:], col[:-1]] = True
    return mask
