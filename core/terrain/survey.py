"""Which channels must be surveyed, why, and how does that change with the limits (4.3.1)?

The clause asks for every channel longer than 300 m or draining more than 0.1 km². Both
comparisons are strict and stand on the whole channel; lengths are rounded to 1 mm and areas
to 1 m² first, so that 300 m computed as 300.0000001 is 300 m. The limits and the initiation
area are parameters; what they change is recounted here without touching the terrain.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np

from ..errors import InputError, Problem, problem
from ..grid import GridFrame
from .channels import Channels

MIN_LENGTH_M = 300.0
MIN_AREA_KM2 = 0.1
INITIATION_KM2 = 0.02
LEAST_INITIATION_CELLS = 10
NEAR_SHARE = 0.9
REASONS = ("none", "length", "area", "both")


class Verdicts(NamedTuple):
    """What the clause says of each channel, arrays of shape (m,).

    ``reason`` holds places in ``REASONS``; ``near_miss``: not required, but at least 90 % of a limit.
    """

    required: np.ndarray
    reason: np.ndarray
    near_miss: np.ndarray

    def reason_of(self, i: int) -> str:
        """``none``, ``length``, ``area`` or ``both``."""
        return REASONS[int(self.reason[i])]


class Tally(NamedTuple):
    """Counts and lengths of channels under some limits."""

    channels: int
    required: int
    near_miss: int
    by_length: int
    by_area: int
    by_both: int
    length_m: float
    length_required_m: float
    drainage_density: float


def verdicts(
    length_m: np.ndarray,
    area_m2: np.ndarray,
    min_length_m: float = MIN_LENGTH_M,
    min_area_km2: float = MIN_AREA_KM2,
) -> Verdicts:
    """Required where length > ``min_length_m`` or area > ``min_area_km2``, strictly, after rounding.

    >>> verdicts(np.array([320.0, 300.0004]), np.array([60000.0, 100000.0])).required.tolist()
    [True, False]
    """
    length, area = _millimetres(length_m), np.rint(area_m2)
    least_length, least_area = _millimetres(min_length_m), np.rint(min_area_km2 * 1e6)
    long, large = length > least_length, area > least_area
    required = long | large
    near = (length >= NEAR_SHARE * least_length) | (area >= NEAR_SHARE * least_area)
    return Verdicts(required, long + 2 * large.astype(np.int8), near & ~required)


def _millimetres(length_m: np.ndarray | float) -> np.ndarray:
    return np.rint(np.asarray(length_m, np.float64) * 1000)


def settled_initiation(
    initiation_km2: float, min_area_km2: float, frame: GridFrame
) -> tuple[float, list[Problem]]:
    """The initiation area to use, m², with a warning where ten cells are more than was asked for.

    Raises InputError where it is not positive, or not smaller than ``min_area_km2``: channels
    that begin at the limit cannot tell which lie below it.
    """
    if not initiation_km2 > 0:
        raise InputError("QL-CHANNELS-INITIATIONZERO", initiation=initiation_km2)
    asked = initiation_km2 * 1e6
    least = LEAST_INITIATION_CELLS * float(frame.row_cell_areas().max())
    settled = max(asked, least)
    if settled >= min_area_km2 * 1e6:
        raise InputError(
            "QL-CHANNELS-INITIATION",
            initiation=f"{settled / 1e6:.6f}",
            min_area=min_area_km2,
            cells=LEAST_INITIATION_CELLS,
            cell_area=f"{least / LEAST_INITIATION_CELLS:.1f}",
        )
    if settled > asked:
        raised = problem(
            "QL-CHANNELS-INITIATIONRAISED",
            asked=initiation_km2,
            used=f"{settled / 1e6:.6f}",
            cells=LEAST_INITIATION_CELLS,
        )
        return settled, [raised]
    return settled, []


def lengths_from(channels: Channels, initiation_m2: float) -> np.ndarray:
    """Length of every channel when it begins where ``initiation_m2`` is drained; NaN where it is gone.

    For an initiation area no smaller than the network's own. A channel loses its upper end and
    keeps its way: the stem is the branch that drains more, whatever the initiation area (only
    where two branches drain exactly the same might tracing anew choose the other). Given lines stay.
    """
    network = channels.network
    if initiation_m2 <= network.initiation_m2:
        return channels.length_m.copy()
    keep = (network.drained_m2 >= initiation_m2 - 1e-3) | network.given
    here = keep[channels.path]
    joins = channels.parent >= 0
    last = channels.path_start[1:] - 1
    here[last[joins]] = False
    kept = _sums_by_run(here, channels.path_start)
    lasting = last - joins
    # a channel that leaves the DEM has one step at least, as when it is traced
    first = np.maximum(lasting + 1 - np.where(joins, kept, np.maximum(kept, 2)), channels.path_start[:-1])
    length = channels.cell_to_mouth_m[np.minimum(first, last)]
    return np.where(kept > 0, length, np.nan)


def _sums_by_run(mark: np.ndarray, start: np.ndarray) -> np.ndarray:
    total = np.append(0, np.cumsum(mark))
    return total[start[1:]] - total[start[:-1]]


def tally(
    channels: Channels,
    min_length_m: float = MIN_LENGTH_M,
    min_area_km2: float = MIN_AREA_KM2,
    initiation_m2: Optional[float] = None,
    among: Optional[np.ndarray] = None,
) -> Tally:
    """Counts and lengths under these limits; cheap enough for a slider.

    ``initiation_m2`` not below the network's own (None: that one); ``among`` (bool, (m,)) picks
    the channels that count, for instance those with a part inside the boundary. Drainage
    density is km of all channels per km² of valid area, whatever is picked.
    """
    lengths = channels.length_m if initiation_m2 is None else lengths_from(channels, initiation_m2)
    exists = ~np.isnan(lengths)
    density = float(lengths[exists].sum()) / 1e3 / (channels.valid_m2 / 1e6) if channels.valid_m2 else 0.0
    chosen = exists if among is None else exists & among
    length, area = lengths[chosen], channels.area_m2[chosen]
    found = verdicts(length, area, min_length_m, min_area_km2)
    counts = np.bincount(found.reason, minlength=4).tolist()
    return Tally(
        channels=len(length),
        required=int(found.required.sum()),
        near_miss=int(found.near_miss.sum()),
        by_length=counts[1],
        by_area=counts[2],
        by_both=counts[3],
        length_m=float(length.sum()),
        length_required_m=float(length[found.required].sum()),
        drainage_density=density,
    )
