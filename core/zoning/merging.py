"""Patches too small to be mapped join the neighbour with which they share the longest border (3.0.4).

Works on any graph of patches: regions of cells, or faces between noded lines.
"""

from __future__ import annotations

import heapq
from typing import Callable

import numpy as np

from ..progress import SILENT, Progress

# May a patch of the first label join one of the second? Higher preference wins before longer border; None: never.
Preference = Callable[[int, int], "int | None"]


def merge_small(
    labels: np.ndarray,
    areas: np.ndarray,
    pairs: tuple[np.ndarray, np.ndarray],
    borders: np.ndarray,
    minimum: float,
    preference: Preference,
    progress: Progress = SILENT,
) -> np.ndarray:
    """New labels (n,) where every patch smaller than ``minimum`` has joined a neighbour, the smallest first.

    Patch i has ``labels[i]`` and ``areas[i]``; patches ``pairs[0][k]`` and ``pairs[1][k]`` share a
    border of length ``borders[k]`` (a pair may occur more than once). Patches that may join none stay.
    Neighbours of one label count as one patch once they touch.
    """
    graph = _Graph(labels, areas, pairs, borders)
    heap = [(a, i) for i, a in graph.area.items() if a < minimum]
    heapq.heapify(heap)
    steps = 0
    while heap:
        area, patch = heapq.heappop(heap)
        steps += 1
        if steps % 1000 == 0:
            progress.step(1 - len(heap) / (len(heap) + steps))
        if graph.area.get(patch) != area:
            continue
        target = graph.best(patch, preference)
        if target is None:
            continue
        survivor = graph.merge(patch, target)
        if graph.area[survivor] < minimum:
            heapq.heappush(heap, (graph.area[survivor], survivor))
    return graph.result(len(labels))


class _Graph:
    """Patches joined so far; ``root`` leads from a patch to the one that holds it."""

    def __init__(
        self, labels: np.ndarray, areas: np.ndarray, pairs: tuple[np.ndarray, np.ndarray], borders: np.ndarray
    ) -> None:
        self.label = dict(enumerate(labels.tolist()))
        self.area = dict(enumerate(areas.tolist()))
        self.root = list(range(len(labels)))
        self.near: list[dict[int, float]] = [{} for _ in range(len(labels))]
        same = []
        for a, b, length in zip(pairs[0].tolist(), pairs[1].tolist(), borders.tolist()):
            if a != b:
                self.near[a][b] = self.near[a].get(b, 0.0) + length
                self.near[b][a] = self.near[b].get(a, 0.0) + length
                if self.label[a] == self.label[b]:
                    same.append((a, b))
        for a, b in same:
            one, other = self.holder(a), self.holder(b)
            if one != other:
                self._absorb(one, other)

    def holder(self, patch: int) -> int:
        while self.root[patch] != patch:
            self.root[patch] = self.root[self.root[patch]]
            patch = self.root[patch]
        return patch

    def best(self, patch: int, preference: Preference) -> int | None:
        found, rank = None, (0, -1.0, 0)
        own = self.label[patch]
        for other, length in self.near[patch].items():
            liking = preference(own, self.label[other])
            if liking is not None and (found is None or (liking, length, -other) > rank):
                found, rank = other, (liking, length, -other)
        return found

    def merge(self, patch: int, target: int) -> int:
        """``patch`` takes the label of ``target``, and joins it and all its neighbours of that label."""
        label = self.label[target]
        self._absorb(target, patch)
        alike = [n for n in self.near[target] if self.label[n] == label]
        for other in alike:
            keep, gone = (
                (target, other) if len(self.near[target]) >= len(self.near[other]) else (other, target)
            )
            self._absorb(keep, gone)
            target = keep
        return target

    def _absorb(self, keep: int, gone: int) -> None:
        self.area[keep] += self.area.pop(gone)
        self.root[gone] = keep
        for other, length in self.near[gone].items():
            del self.near[other][gone]
            if other != keep:
                total = self.near[keep].get(other, 0.0) + length
                self.near[keep][other] = total
                self.near[other][keep] = total
        self.near[gone] = {}

    def result(self, count: int) -> np.ndarray:
        return np.array([self.label[self.holder(i)] for i in range(count)], np.int64)
