"""The small charts: lengths that follow the numbers, text that cannot break the page."""

from __future__ import annotations

import re

from qingliu.core.charts import LENGTH, Bar, Chart, bars_svg, colours, page
from qingliu.core.data import RESOURCES


def widths(svg):
    return [float(w) for w in re.findall(r'<rect [^>]*? width="([\d.]+)"', svg)]


def test_bars_are_as_long_as_their_share_of_the_largest():
    bars = [Bar("a", 10.0, "#fff", "10"), Bar("b", 5.0, "#fff", "5"), Bar("c", 0.0, "#fff", "0")]
    assert widths(bars_svg(Chart("areas", bars))) == [LENGTH, LENGTH / 2]


def test_bars_of_a_rate_are_shares_of_the_whole_and_null_is_a_dash():
    bars = [Bar("C.1", 25.0, "#fff", "25 %"), Bar("C.2", None, "#fff", "–")]
    svg = bars_svg(Chart("rates", bars, full=100.0))
    assert widths(svg) == [LENGTH / 4] and ">–<" in svg


def test_no_bar_or_nothing_but_zeros_is_no_fault():
    assert widths(bars_svg(Chart("empty", []))) == []
    assert widths(bars_svg(Chart("zero", [Bar("a", 0.0, "#fff", "0")]))) == []


def test_names_from_data_are_escaped():
    text = page("<b>", [Chart('"&', [Bar("<script>", 1.0, '"/><x', "1 < 2")])], ["<i>"])
    assert "<script>" not in text and "<x" not in text and "<i>" not in text
    assert text == page("<b>", [Chart('"&', [Bar("<script>", 1.0, '"/><x', "1 < 2")])], ["<i>"])


def test_colours_are_those_of_the_map_styles():
    for kind in ("erosion", "landuse"):
        style = (RESOURCES / "styles" / f"{kind}.qml").read_text(encoding="utf-8")
        drawn = {
            "#" + "".join(f"{int(part):02x}" for part in value.split(",")[:3])
            for value in re.findall(
                r'name="color"[^>]*value="([\d,]+)"|value="([\d,]+)"[^>]*name="color"', style
            )
            for value in value
            if value
        }
        assert set(colours(kind).values()) <= drawn, kind
