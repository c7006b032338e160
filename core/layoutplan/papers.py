"""The plot table as a page to print: by village, areas in hm² and 亩, with owner, user and manager (5.1.2, 8.1.1)."""

from __future__ import annotations

import math
from typing import Any, Mapping, NamedTuple, Sequence

from ..report import render
from ..standard import Edition, text
from .maintenance import Holder
from .model import BUILT
from .plots import Plot

_HEADS = {
    "zh": ("图斑号", "措施", "分区", "地块", "面积（hm²）", "面积（亩）", "长度（m）", "数量", "状态", "产权人",
           "使用权人", "管理责任人"),
    "en": ("Plot", "Measure", "Zone", "Parcel", "Area (hm²)", "Area (mu)", "Length (m)", "Pieces", "Status", "Owner",
           "User", "Manager"),
}  # fmt: skip
_WORDS = {
    "zh": {"title": "措施图斑表", "none": "各村之外", "total": "合计", "built": "已建", "planned": "规划"},
    "en": {
        "title": "Table of plots",
        "none": "outside all villages",
        "total": "Total",
        "built": "built",
        "planned": "planned",
    },
}


class _Cell(NamedTuple):
    text: str
    number: bool = False


def plots_page(
    plots: Sequence[Plot], holders: Mapping[str, Holder], edition: Edition, language: str, watershed: str = ""
) -> str:
    """The table as an HTML page; ``holders`` by uuid of the measure. Totals add up what is printed."""
    words = _WORDS[language]
    villages: dict[str | None, list[Plot]] = {}
    for plot in plots:
        villages.setdefault(plot.village, []).append(plot)
    blocks = [
        {
            "name": f"{name or words['none']}（{len(own)}）"
            if language == "zh"
            else f"{name or words['none']} ({len(own)})",
            "rows": [_row(p, holders.get(p.uuid, Holder()), edition, language) for p in own],
            "total": _total(own, words),
        }
        for name, own in villages.items()
    ]
    title = f"{watershed}{words['title']}" if language == "zh" else f"{watershed} {words['title']}".strip()
    status = text(edition.header, "status", language)
    return render(
        "layoutplan/plots.html",
        zh=language == "zh",
        title=title,
        status=status,
        heads=_HEADS[language],
        villages=blocks,
    )


def _row(plot: Plot, holder: Holder, edition: Edition, language: str) -> list[_Cell]:
    measure, zone = edition.measures.get(plot.measure), edition.zones.get(plot.zone or "")
    named = measure is not None and not (measure.placeholder and plot.name)
    words = _WORDS[language]
    return [
        _Cell("" if plot.number is None else str(plot.number), True),
        _Cell(text(measure, "name", language) if named else plot.name or plot.measure),
        _Cell(text(zone, language=language) if zone is not None else plot.zone or ""),
        _Cell(plot.parcel or ""),
        *_sizes(plot.area_hm2, plot.area_mu, plot.length_m, plot.pieces),
        _Cell(words["built" if plot.status == BUILT else "planned"]),
        _Cell(holder.owner),
        _Cell(holder.user),
        _Cell(holder.manager),
    ]


def _sizes(*values: Any) -> list[_Cell]:
    """Cells of hm², 亩, m and pieces; empty, never 0, where a plot is not measured so."""
    formats = ("{:,.4f}", "{:,.3f}", "{:,.3f}", "{:,.0f}")
    return [_Cell("" if v is None else f.format(v), True) for f, v in zip(formats, values)]


def _total(plots: Sequence[Plot], words: Mapping[str, str]) -> list[_Cell]:
    def whole(name: str) -> float | None:
        known = [getattr(p, name) for p in plots if getattr(p, name) is not None]
        return math.fsum(known) if known else None

    sizes = _sizes(*(whole(name) for name in ("area_hm2", "area_mu", "length_m", "pieces")))
    return [_Cell(words["total"]), *[_Cell("")] * 3, *sizes, *[_Cell("")] * 4]
