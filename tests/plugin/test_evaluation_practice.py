"""The practice watershed: each number walked to its origin, a village deleted, every page made."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import pytest

pytestmark = pytest.mark.slow
DATE = dt.date(2025, 9, 30)


@pytest.fixture(scope="module")
def practice(tmp_path_factory, practice_folder):
    folder = tmp_path_factory.mktemp("practice") / "练习 一"
    shutil.copytree(practice_folder, folder)
    return folder


@pytest.fixture
def survey(practice, tmp_path):
    """A copy of the survey that a test may change."""
    folder = tmp_path / "调查 一"
    folder.mkdir()
    shutil.copytree(practice / "evidence", folder / "evidence")
    return shutil.copyfile(practice / "survey.gpkg", folder / "survey.gpkg")


@pytest.fixture
def found(survey):
    """The survey as the dock has it."""
    from qingliu.layers.store import open_store
    from qingliu.ui.evaluation_work import Asked, evaluate_survey

    with open_store(survey, who="t") as store:
        store.set_meta({"evaluation_date": DATE.isoformat()})
    return evaluate_survey(Task(), Asked(survey, survey))


class Task:
    """What a QgsTask is to the work: never cancelled."""

    def isCanceled(self):
        return False

    def setProgress(self, value):
        self.value = value


def test_every_number_of_every_page_resolves_to_clause_formula_or_source_and_features(found):
    """100 % of the lines of 100 pages, down to cells, entries and layers."""
    from qingliu.core.provenance import Feature
    from qingliu.ui.evaluation_texts import page_of

    walked = 0
    for type_key in found.edition.types:
        for number in found.edition.indicators:
            page = page_of(found, type_key, number, stale=False, whole=True)
            for line in page.lines:
                value = line.value
                assert value.clause and line.label, line.id
                assert f"clause:{value.clause}" in page.html
                if value.inputs:
                    assert value.formula, line.id
                    assert all(found.evaluation.register.get(i) is not None for i in value.inputs)
                elif not line.id.startswith("county."):
                    assert value.features and all(isinstance(f, Feature) for f in value.features), line.id
                    assert value.source or value.formula, line.id
                walked += 1
            if page.row.value_num is not None:
                assert page.features, (type_key, number)
    assert walked > 500


def test_states_of_the_dock_equal_the_answer_key_for_all_five_types(found, practice):
    key = json.loads((practice / "answers.json").read_text("utf-8"))
    for answer in key["verdicts"]:
        mine = {r.number: r.state for r in found.evaluation.of(answer["type"])}
        assert mine == {r["number"]: r["state"] for r in answer["rows"]}
        assert found.evaluation.verdicts[answer["type"]] == answer["verdict"]


def test_deleting_one_village_changes_no_row_that_is_not_stale(found, survey):
    from qingliu.core.evaluation.reads import stale_rows
    from qingliu.layers.store import Delete, open_store
    from qingliu.layers.surveyevaluation import touched_since
    from qingliu.ui.evaluation_work import Asked, evaluate_survey

    with open_store(survey, who="t") as store:
        at = store.sequence()
        village = store.rows("villages")[0]
        gone = [Delete("villages", village.uuid, village.version)]
        for table in ("a7", "a8"):
            (row,) = store.rows(table, where={"villages_uuid": village.uuid})
            gone.append(Delete(table, row.uuid, row.version))
        store.save(gone)
        stale = stale_rows(found.edition, touched_since(store, at))
    assert {n for _, n in stale} == {8, 9, 11, 12, 19}
    assert {t for t, n in stale if n == 19} == {"green_industry"}  # the sum of A.7 stands beside
    after = evaluate_survey(Task(), Asked(survey, survey)).evaluation
    pairs = zip(found.evaluation.rows, after.rows)
    differing = {(a.type, a.number) for a, b in pairs if shown(a) != shown(b)}
    assert differing and differing <= stale
    assert {8, 11, 12} <= {n for _, n in differing}


def shown(row):
    return (
        row.state,
        row.value_num,
        row.value_text,
        row.margin,
        row.readings,
        row.gaps,
        row.notes,
        row.formula,
    )


def test_intervals_come_with_the_errors_that_the_survey_states(survey):
    from qingliu.layers.store import open_store
    from qingliu.ui.evaluation_work import Asked, evaluate_survey

    with open_store(survey, who="t") as store:
        store.set_meta({"evaluation_date": DATE.isoformat(), "line_error_m": "5", "class_error_pct": "3"})
    found = evaluate_survey(Task(), Asked(survey, survey)).evaluation
    for number in (1, 2, 13, 17):
        row = found.row("leisure", number)
        assert row.low < row.value_num < row.high, number
