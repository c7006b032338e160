"""How steep is a channel: its longitudinal profile and gradient in ‰ (A.6).

The gradient is the mean slope of the profile weighted by area under it (the
加权平均比降 of hydrological practice)::

    J = 1000 · [Σ (Z(i−1) + Z(i)) · l(i) − 2 · Z(0) · L] / L²

with Z(0) the mouth, i counted upstream and l(i) the length between points i−1 and i. It
is not the drop from end to end: 900 m flat and then 100 m rising by 100 m give 10 ‰, while
end to end it is 100 ‰. Heights are those of the unfilled DEM, made non-increasing downstream.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .jit import kernel


class Profile(NamedTuple):
    """A channel from head to mouth, arrays of one shape.

    ``distance_m`` from the head, ``height_m`` on the unfilled DEM, ``conditioned_m`` the same
    made non-increasing downstream.
    """

    distance_m: np.ndarray
    height_m: np.ndarray
    conditioned_m: np.ndarray


def conditioned_heights(height: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Heights lowered where they rise downstream, run by run.

    ``height`` (vertices,) runs from head to mouth in every run ``start[i]:start[i + 1]``.
    """
    found = np.array(height, np.float64)
    _lower(found, start)
    return found


def gradients(height: np.ndarray, to_mouth: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Gradient of every run in ‰ by the formula above, NaN where a run has no length.

    ``height`` (m, non-increasing) and ``to_mouth`` (m along the line) run from head to mouth.
    """
    result = np.full(len(start) - 1, np.nan)
    _weigh(height, to_mouth, start, result)
    return result


@kernel("no", "f8w", "i8r")
def _lower(height: np.ndarray, start: np.ndarray) -> None:
    for i in range(len(start) - 1):
        for k in range(start[i] + 1, start[i + 1]):
            if height[k - 1] < height[k]:
                height[k] = height[k - 1]


@kernel("no", "f8r", "f8r", "i8r", "f8w")
def _weigh(height: np.ndarray, to_mouth: np.ndarray, start: np.ndarray, result: np.ndarray) -> None:
    for i in range(len(start) - 1):
        first = start[i]
        last = start[i + 1] - 1
        length = to_mouth[first]
        if length > 0:
            low = height[last]
            total = 0.0
            for k in range(first, last):
                # above the mouth: the same sum without the cancellation of two large numbers
                above = (height[k] - low) + (height[k + 1] - low)
                total += above * (to_mouth[k] - to_mouth[k + 1])
            result[i] = 1000.0 * total / (length * length)


def gradient_permil(height: np.ndarray, distance: np.ndarray) -> float:
    """Gradient of one profile in ‰: ``height`` (m) at ``distance`` (m), both from head to mouth.

    >>> round(gradient_permil(np.array([100.0, 0.0, 0.0]), np.array([0.0, 100.0, 1000.0])), 9)
    10.0
    """
    run = np.array([0, len(height)], np.int64)
    lowered = conditioned_heights(np.asarray(height, float), run)
    return float(gradients(lowered, distance[-1] - np.asarray(distance, float), run)[0])


def profile(height: np.ndarray, to_mouth: np.ndarray) -> Profile:
    """The profile of one channel for plotting, from its heights and distances to the mouth."""
    run = np.array([0, len(height)], np.int64)
    return Profile(to_mouth[0] - to_mouth, height, conditioned_heights(height, run))
