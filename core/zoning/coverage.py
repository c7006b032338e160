"""Labelled faces become polygons that share every vertex.

Faces of one label that share an edge are one polygon; the edges between different labels keep all
their vertices, so that both sides have the same ones, bit for bit, and so has the outline of all
together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np

from ..progress import SILENT, Progress
from .faces import Edges, Faces, neighbours, next_around, signed_area
from .lattice import Lattice, polygon_wkb

NONE = -1
"""Label of a face that belongs to no polygon."""


@dataclass(frozen=True)
class Area:
    """One polygon: its ``label``, exact ``wkb``, planar area in m² and the faces it holds."""

    label: int
    wkb: bytes
    area_m2: float
    faces: tuple[int, ...]


def regions(faces: Faces, labels: np.ndarray) -> np.ndarray:
    """Number of the connected region of each face (edge neighbours of one label), int64 (faces,)."""
    one, other, _ = neighbours(faces.left)
    same = labels[one] == labels[other]
    return connected(len(faces), one[same], other[same])


def connected(count: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Numbers from 0 of the connected components of a graph, int64 (count,)."""
    label = np.arange(count)
    while True:
        low = np.minimum(label[one], label[other])
        fresh = label.copy()
        np.minimum.at(fresh, label[one], low)
        np.minimum.at(fresh, label[other], low)
        while True:
            further = fresh[fresh]
            if np.array_equal(further, fresh):
                break
            fresh = further
        if np.array_equal(fresh, label):
            break
        label = fresh
    return np.unique(label, return_inverse=True)[1].reshape(-1)


def border_lengths(faces: Faces) -> np.ndarray:
    """Length of each edge in units."""
    a, b = faces.edges.points[faces.edges.ends[:, 0]], faces.edges.points[faces.edges.ends[:, 1]]
    return np.hypot(*(b - a).T.astype(np.float64))


def polygons(faces: Faces, labels: np.ndarray, lattice: Lattice, progress: Progress = SILENT) -> list[Area]:
    """One :class:`Area` per connected region whose label is not NONE, by label and place."""
    progress.stage("zoning_polygons", int((labels != NONE).sum()))
    region = regions(faces, labels)
    kept = region[faces.left[0::2]] != region[faces.left[1::2]]
    edges = faces.edges
    ends = edges.ends[kept]
    sides = np.stack([faces.left[0::2][kept], faces.left[1::2][kept]], axis=1).reshape(-1)
    turn = next_around(edges.points, ends)
    progress.step(0.3)
    rings = _rings(edges, ends, turn, region[sides], progress)
    members: dict[int, list[int]] = {}
    for face, number in enumerate(region.tolist()):
        members.setdefault(number, []).append(face)
    found = []
    for number, shapes in sorted(rings.items()):
        label = int(labels[members[number][0]])
        if label != NONE and 0 not in members[number]:
            found.append(_area(label, shapes, members[number], lattice))
    return sorted(found, key=lambda a: (a.label, a.faces))


def _area(label: int, shapes: Sequence[np.ndarray], faces: Sequence[int], lattice: Lattice) -> Area:
    sizes = [signed_area(s) for s in shapes]
    order = sorted(range(len(shapes)), key=lambda i: -sizes[i])  # the shell, then the holes
    wkb = polygon_wkb([lattice.place(shapes[i]) for i in order])
    return Area(label, wkb, sum(sizes) / 2 * lattice.unit**2, tuple(faces))


def _rings(
    edges: Edges, ends: np.ndarray, turn: np.ndarray, region: np.ndarray, progress: Progress
) -> dict[int, list[np.ndarray]]:
    """Closed simple rings of each region, shells counter-clockwise, holes clockwise."""
    origin = ends.reshape(-1).tolist()
    following, owner = turn.tolist(), region.tolist()
    seen = bytearray(len(origin))
    found: dict[int, list[np.ndarray]] = {}
    for start in range(len(origin)):
        if start % 20000 == 0:
            progress.step(0.3 + 0.7 * start / len(origin))
        if seen[start]:
            continue
        walk = []
        here = start
        while not seen[here]:
            seen[here] = 1
            walk.append(origin[here])
            here = following[here]
        for ring in _simple(walk):
            found.setdefault(owner[start], []).append(edges.points[_rotated(ring)])
    return found


def _simple(walk: list[int]) -> list[list[int]]:
    """A closed walk cut at every vertex it visits twice."""
    if len(set(walk)) == len(walk):
        return [walk]
    rings: list[list[int]] = []
    path: list[int] = []
    place: dict[int, int] = {}
    for vertex in walk:
        if vertex in place:
            at = place[vertex]
            rings.append(path[at:])
            for gone in path[at + 1 :]:
                del place[gone]
            del path[at + 1 :]
            continue
        place[vertex] = len(path)
        path.append(vertex)
    rings.append(path)
    return rings


def _rotated(ring: list[int]) -> list[int]:
    """The ring closed, beginning at its first vertex in lattice order: the same for every run."""
    at = ring.index(min(ring))
    return [*ring[at:], *ring[:at], ring[at]]
