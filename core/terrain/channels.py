"""What are the whole channels of a DEM, and what does each one measure (4.3.1, A.6)?

A whole channel runs from its head to where it joins a channel that drains more, or leaves
the DEM; at each confluence the branch that drains more is the stem. Use::

    channels = extract_channels(direction, drained, frame, dem, initiation_m2,
                                extra_cells=None, contaminated=None)
    channels.length_m, channels.area_m2, channels.parent …   # arrays, one value per channel
    channels.lines[i]                  # (k, 2) coordinates, head to mouth, shared confluence vertex
    channels.row(i)                    # one channel as a record

Channels are ordered by area drained, the largest first, so that a parent always comes
before its tributaries; indices count from 0, ids are given by :mod:`.matching`. A line's last vertex is the
receiving cell's centre, or the channel's own last cell where it leaves the DEM.

:func:`~.lines.follow` puts surveyed lines and straight courses through water bodies in
place of the cells; lengths, gradients and distances are then those of the new lines.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Optional

import numpy as np

from ..grid import GridFrame
from .jit import kernel
from .network import Network, build_network
from .profile import Profile, conditioned_heights, gradients, profile


class Lines(NamedTuple):
    """Polylines in one array: line i is ``xy[start[i]:start[i + 1]]``, head to mouth.

    ``xy`` float64 (vertices, 2); ``start`` int64 (lines + 1,).
    """

    start: np.ndarray
    xy: np.ndarray

    def line(self, i: int) -> np.ndarray:
        """Coordinates of line ``i``, shape (k, 2)."""
        return self.xy[self.start[i] : self.start[i + 1]]


class Channel(NamedTuple):
    """One whole channel; the fields are those of :class:`Channels`."""

    number: int
    parent: Optional[int]
    strahler: int
    hack: int
    length_m: float
    area_m2: float
    own_area_m2: float
    head_m: float
    mouth_m: float
    gradient_permil: Optional[float]
    drop_permil: Optional[float]
    distance_outlet_m: float
    complete: Optional[bool]


@dataclass(frozen=True)
class Channels:
    """All whole channels of a network, one value per channel and array, shape (m,).

    ``path``/``path_start``: indices into ``network.cells`` from head to mouth, the receiving cell
    last (it belongs to the parent), in the manner of :class:`Lines`. ``parent`` and ``receiving``
    are -1 where the channel leaves the DEM; ``hack`` is 1 for those and one more per step up the
    tree. ``area_m2`` is drained at the mouth cell, the receiving cell excluded; ``own_area_m2`` is
    that less the areas of the direct tributaries, so that all own areas and ``no_channel_m2`` add
    up to ``valid_m2``. ``head_m`` and ``mouth_m`` are raw heights of the line's ends.
    ``length_m`` is the length of the line; on a geographic frame without a projection it is
    ellipsoidal. ``distance_outlet_m`` runs from the line's mouth along the streams to where the
    trunk ends. ``complete`` is None without contamination, else False where the catchment touches
    the DEM's edge or nodata, which every channel that leaves the DEM does: nobody
    knows its length. ``cell_to_mouth_m`` (path) is the distance of each path position from the
    channel's mouth along its line, ``height_m`` (path) its raw height.
    """

    network: Network
    path_start: np.ndarray
    path: np.ndarray
    channel_of_cell: np.ndarray
    parent: np.ndarray
    receiving: np.ndarray
    strahler: np.ndarray
    hack: np.ndarray
    length_m: np.ndarray
    area_m2: np.ndarray
    own_area_m2: np.ndarray
    head_m: np.ndarray
    mouth_m: np.ndarray
    gradient_permil: np.ndarray
    drop_permil: np.ndarray
    distance_outlet_m: np.ndarray
    cell_to_mouth_m: np.ndarray
    height_m: np.ndarray
    complete: Optional[np.ndarray]
    valid_m2: float
    lines: Lines

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def no_channel_m2(self) -> float:
        """Area that reaches the edge or nodata in no channel, m²."""
        return self.valid_m2 - float(self.area_m2[self.parent < 0].sum())

    def path_of(self, i: int) -> np.ndarray:
        """Network indices of channel ``i`` from head to mouth, the receiving cell last."""
        return self.path[self.path_start[i] : self.path_start[i + 1]]

    def cells_of(self, i: int) -> np.ndarray:
        """Flat grid indices of the cells that belong to channel ``i``, head to mouth."""
        own = self.path_of(i)
        return self.network.cells[own[:-1] if self.parent[i] >= 0 else own]

    def profile_of(self, i: int) -> Profile:
        """The longitudinal profile of channel ``i`` for plotting, from head to mouth along its line."""
        run = slice(self.path_start[i], self.path_start[i + 1])
        return profile(self.height_m[run], self.cell_to_mouth_m[run])

    def mouth_cells(self) -> np.ndarray:
        """Flat grid index of each channel's last own cell: the seeds of its catchment."""
        last = self.path_start[1:] - np.where(self.parent >= 0, 2, 1)
        return self.network.cells[self.path[last]]

    def row(self, i: int) -> Channel:
        """Channel ``i`` as a record; None where a value does not exist."""
        parent = int(self.parent[i])
        return Channel(
            i,
            parent if parent >= 0 else None,
            int(self.strahler[i]),
            int(self.hack[i]),
            float(self.length_m[i]),
            float(self.area_m2[i]),
            float(self.own_area_m2[i]),
            float(self.head_m[i]),
            float(self.mouth_m[i]),
            _number(self.gradient_permil[i]),
            _number(self.drop_permil[i]),
            float(self.distance_outlet_m[i]),
            None if self.complete is None else bool(self.complete[i]),
        )


