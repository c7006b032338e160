"""The printed plot table: rows by village, totals of what is printed, nothing that could run as code."""

from __future__ import annotations

import re

import pytest
from qingliu.core.layoutplan.maintenance import Holder
from qingliu.core.layoutplan.papers import plots_page
from qingliu.core.layoutplan.plots import Plot
from qingliu.core.standard import default_edition

EDITION = default_edition()
PLOTS = [
    Plot("a", "东村", 1, "terrace", "", "regulation", "p1", "planned", 1.25, 18.75),
    Plot("b", "东村", 2, "production_road", "", "regulation", None, "built", length_m=812.4),
    Plot("c", None, 1, "other_erosion", "沙障<b>", "outside", None, "planned", pieces=3),
]


def cells(page):
    """Rows of all tables as lists of texts."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in rows]


def test_every_plot_is_a_row_of_its_village_and_totals_add_up():
    rows = cells(plots_page(PLOTS, {"a": Holder("张三", "李四", "王五")}, EDITION, "zh"))
    assert rows[1] == [
        "1",
        "梯田",
        "生态治理区",
        "p1",
        "1.2500",
        "18.750",
        "",
        "",
        "规划",
        "张三",
        "李四",
        "王五",
    ]
    assert rows[2] == ["2", "生产道路", "生态治理区", "", "", "", "812.400", "", "已建", "", "", ""]
    assert rows[3][:8] == ["合计", "", "", "", "1.2500", "18.750", "812.400", ""]
    assert rows[5][1] == "沙障&lt;b&gt;"
    assert rows[6][7] == "3"


@pytest.mark.parametrize(("language", "words"), [("zh", "措施图斑表"), ("en", "Table of plots")])
def test_the_page_says_in_its_language_by_which_rules_it_was_made(language, words):
    page = plots_page(PLOTS, {}, EDITION, language, "清源河")
    assert f"<title>清源河{words if language == 'zh' else ' ' + words}</title>" in page
    assert getattr(EDITION.header, f"status_{language}") in page
    assert len({len(row) for row in cells(page)}) == 1


def test_no_plots_no_tables():
    assert "<table>" not in plots_page([], {}, EDITION, "en")
