"""The title block in the lower right corner, after the water-industry drawing convention (SL 73.1)."""

from __future__ import annotations

from typing import NamedTuple

from .sheet import Box

SIGNATURES = ("approved", "ratified", "examined", "checked", "designed", "drawn")
NAMES = {
    "approved": "批准", "ratified": "核定", "examined": "审查",
    "checked": "校核", "designed": "设计", "drawn": "制图",
}  # fmt: skip


class TitleBlock(NamedTuple):
    """What is written into the block; empty texts stay empty cells."""

    project: str
    figure: str
    number: str
    scale: str
    date: str = ""
    unit: str = ""
    approved: str = ""
    ratified: str = ""
    examined: str = ""
    checked: str = ""
    designed: str = ""
    drawn: str = ""
    stage: str = ""
    discipline: str = ""
    certificate: str = ""


class Cell(NamedTuple):
    """A cell of the block: ``size`` in points."""

    key: str
    text: str
    box: Box
    size: float
    bold: bool = False


def cells(block: TitleBlock, box: Box) -> list[Cell]:
    """The cells, each with its place: unit on top, six signatures on the left, what it is on the right."""
    row = box.height / 9
    left, top = box.x, box.y
    name, sign = 0.13 * box.width, 0.26 * box.width
    found = [Cell("unit", block.unit, Box(left, top, box.width, row), 9, True)]
    top += row
    for number, key in enumerate(SIGNATURES):
        y = top + number * row
        found.append(Cell(f"{key}.name", NAMES[key], Box(left, y, name, row), 8))
        found.append(Cell(key, getattr(block, key), Box(left + name, y, sign, row), 8))
    x, wide = left + name + sign, box.width - name - sign
    stage = 0.3 * wide
    found += [
        Cell("project", block.project, Box(x, top, wide - stage, 2 * row), 9),
        Cell("stage", block.stage, Box(x + wide - stage, top, stage, row), 8),
        Cell("discipline", block.discipline, Box(x + wide - stage, top + row, stage, row), 8),
        Cell("figure", block.figure, Box(x, top + 2 * row, wide, 4 * row), 13, True),
    ]
    top += 6 * row
    return found + _foot(block, Box(left, top, box.width, 2 * row), name, sign)


def _foot(block: TitleBlock, box: Box, name: float, sign: float) -> list[Cell]:
    row, rest = box.height / 2, box.width - name - sign
    x, key = box.x + name + sign, 0.2 * rest
    half = rest / 2
    lower = box.y + row
    return [
        Cell("certificate.name", "证书号", Box(box.x, box.y, name, box.height), 8),
        Cell("certificate", block.certificate, Box(box.x + name, box.y, sign, box.height), 7),
        Cell("scale.name", "比例", Box(x, box.y, key, row), 8),
        Cell("scale", block.scale, Box(x + key, box.y, half - key, row), 8),
        Cell("date.name", "日期", Box(x + half, box.y, key, row), 8),
        Cell("date", block.date, Box(x + half + key, box.y, half - key, row), 8),
        Cell("number.name", "图号", Box(x, lower, key, row), 8),
        Cell("number", block.number, Box(x + key, lower, rest - key, row), 8),
    ]