def _number(value: float) -> Optional[float]:
    return None if np.isnan(value) else float(value)


def extract_channels(
    direction: np.ndarray,
    drained: np.ndarray,
    frame: GridFrame,
    dem: np.ndarray,
    initiation_m2: float,
    extra_cells: Optional[np.ndarray] = None,
    contaminated: Optional[np.ndarray] = None,
) -> Channels:
    """The whole channels of a DEM with everything the terrain says about them.

    ``direction`` uint8, ``drained`` int32 cells or float64 m² (the cell itself included) and
    ``dem`` (unfilled, float32, NaN where there is no data) have the grid's shape, and so has
    ``contaminated`` (bool or uint8, see :func:`.accumulation.contaminated`).
    ``extra_cells``: flat indices that are channel whatever they drain. Raises InputError.
    """
    network = build_network(direction, drained, frame, initiation_m2, extra_cells)
    return channels_of(network, direction, dem, contaminated)


def channels_of(
    network: Network,
    direction: np.ndarray,
    dem: np.ndarray,
    contaminated: Optional[np.ndarray] = None,
) -> Channels:
    """The whole channels of ``network``; arguments as in :func:`extract_channels`."""
    mouths, receiving = _mouths(network)
    owner = _numbering(len(network), mouths)
    _hand_up(network.order, network.down, owner)
    start, path = _paths(network, mouths, receiving, owner)
    parent = np.where(receiving >= 0, owner[receiving], -1)
    area = network.drained_m2[mouths]
    lines = Lines(start, network.centres(path))
    to_mouth = _distances_to_mouth(network, start, path)
    channels = Channels(
        network=network,
        path_start=start,
        path=path,
        channel_of_cell=owner,
        parent=parent,
        receiving=receiving,
        strahler=network.strahler[mouths],
        hack=_hack(parent),
        length_m=np.empty(0),
        area_m2=area,
        own_area_m2=area - _sums(parent, area),
        head_m=np.empty(0),
        mouth_m=np.empty(0),
        gradient_permil=np.empty(0),
        drop_permil=np.empty(0),
        distance_outlet_m=np.empty(0),
        cell_to_mouth_m=to_mouth,
        height_m=dem.ravel()[network.cells[path]].astype(np.float64),
        complete=None if contaminated is None else _complete(contaminated, network.cells[mouths], parent),
        valid_m2=valid_area(direction, network.frame),
        lines=lines,
    )
    return measured(
        channels, lines, to_mouth, np.where(parent >= 0, to_mouth[places_on_parent(channels)], 0.0)
    )


def measured(channels: Channels, lines: Lines, to_mouth: np.ndarray, joined: np.ndarray) -> Channels:
    """``channels`` with these lines, and everything that depends on their lengths.

    ``to_mouth`` (path): metres from each path position to the mouth along its line; ``joined``
    (m,): metres from where each channel joins its parent to the parent's mouth, 0 at outlets.
    """
    first, last = channels.path_start[:-1], channels.path_start[1:] - 1
    head, mouth = channels.height_m[first], channels.height_m[last]
    length = to_mouth[first]
    with np.errstate(divide="ignore", invalid="ignore"):
        drop = np.where(length > 0, 1000 * (head - mouth) / length, np.nan)
    heights = conditioned_heights(channels.height_m, channels.path_start)
    return replace(
        channels,
        lines=lines,
        cell_to_mouth_m=to_mouth,
        length_m=length,
        head_m=head,
        mouth_m=mouth,
        drop_permil=drop,
        gradient_permil=gradients(heights, to_mouth, channels.path_start),
        distance_outlet_m=_distances_to_outlet(channels.parent, joined),
    )


