"""Which channel of an earlier survey is this one (``PREVIOUS`` of the stream survey)?

Rows of A.6 point at channels by id and uuid; a new DEM or other limits must never make them
point at other gullies. Two lines are the same channel where one lies along the other on more
than half of its length. An id once given is never given to another channel.
"""

from __future__ import annotations

import uuid
from typing import Callable, NamedTuple, Optional, Sequence

import numpy as np

from ..progress import SILENT, Progress
from .overlap import Bundle, lengths_in_common, short_in_common

SAME, NEW, SPLIT, VANISHED = "same", "new", "split", "vanished"
# Lines nearer than this many cells run in the same bed.
TOLERANCE_CELLS = 1.5
_MOST = 0.5
# Lines shorter than this many times the tolerance are compared point by point.
_SHORT_BEDS = 8


class Earlier(NamedTuple):
    """A channel of an earlier survey; ``xy`` (k, 2) in the CRS of the new lines."""

    channel_id: int
    uuid: str
    name: Optional[str]
    xy: np.ndarray


class Identity(NamedTuple):
    """Who a channel is. ``change`` is None where there is no earlier survey.

    ``name`` is the earlier one's, None for a new channel; ``split_from``: id of the earlier channel
    that a split one lay on.
    """

    channel_id: int
    uuid: str
    name: Optional[str]
    change: Optional[str]
    split_from: Optional[int] = None


class Matched(NamedTuple):
    """Identities of the new channels in their order, and the earlier channels that are gone."""

    identities: list[Identity]
    vanished: list[Earlier]


def new_uuid() -> str:
    """A random uuid in QGIS's spelling without braces."""
    return str(uuid.uuid4())


def first_identities(count: int, make_uuid: Callable[[], str] = new_uuid) -> list[Identity]:
    """Identities where nothing came before: ids from 1 in the channels' order."""
    return [Identity(i + 1, make_uuid(), None, None) for i in range(count)]


def match_previous(
    lines: Sequence[np.ndarray],
    previous: Sequence[Earlier],
    cell_size: float,
    make_uuid: Callable[[], str] = new_uuid,
    progress: Progress = SILENT,
) -> Matched:
    """Match ``lines`` (coordinates (k, 2) each) with an earlier survey's.

    The longest common stretches are settled first. A new line that lies along an earlier one on
    more than half of its own length takes its id; if another has taken it, the line is split
    from it. What then remains is matched the other way round: an earlier line that lies along a
    new one on more than half of its own length (the channel has grown) hands on its id. Other
    lines are new; their ids begin after the largest id of ``previous``. ``progress`` is stepped, its
    stage is the caller's. Raises Cancelled.
    """
    common = _common_lengths(lines, previous, TOLERANCE_CELLS * cell_size, progress)
    heir_of, taken = _assign(common, [_length(xy) for xy in lines], [_length(p.xy) for p in previous])
    next_id = max((p.channel_id for p in previous), default=0) + 1
    identities: list[Identity] = []
    shared_by: dict[int, list[tuple[float, int]]] = {}
    for (i, k), shared in common.items():
        shared_by.setdefault(i, []).append((shared, -k))
    for i in range(len(lines)):
        if i in heir_of:
            old = previous[heir_of[i]]
            identities.append(Identity(old.channel_id, old.uuid, old.name, SAME))
            continue
        origin = _split_from(shared_by.get(i, []), _length(lines[i]))
        change = NEW if origin is None else SPLIT
        source = None if origin is None else previous[origin].channel_id
        identities.append(Identity(next_id, make_uuid(), None, change, source))
        next_id += 1
    return Matched(identities, [p for k, p in enumerate(previous) if k not in taken])


def _assign(
    common: dict[tuple[int, int], float], new: list[float], old: list[float]
) -> tuple[dict[int, int], set[int]]:
    """New line -> earlier line, each at most once; the longest common stretch first."""
    heir_of: dict[int, int] = {}
    taken: set[int] = set()
    ranked = sorted(common.items(), key=lambda item: (-item[1], item[0]))
    for lengths, side in ((new, 0), (old, 1)):
        for pair, shared in ranked:
            i, k = pair
            if i in heir_of or k in taken or not shared > _MOST * lengths[pair[side]]:
                continue
            heir_of[i] = k
            taken.add(k)
    return heir_of, taken


def _split_from(shared: list[tuple[float, int]], length: float) -> Optional[int]:
    """The earlier line that an unmatched new line lay on for most of its length; of equal ones the first.

    ``shared`` are (common length, minus the earlier line's place) of that new line.
    """
    most = [pair for pair in shared if pair[0] > _MOST * length]
    return -max(most)[1] if most else None


def _plane(xy: np.ndarray) -> np.ndarray:
    return np.asarray(xy, np.float64)[:, :2]


def _length(xy: np.ndarray) -> float:
    return float(np.hypot(*np.diff(_plane(xy), axis=0).T).sum())


def _common_lengths(
    lines: Sequence[np.ndarray], previous: Sequence[Earlier], tolerance: float, progress: Progress
) -> dict[tuple[int, int], float]:
    """(new, earlier) -> the length that both run within ``tolerance`` of each other, where there is any."""
    unchanged = _unchanged(lines, previous)
    found = {pair: _length(lines[pair[0]]) for pair in unchanged}
    if len(unchanged) == len(lines) == len(previous):
        return found
    news = Bundle([_plane(xy) for xy in lines], tolerance / 2, progress)
    olds = Bundle([_plane(old.xy) for old in previous], tolerance / 2, progress)
    pairs = lengths_in_common(news, olds, tolerance, progress)
    for number, ((i, k), shared) in enumerate(pairs.items()):
        progress.step(0.5 + 0.5 * number / len(pairs))
        short = min(news.lengths[i], olds.lengths[k]) < _SHORT_BEDS * tolerance
        length = short_in_common(news.lines[i], olds.lines[k], tolerance) if short else shared
        if length > 0:
            found.setdefault((i, k), length)
    return found


def _unchanged(lines: Sequence[np.ndarray], previous: Sequence[Earlier]) -> list[tuple[int, int]]:
    """Pairs of lines that are the same to the bit, each line once."""
    known: dict[bytes, int] = {}
    for k, old in enumerate(previous):
        known.setdefault(_key(old.xy), k)
    pairs = []
    for i, xy in enumerate(lines):
        key = _key(xy)
        if key in known:
            pairs.append((i, known.pop(key)))
    return pairs


def _key(xy: np.ndarray) -> bytes:
    return np.round(_plane(xy), 4).tobytes()
