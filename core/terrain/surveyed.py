"""How does the network follow lines the user has surveyed (``CHANNELS`` of the stream survey)?

A surveyed line is laid on the grid as a path of neighbouring cells, turned downstream, and the
DEM is lowered along it just enough that D8 keeps to the path; routing stays free everywhere
else. In order::

    paths = lay_lines(lines, dem, frame)
    saved = burn(dem, paths)               # in place, only the paths' cells
    … condition, flow directions, accumulate …
    unburn(dem, paths, saved)
    if enforce(direction, paths): …        # accumulate (again): some cells were turned
    channels = extract_channels(…, extra_cells=paths.cells)
    channels = follow(channels, paths=paths)   # module lines

Heights are always read from the unburned DEM.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, NamedTuple, Optional, Sequence, TypeVar

import numpy as np

from ..grid import GridFrame
from ..progress import SILENT, Progress
from .network import COL_STEP, NODATA, OUTLET, ROW_STEP
from .strings import Line, polyline

T = TypeVar("T")
# Ends whose heights differ by less (m) say nothing about the direction of flow.
LEVEL_M = 1.0
# Fall per cell along a burned path, m: above float32's spacing up to 8000 m.
FALL_M = 1e-3


@dataclass(frozen=True)
class SurveyedPaths:
    """Surveyed lines on the grid.

    ``lines`` run downstream, in the order given; ``turned`` tells which were digitised upstream.
    ``measure[i]`` maps the flat cell of line ``i``'s path to its place along the line.
    ``cells`` int64, ascending, are all path cells once; ``successor`` index into ``cells`` of the
    next cell of the path (-1 at an end). The successors are a forest: no cycles.
    """

    lines: tuple[Line, ...]
    turned: tuple[bool, ...]
    measure: tuple[dict[int, float], ...]
    cells: np.ndarray
    successor: np.ndarray

    def next_cells(self) -> dict[int, int]:
        """Flat cell -> flat cell after it on its path; path ends are left out."""
        here = self.successor >= 0
        return dict(zip(self.cells[here].tolist(), self.cells[self.successor[here]].tolist()))


def lay_lines(
    lines: Sequence[np.ndarray], dem: np.ndarray, frame: GridFrame, progress: Progress = SILENT
) -> SurveyedPaths:
    """Lay ``lines`` (coordinates (k, 2) in the DEM's CRS) on the grid, turned downstream.

    Downstream is where the lower end is; ends within ``LEVEL_M`` are decided by what they
    touch (a tributary ends on another line), and at last by the way the line was digitised.
    ``progress`` is stepped, its stage is the caller's. Raises Cancelled.
    """
    given = [polyline(xy) for xy in lines]
    runs = [_cell_runs(line, dem, frame) for line in _stepped(given, progress, 0.0, 0.5)]
    turned = _orientation(runs, dem, frame, progress)
    turned_lines, turned_runs = [], []
    for line, run, turn in zip(given, runs, turned):
        turned_lines.append(_reversed_line(line) if turn else line)
        turned_runs.append(_reversed_runs(run, line) if turn else run)
    measures = tuple(_measures(run) for run in turned_runs)
    _snap_to_ends(turned_lines, measures, frame, progress)
    cells, successor = _forest(turned_lines, turned_runs, progress)
    return SurveyedPaths(tuple(turned_lines), tuple(turned), measures, cells, successor)


def _stepped(items: Sequence[T], progress: Progress, first: float, last: float) -> Iterator[T]:
    """The items, with a breath before each; they take the stage from ``first`` to ``last``."""
    for number, item in enumerate(items):
        progress.step(first + (last - first) * number / len(items))
        yield item


class _Run(NamedTuple):
    """Cells of one line in one piece inside the DEM, with their places along it."""

    cells: list[int]
    measures: list[float]


def _reversed_line(line: Line) -> Line:
    return Line(line.xy[::-1].copy(), line.along[-1] - line.along[::-1])


def _reversed_runs(runs: list[_Run], line: Line) -> list[_Run]:
    total = float(line.along[-1])
    return [_Run(r.cells[::-1], [total - m for m in r.measures[::-1]]) for r in runs[::-1]]


def _cell_runs(line: Line, dem: np.ndarray, frame: GridFrame) -> list[_Run]:
    """The line's cells piece by piece: inside the DEM, 8-connected, without loops and corners."""
    if len(line.xy) < 2:
        return []
    spacing = min(frame.dx, frame.dy) / 8
    samples = max(2, int(np.ceil(line.along[-1] / spacing)) + 1)
    at = np.union1d(np.linspace(0, line.along[-1], samples), line.along)
    x = np.interp(at, line.along, line.xy[:, 0])
    y = np.interp(at, line.along, line.xy[:, 1])
    col = np.floor((x - frame.x0) / frame.dx).astype(np.int64)
    row = np.floor((frame.y0 - y) / frame.dy).astype(np.int64)
    inside = (row >= 0) & (row < frame.rows) & (col >= 0) & (col < frame.cols)
    inside[inside] = np.isfinite(dem[row[inside], col[inside]])
    off = (x - frame.x0 - (col + 0.5) * frame.dx) ** 2 + (frame.y0 - y - (row + 0.5) * frame.dy) ** 2
    flat = np.where(inside, row * frame.cols + col, -1)
    visits = _visits(flat, at, off, float(line.along[-1]))
    return [_without_corners(_without_loops(v), frame.cols) for v in visits]


def _visits(flat: np.ndarray, at: np.ndarray, off: np.ndarray, total: float) -> list[_Run]:
    """Cells in the order the line visits them, split where it leaves the DEM."""
    change = np.flatnonzero(np.append(True, flat[1:] != flat[:-1]))
    pieces: list[_Run] = []
    open_piece = False
    for first, last in zip(change, np.append(change[1:], len(flat))):
        if flat[first] < 0:
            open_piece = False
            continue
        if not open_piece:
            pieces.append(_Run([], []))
            open_piece = True
        nearest = float(at[first + int(np.argmin(off[first:last]))])
        if first == 0:
            nearest = 0.0
        elif last == len(flat):
            nearest = total
        pieces[-1].cells.append(int(flat[first]))
        pieces[-1].measures.append(nearest)
    return pieces


def _without_loops(run: _Run) -> _Run:
    """A cell visited again cuts off what lay between the visits."""
    cells: list[int] = []
    measures: list[float] = []
    place: dict[int, int] = {}
    for cell, measure in zip(run.cells, run.measures):
        if cell in place:
            for dropped in cells[place[cell] + 1 :]:
                del place[dropped]
            del cells[place[cell] + 1 :], measures[place[cell] + 1 :]
        else:
            place[cell] = len(cells)
            cells.append(cell)
            measures.append(measure)
    return _Run(cells, measures)


def _without_corners(run: _Run, cols: int) -> _Run:
    """A cell between two that touch each other is left out: D8 would cut the corner anyway."""
    cells, measures = run.cells[:1], run.measures[:1]
    for k in range(1, len(run.cells)):
        last = k == len(run.cells) - 1
        if not last and _touch(cells[-1], run.cells[k + 1], cols):
            continue
        cells.append(run.cells[k])
        measures.append(run.measures[k])
    return _Run(cells, measures)


def _touch(a: int, b: int, cols: int) -> bool:
    return abs(a // cols - b // cols) <= 1 and abs(a % cols - b % cols) <= 1


def _orientation(runs: list[list[_Run]], dem: np.ndarray, frame: GridFrame, progress: Progress) -> list[bool]:
    """Which lines must be turned round to run downstream."""
    flat = dem.ravel()
    ends = [(r[0].cells[0], r[-1].cells[-1]) if r else None for r in runs]
    decided: dict[int, bool] = {}
    for i, pair in enumerate(ends):
        if pair is None:
            decided[i] = False
            continue
        fall = float(flat[pair[0]]) - float(flat[pair[1]])
        if abs(fall) > LEVEL_M:
            decided[i] = fall < 0
    _decide_by_touch(decided, ends, runs, frame, progress)
    return [decided.get(i, False) for i in range(len(runs))]


def _decide_by_touch(
    decided: dict[int, bool],
    ends: list[Optional[tuple[int, int]]],
    runs: list[list[_Run]],
    frame: GridFrame,
    progress: Progress,
) -> None:
    """Level lines take their direction from what their ends touch, nearest to certainty first."""
    if len(decided) == len(ends):
        return
    inner = _touched_by_interior(runs, frame, progress)
    changed = True
    while changed:
        progress.step(0.7)
        changed = False
        heads = _near({e[decided[i]] for i, e in enumerate(ends) if e and i in decided}, frame)
        mouths = _near({e[not decided[i]] for i, e in enumerate(ends) if e and i in decided}, frame)
        for i, pair in enumerate(ends):
            if pair is None or i in decided:
                continue
            first, last = ((c in heads) - (c in mouths) + any(j != i for j in inner.get(c, ())) for c in pair)
            if first != last:
                decided[i] = first > last
                changed = True
                break


def _touched_by_interior(runs: list[list[_Run]], frame: GridFrame, progress: Progress) -> dict[int, set[int]]:
    """Cells on or beside the interior of lines -> those lines."""
    found: dict[int, set[int]] = {}
    for i, pieces in enumerate(_stepped(runs, progress, 0.5, 0.7)):
        for run in pieces:
            for cell in run.cells[2:-2]:
                for near in _near({cell}, frame):
                    found.setdefault(near, set()).add(i)
    return found


def _near(cells: set[int], frame: GridFrame) -> set[int]:
    """The cells and their neighbours."""
    found = set(cells)
    for cell in cells:
        row, col = divmod(cell, frame.cols)
        for dr, dc in zip(ROW_STEP[:8].tolist(), COL_STEP[:8].tolist()):
            if 0 <= row + dr < frame.rows and 0 <= col + dc < frame.cols:
                found.add((row + dr) * frame.cols + col + dc)
    return found


def _measures(runs: list[_Run]) -> dict[int, float]:
    found: dict[int, float] = {}
    for run in runs:
        for cell, measure in zip(run.cells, run.measures):
            found.setdefault(cell, measure)
    return found


def _snap_to_ends(
    lines: list[Line], measures: tuple[dict[int, float], ...], frame: GridFrame, progress: Progress
) -> None:
    """Where a line ends inside a cell of another, that cell's place is where they meet."""
    tolerance = 0.01 * min(frame.dx, frame.dy)
    owners: dict[int, list[int]] = {}
    for i, places in enumerate(measures):
        for cell in places:
            owners.setdefault(cell, []).append(i)
    for j, line in enumerate(_stepped(lines, progress, 0.7, 0.85)):
        where = frame.cell_at(float(line.xy[-1, 0]), float(line.xy[-1, 1]))
        cell = where[0] * frame.cols + where[1] if where else -1
        for i in owners.get(cell, ()):
            total = float(lines[i].along[-1])
            if i != j and 0.0 < measures[i][cell] < total:
                measures[i][cell] = _project(lines[i], line.xy[-1], tolerance, measures[i], cell)


def _project(line: Line, point: np.ndarray, tolerance: float, places: dict[int, float], cell: int) -> float:
    """Measure of the line's nearest point, kept between the places of the cells around."""
    others = sorted(m for c, m in places.items() if c != cell)
    at = int(np.searchsorted(others, places[cell]))
    low = others[at - 1] if at > 0 else 0.0
    high = others[at] if at < len(others) else float(line.along[-1])
    vertex = int(np.argmin(np.hypot(*(line.xy - point).T)))
    at_vertex = np.hypot(*(line.xy[vertex] - point)) <= tolerance
    found = float(line.along[vertex]) if at_vertex else line.nearest(point)
    return found if low < found < high else places[cell]


def _forest(lines: list[Line], runs: list[list[_Run]], progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """All path cells and the next one of each; edges that would close a cycle are left out."""
    following: dict[int, int] = {}
    root: dict[int, int] = {}

    def find(cell: int) -> int:
        while root.setdefault(cell, cell) != cell:
            root[cell] = root[root[cell]]
            cell = root[cell]
        return cell

    longest_first = sorted(range(len(lines)), key=lambda i: -float(lines[i].along[-1]))
    for i in _stepped(longest_first, progress, 0.85, 1.0):
        for run in runs[i]:
            for cell, after in zip(run.cells, run.cells[1:]):
                if cell not in following and find(after) != cell:
                    following[cell] = after
                    root[find(cell)] = find(after)
            find(run.cells[-1])
    cells = np.array(sorted(root), dtype=np.int64)
    successor = np.full(len(cells), -1, np.int64)
    for k, cell in enumerate(cells.tolist()):
        if cell in following:
            successor[k] = np.searchsorted(cells, following[cell])
    return cells, successor


def burned_heights(dem: np.ndarray, paths: SurveyedPaths) -> np.ndarray:
    """Heights of ``paths.cells`` that make D8 keep to the paths, float64, never above the DEM's.

    Every path cell lies below its neighbours off the path and ``FALL_M`` or more below the cell
    before it; the last cell of a path only the latter, so that water can leave it.
    """
    flat, cells = dem.ravel(), paths.cells
    height = flat[cells].astype(np.float64)
    row, col = np.divmod(cells, dem.shape[1])
    low = height.copy()
    for dr, dc in zip(ROW_STEP[:8], COL_STEP[:8]):
        r, c = row + dr, col + dc
        inside = (r >= 0) & (r < dem.shape[0]) & (c >= 0) & (c < dem.shape[1])
        beside = np.where(inside, r * dem.shape[1] + c, cells)
        counts = inside & ~np.isin(beside, cells) & np.isfinite(flat[beside])
        z = np.where(counts, flat[beside], np.inf).astype(np.float64)
        low = np.minimum(low, z - FALL_M)
    height = np.where(paths.successor >= 0, low, height)
    waiting = np.bincount(paths.successor[paths.successor >= 0], minlength=len(cells))
    ready = np.flatnonzero(waiting == 0).tolist()
    while ready:
        k = ready.pop()
        after = int(paths.successor[k])
        if after < 0:
            continue
        height[after] = min(height[after], height[k] - FALL_M)
        waiting[after] -= 1
        if waiting[after] == 0:
            ready.append(after)
    return height


def burn(dem: np.ndarray, paths: SurveyedPaths) -> np.ndarray:
    """Lower the DEM along the paths, in place; gives the heights that were there for :func:`unburn`."""
    saved = dem.ravel()[paths.cells]
    np.put(dem, paths.cells, burned_heights(dem, paths))
    return saved


def unburn(dem: np.ndarray, paths: SurveyedPaths, saved: np.ndarray) -> None:
    """Give the DEM its own heights back."""
    np.put(dem, paths.cells, saved)


def enforce(direction: np.ndarray, paths: SurveyedPaths) -> int:
    """Turn the flow directions along the paths, in place; gives the number of cells turned.

    Burning does nearly all of it; what remains are bends so tight that a cell touches a later part
    of its own path. Where a path ends in a hollow whose way out is further up the path, the cells
    between keep the directions they had, so that no circle can arise.
    """
    flat, after = direction.reshape(-1), paths.next_cells()
    steps = [int(dr) * direction.shape[1] + int(dc) for dr, dc in zip(ROW_STEP[:8], COL_STEP[:8])]
    before: dict[int, int] = {}
    for cell, following in after.items():
        wanted = {cell: following, **_across(cell, following, flat, steps, after)}
        for turned, target in wanted.items():
            code = steps.index(target - turned)
            if flat[turned] not in (code, NODATA):
                before.setdefault(turned, int(flat[turned]))
                flat[turned] = code
    _undo_circles(paths.cells.tolist(), flat, steps, before)
    return len(before)


def _across(
    cell: int, following: int, flat: np.ndarray, steps: list[int], after: dict[int, int]
) -> dict[int, int]:
    """A cell beside a diagonal step whose water would cross it, and where it goes instead: into the path."""
    south = steps[2]
    if abs(following - cell) in (1, south):
        return {}
    row_step = south if following > cell else -south
    beside = cell + row_step, following - row_step
    for one, other in (beside, beside[::-1]):
        if flat[one] < OUTLET and one not in after and one + steps[flat[one]] == other:
            return {one: following}
    return {}


def _undo_circles(starts: list[int], flat: np.ndarray, steps: list[int], before: dict[int, int]) -> None:
    """Give turned cells that lie on a circle of directions below ``starts`` what they had ``before``.

    Every cell is gone through once: what is known to lead out of the grid is not followed again, and
    after a circle is undone the walk goes on from its first cell that was given back.
    """
    done: set[int] = set()
    for start in starts:
        if not before:
            return
        way: list[int] = []
        place: dict[int, int] = {}
        cell = start
        while cell not in done and flat[cell] < OUTLET:
            if cell not in place:
                place[cell] = len(way)
                way.append(cell)
                cell += steps[flat[cell]]
                continue
            turned = [c for c in way[place[cell] :] if c in before]
            if not turned:
                break
            for c in turned:
                flat[c] = before.pop(c)
            cell = turned[0]
            for c in way[place[cell] :]:
                way.pop()
                del place[c]
        done.update(way)
