"""The clause browser: finds, shows and follows."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtCore import QUrl


@pytest.fixture
def dock(qtbot, qgis_app):
    from qingliu.ui.clause_dock import ClauseDock

    made = ClauseDock()
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: made.edition is not None, timeout=20000)
    return made


def shown(dock):
    from qingliu.ui.clause_dock import TARGET_ROLE, _walk

    return [i.data(TARGET_ROLE).name for i in _walk(dock.filter) if i.data(TARGET_ROLE) is not None]


def test_every_clause_of_the_edition_has_its_row(dock):
    assert sorted(shown(dock)) == sorted(dock.edition.clauses)


@pytest.mark.parametrize("query", ["沟长", "梯田", "GB 51018", "filter strip", "tt"], ids=str)
def test_search_narrows_to_rows_that_hold_the_words(dock, query):
    from qingliu.core import pinyin

    dock.search.setText(query)
    found = shown(dock)
    assert 0 < len(found) < len(dock.edition.clauses)
    for name in found:
        clause = dock.edition.clause(name)
        whole = " ".join(
            [clause.id, clause.zh, clause.en, clause.term_zh or "", clause.term_en or "", *clause.standards]
        )
        words = query.lower().split()
        assert all(w in whole.lower() or pinyin.found(w, pinyin.spelled(whole)) for w in words) or any(
            dock.edition.clause(child).parent == name for child in found
        )


def test_level_filter_shows_only_that_level(dock):
    dock.level.setCurrentIndex(dock.level.findData("recommended"))
    names = shown(dock)
    levels = {dock.edition.clause(n).level for n in names if not _has_child(dock, n, names)}
    assert levels == {"recommended"}


def _has_child(dock, name, names):
    return any(dock.edition.clause(n).parent == name for n in names)


def test_nothing_found_says_what_to_try(dock):
    dock.search.setText("没有这样的词组存在")
    assert shown(dock) == []
    assert dock.status.text()


@pytest.mark.parametrize(
    ("target", "opens"),
    [
        ("clause:4.3.1", "4.3.1"),
        ("table:A.6", "A.6"),
        ("indicator:17", "C.8"),
        ("measure:terrace", "6.2.2-5-1"),
    ],
)
def test_any_thing_leads_to_the_clause_that_speaks_of_it(dock, target, opens):
    dock.show_target(target)
    current = dock.tree.currentIndex()
    from qingliu.ui.clause_dock import TARGET_ROLE

    chosen = current.data(TARGET_ROLE).name
    linked = [t.name for t in dock.edition.links_to(target) if t.kind == "clause"]
    assert chosen == target.split(":")[1] or chosen in linked
    assert opens in linked or opens == chosen


def test_links_out_of_a_clause_are_handed_on(dock, qtbot):
    dock.show_target("clause:4.3.1")
    with qtbot.waitSignal(dock.target_requested) as signal:
        dock.page.anchorClicked.emit(QUrl("algorithm:streamsurvey"))
    assert signal.args == ["algorithm:streamsurvey"]
    dock.page.anchorClicked.emit(QUrl("clause:4.3.4"))
    assert "4.3.4" in dock.page.toPlainText()


def test_page_tells_the_ruling_and_the_edition(dock):
    dock.show_target("clause:5.3.2")
    page = dock.page.toPlainText()
    assert "5.2.2" in page  # printed so
    assert dock.edition.header.status_zh[:10] in page or dock.edition.header.status_en[:10] in page


def test_register_and_rulings_have_all_their_rows(dock):
    dock.tabs.setCurrentIndex(1)
    assert sorted(shown(dock)) == sorted(dock.edition.standards)
    dock.tabs.setCurrentIndex(2)
    assert sorted(map(int, shown(dock))) == sorted(dock.edition.rulings)
