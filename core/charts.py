"""Small bar charts as a page of their own: for numbers a person would rather look at than read.

Plain HTML with SVG inside: no script, no file beside it, the same bytes for the same numbers.
"""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Mapping, NamedTuple, Sequence

from .data import RESOURCES, load_yaml

BAR, GAP, LABEL, LENGTH, VALUE = 18, 6, 260, 380, 170
_STYLE = (
    "body{font:14px sans-serif;margin:16px;color:#222;background:#fff}"
    "h1{font-size:18px}h2{font-size:15px;margin:18px 0 6px}p{margin:4px 0;max-width:70ch}svg text{font-size:12px}"
)


class Bar(NamedTuple):
    """A value with its name; None is drawn as no bar and written as a dash."""

    label: str
    value: float | None
    colour: str
    text: str


class Chart(NamedTuple):
    """Bars of one unit under a title; ``full`` is the length's whole, the largest bar where None."""

    title: str
    bars: Sequence[Bar]
    full: float | None = None


@cache
def colours(kind: str) -> Mapping[str, str]:
    """Colour of each class code of ``erosion`` or ``landuse``."""
    found: Mapping[str, str] = load_yaml(RESOURCES / "styles" / "colours.yaml")[kind]
    return found


def bars_svg(chart: Chart) -> str:
    """The bars of a chart as SVG, each with its name before and its text behind it.

    By hand: of bars 10 and 5 without ``full`` the first is 380 units long, the second 190.
    """
    known = [bar.value for bar in chart.bars if bar.value is not None]
    full = chart.full or max(known, default=0.0) or 1.0
    width, height = LABEL + LENGTH + VALUE, len(chart.bars) * (BAR + GAP)
    rows = [_bar(bar, number * (BAR + GAP), full) for number, bar in enumerate(chart.bars)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img">'
    return f"{head}<title>{escape(chart.title)}</title>{''.join(rows)}</svg>"


def page(title: str, charts: Sequence[Chart], notes: Sequence[str] = ()) -> str:
    """A page of charts with notes below."""
    body = "".join(f"<h2>{escape(c.title)}</h2>{bars_svg(c)}" for c in charts)
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return (
        f"<!DOCTYPE html><html><head>{head}</head><body><h1>{escape(title)}</h1>{body}{said}</body></html>\n"
    )


def _bar(bar: Bar, top: int, full: float) -> str:
    middle = top + BAR - 5
    length = 0.0 if bar.value is None else LENGTH * min(max(bar.value / full, 0.0), 1.0)
    label = f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end">{escape(bar.label)}</text>'
    drawn = (
        f'<rect x="{LABEL}" y="{top}" width="{length:.2f}" height="{BAR}" fill="{escape(bar.colour)}" '
        'stroke="#777" stroke-width="0.5"/>'
    )
    text = f'<text x="{LABEL + length + 6:.2f}" y="{middle}">{escape(bar.text)}</text>'
    return label + (drawn if length else "") + text
