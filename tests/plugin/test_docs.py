"""The offline documentation: every link of every page leads somewhere, in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs" / "guide").glob("*.yaml"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, str(ROOT / "tools" / "docs.py"), str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return folder


def test_every_link_of_every_page_leads_to_a_page_and_an_anchor_that_exist(site):
    anchors = {
        p: set(re.findall(r'id="([^"]+)"', p.read_text(encoding="utf-8"))) for p in site.rglob("*.html")
    }
    assert len(anchors) > 80
    broken = []
    for page in anchors:
        for href in re.findall(r'href="([^"]+)"', page.read_text(encoding="utf-8")):
            path, _, anchor = href.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (anchor and anchor not in anchors.get(target, set())):
                broken.append((page.relative_to(site).as_posix(), href))
    assert broken == []


def test_the_help_button_of_every_dock_leads_to_a_page_and_a_section_that_exist(site):
    from qingliu.ui.workspace import DOCKS

    for spec in DOCKS:
        page, _, section = spec.help.partition("#")
        for language in ("zh", "en"):
            html = (site / language / f"{page}.html").read_text(encoding="utf-8")
            assert not section or f'id="{section}"' in html, (spec.key, language)


@pytest.mark.parametrize("path", GUIDES, ids=lambda p: p.stem)
def test_guides_say_the_same_in_both_languages(path):
    page = yaml.safe_load(path.read_text(encoding="utf-8"))
    steps = [step for section in page["sections"] for step in section["steps"]]
    assert len(steps) >= 6
    for step in [page["title"], page["lead"], *(s["title"] for s in page["sections"]), *steps]:
        assert set(step) == {"zh", "en"} and all(step.values())
        links = [re.findall(r"\]\(([a-z]+:[a-z0-9_]+)\)", step[k]) for k in ("zh", "en")]
        assert sorted(links[0]) == sorted(links[1])


def test_there_is_a_guide_for_each_of_the_three_users():
    assert {"technician", "designer", "trainer"} <= {p.stem for p in GUIDES}
