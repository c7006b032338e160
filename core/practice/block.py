"""A ground by ruler and set square where the verdicts of clause 4.3.1 can be worked out by hand.

A straight main valley runs south. Beside it lie strips, each a straight side valley whose cells all run
straight down to its channel, so that the channel drains (rows of the strip) x (columns), counted cell by
cell, and is as long as its straight and diagonal steps. Lengths come out at 299.142, 300.000 and 301.213 m,
areas at 0.099, 0.100, 0.100025 and 0.101 km²: on both sides of both limits, and exactly on them.

Heights, c columns from the main valley, in a strip with its channel in row r and its crests in rows a and b:
the channel stands at main + 0.1 c, the crest at 35 + 0.1 c above the main valley's highest cell, and in
between the slope is even. The way straight to the channel is therefore always the steepest. Beyond the ridge
at the strips' far end the ground is mirrored and drains out at the side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .answers import verdict
from .ground import CELL, EAST, NORTH

FALL, MAIN_FALL, CREST = 0.1, 0.02, 35.0
INITIATION_CELLS = 800
"""0.02 km²; no strip reaches it exactly, so that it does not matter whether the limit is included."""


@dataclass(frozen=True)
class Strip:
    """One side valley: ``rows`` it takes on ``columns`` columns (the bank column not counted).

    ``less`` columns have ``rows`` - 1 rows, ``more`` columns ``rows`` + 1, ``jogs`` are the columns at which
    the channel steps diagonally. ``key`` is None for filling that no question is asked about.
    """

    key: str | None
    rows: int
    less: int = 0
    less_by_two: int = 0
    jogs: tuple[int, ...] = field(default=())


_EAST_COLUMNS, _WEST_COLUMNS = 75, 32

EAST_STRIPS = (
    Strip(None, 60),
    Strip("length_300", 49),
    Strip("length_299", 46, jogs=(40, 20)),
    Strip("length_301", 46, jogs=(50, 40, 20)),
    Strip("length_305", 52),
    Strip("both", 120),
    Strip("neither", 33),
    Strip(None, 254),
)
"""Side valleys on the left bank, north to south: one question each about the length."""

WEST_STRIPS = (
    Strip(None, 40),
    Strip("area_0.099", 125, less=23, less_by_two=9),
    Strip("area_0.100", 125, less=1),
    Strip("area_0.100025", 125),
    Strip("area_0.101", 127, less=25),
    Strip(None, -1),
)
"""Side valleys on the right bank: one question each about the area. The last takes the rows that are left."""


@dataclass(frozen=True)
class Block:
    """The ground ``z`` (rows, cols) float32 with its upper-left corner, and what is right about it."""

    z: np.ndarray
    x0: float
    y0: float
    answers: list[dict[str, Any]]


def rows_of(strip: Strip, columns: int) -> list[int]:
    """Rows of the strip in each column, from the ridge (first) to the column next to the bank column."""
    cut = [2] * strip.less_by_two + [1] * strip.less
    return [strip.rows - (cut[k] if k < len(cut) else 0) for k in range(columns)]


def build() -> Block:
    """The block; the same for every seed."""
    total = sum(s.rows for s in EAST_STRIPS)
    z = np.zeros((total, 2 * (_WEST_COLUMNS + 1) + 1 + 2 * (_EAST_COLUMNS + 1)))
    main = 2 * (_WEST_COLUMNS + 1)
    valley = 200.0 - MAIN_FALL * np.arange(total)
    z[:, main] = valley
    x0, y0 = EAST - 3000.0, NORTH
    found = []
    for strips, columns, side in ((EAST_STRIPS, _EAST_COLUMNS, 1), (WEST_STRIPS, _WEST_COLUMNS, -1)):
        half, mouths = _side(strips, columns, valley)
        whole = np.concatenate([half, half[:, ::-1]], axis=1)
        if side > 0:
            z[:, main + 1 :] = whole
        else:
            z[:, :main] = whole[:, ::-1]
        for strip, row in mouths:
            if strip.key:
                mouth = (x0 + (main + 0.5) * CELL, y0 - (row + 0.5) * CELL)
                found.append(_answer(strip, columns, mouth))
    return Block(z.astype(np.float32), x0, y0, found)


def _side(
    strips: tuple[Strip, ...], columns: int, valley: np.ndarray
) -> tuple[np.ndarray, list[tuple[Strip, int]]]:
    """Heights of one side, (rows, columns + 1) outwards from the bank column, and the row of each mouth."""
    total = valley.size
    half = np.zeros((total, columns + 1))
    top = np.zeros(columns + 1, dtype=int)
    mouths = []
    for strip in strips:
        inner = rows_of(strip, columns)[::-1] if strip.rows > 0 else None
        bottom = top + np.array([inner[0], *inner]) if inner else np.full(columns + 1, total)
        row = int(top[0] + bottom[0]) // 2
        mouths.append((strip, row))
        course = row + np.array(
            [sum(c <= jog for jog in strip.jogs) - len(strip.jogs) for c in range(1, columns + 2)]
        )
        for k in range(columns + 1):
            half[top[k] : bottom[k], k] = _cross_section(
                k + 1, int(top[k]), int(bottom[k]), int(course[k]), row, valley
            )
        top = bottom
    return half, mouths


def _cross_section(
    column: int, top: int, bottom: int, course: int, mouth: int, valley: np.ndarray
) -> np.ndarray:
    """Heights of one column of a strip, from its northern to its southern crest."""
    bed = valley[mouth] + FALL * column
    crest = valley[0] + CREST + FALL * column
    rows = np.arange(top, bottom)
    reach = np.where(rows <= course, course - top, bottom - 1 - course)
    return bed + (crest - bed) * np.abs(rows - course) / np.maximum(reach, 1)


def _answer(strip: Strip, columns: int, mouth: tuple[float, float]) -> dict[str, Any]:
    rows = rows_of(strip, columns)
    drained, head = 0, 0
    while drained < INITIATION_CELLS:
        drained, head = drained + rows[head], head + 1
    steps = columns - head + 2
    diagonal = len(strip.jogs)
    length = CELL * (steps - diagonal) + diagonal * CELL * float(np.sqrt(2.0))
    cells = sum(rows) + 1
    area = cells * CELL * CELL / 1e6
    required, reason, near = verdict(length, area)
    how = (
        f"汇水：各列行数之和 {sum(rows)} 个格网，加岸边一列中的沟道格网 1 个，共 {cells} × 25 m²；"
        f"沟头在自分水岭起第 {head} 列（累计 {drained} 个格网，首次不小于 800）；"
        f"至主沟 {steps} 步，其中斜步 {diagonal}：{steps - diagonal} × 5 m + {diagonal} × 5√2 m"
    )
    return {
        "key": strip.key,
        "mouth": list(mouth),
        "length_m": round(length, 3),
        "area_km2": round(area, 6),
        "survey_required": required,
        "survey_reason": reason,
        "near_miss": near,
        "clause": "4.3.1",
        "how": how,
        "how_en": (
            f"drained: {sum(rows)} cells in the columns and the channel's one in the bank column, {cells} x 25 m²; "
            f"head in column {head} from the ridge ({drained} cells, the first with 800 or more); "
            f"{steps} steps to the main channel, {diagonal} of them diagonal"
        ),
    }