def valid_area(direction: np.ndarray, frame: GridFrame) -> float:
    """Area of all cells with data, m²."""
    counts = np.array([np.count_nonzero(row != 255) for row in direction], dtype=np.float64)
    return float(counts @ frame.row_cell_areas())


def _mouths(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Last cell of every whole channel, by area drained downwards, and what receives it (-1)."""
    down = network.down
    safe = np.maximum(down, 0)
    is_mouth = (down < 0) | (network.stem[safe] != np.arange(len(down)))
    mouths = np.flatnonzero(is_mouth)
    mouths = mouths[np.argsort(-network.drained_m2[mouths], kind="stable")]
    return mouths, down[mouths]


def _complete(contaminated: np.ndarray, mouth_cells: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Nothing from beyond the DEM drains in, and the channel itself ends inside it."""
    return (contaminated.ravel()[mouth_cells] == 0) & (parent >= 0)


def _numbering(n: int, mouths: np.ndarray) -> np.ndarray:
    number = np.full(n, -1, np.int64)
    number[mouths] = np.arange(len(mouths))
    return number


@kernel("no", "i8r", "i8r", "i8w")
def _hand_up(order: np.ndarray, down: np.ndarray, owner: np.ndarray) -> None:
    """A mouth's channel number goes upstream along the stems."""
    for i in range(len(order) - 1, -1, -1):
        k = order[i]
        if owner[k] < 0:
            owner[k] = owner[down[k]]


@kernel("no", "i8r", "i8r", "i8w")
def _count_from_head(order: np.ndarray, stem: np.ndarray, rank: np.ndarray) -> None:
    """Place of every cell in its channel, counted from the head."""
    for i in range(len(order)):
        k = order[i]
        if stem[k] >= 0:
            rank[k] = rank[stem[k]] + 1


def _paths(
    network: Network, mouths: np.ndarray, receiving: np.ndarray, owner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cells of every channel from head to mouth with the receiving cell behind: (start, path)."""
    rank = np.zeros(len(network), np.int64)
    _count_from_head(network.order, network.stem, rank)
    joins = receiving >= 0
    start = np.zeros(len(mouths) + 1, np.int64)
    np.cumsum(rank[mouths] + 1 + joins, out=start[1:])
    path = np.empty(start[-1], np.int64)
    path[start[owner] + rank] = np.arange(len(network))
    path[start[1:][joins] - 1] = receiving[joins]
    return start, path


def _distances_to_mouth(network: Network, start: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Metres along the cells from every path vertex to its channel's last vertex."""
    step = network.step_m[path]
    step[start[1:] - 1] = 0.0
    return upstream_sums(step, start)


def upstream_sums(step: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Sum of ``step`` from each vertex to the end of its run (``start`` as in :class:`Lines`)."""
    total = np.zeros(len(step), np.float64)
    _sum_upstream(step, start, total)
    return total


@kernel("no", "f8r", "i8r", "f8w")
def _sum_upstream(step: np.ndarray, start: np.ndarray, total: np.ndarray) -> None:
    for i in range(len(start) - 1):
        running = 0.0
        for k in range(start[i + 1] - 1, start[i] - 1, -1):
            running += step[k]
            total[k] = running


def _hack(parent: np.ndarray) -> np.ndarray:
    """1 for channels that leave the DEM, their tributaries 2, and so on (parents come first)."""
    hack = np.ones(len(parent), np.int32)
    for i, p in enumerate(parent.tolist()):
        if p >= 0:
            hack[i] = hack[p] + 1
    return hack


def _sums(parent: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Sum of ``value`` over each channel's direct tributaries."""
    joins = parent >= 0
    return np.bincount(parent[joins], weights=value[joins], minlength=len(parent))


def _distances_to_outlet(parent: np.ndarray, joined: np.ndarray) -> np.ndarray:
    """Metres from each mouth along the streams to the end of the trunk (parents come first)."""
    distance = joined.copy()
    for i, p in enumerate(parent.tolist()):
        if p >= 0:
            distance[i] += distance[p]
    return distance


def places_on_parent(channels: Channels) -> np.ndarray:
    """Where in ``path`` the parent holds each channel's receiving cell (0 at outlets)."""
    place_of_cell = np.zeros(len(channels.network), np.int64)
    own = np.ones(len(channels.path), bool)
    own[channels.path_start[1:][channels.parent >= 0] - 1] = False
    place_of_cell[channels.path[own]] = np.flatnonzero(own)
    return np.where(channels.receiving >= 0, place_of_cell[np.maximum(channels.receiving, 0)], 0)
