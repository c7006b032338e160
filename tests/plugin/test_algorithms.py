"""What holds for every algorithm, checked over all of them."""

from __future__ import annotations

import re

import pytest
from qgis.core import QgsProcessingParameterEnum


def _classes():
    from qingliu.processing.provider import algorithm_classes

    return algorithm_classes()


def pytest_generate_tests(metafunc):
    if "algorithm" in metafunc.fixturenames:
        classes = _classes()
        metafunc.parametrize("algorithm", classes, ids=[c.ID for c in classes])


@pytest.fixture(params=["zh", "en"])
def spoken(request):
    from qingliu.core import language

    before = language.current()
    language.use(request.param)
    yield request.param
    language.use(before)


def test_algorithm_has_help_for_itself_and_each_parameter_in_both_languages(algorithm, spoken, qgis_app):
    from qingliu.processing.algorithm import help_of

    texts = help_of(algorithm.ID)
    made = algorithm()
    made.initAlgorithm()
    assert texts["title"][spoken] and texts["summary"][spoken]
    assert made.displayName() == texts["title"][spoken]
    for parameter in made.parameterDefinitions():
        entry = {**texts["parameters"], **texts.get("outputs", {})}.get(parameter.name())
        assert entry, f"{algorithm.ID}: no help for {parameter.name()}"
        assert entry["label"][spoken], parameter.name()
        assert parameter.description() == entry["label"][spoken], parameter.name()
        if not parameter.isDestination():
            assert entry["help"][spoken], parameter.name()
            assert parameter.help() == entry["help"][spoken], parameter.name()
    for output in made.outputDefinitions():
        entry = {**texts["parameters"], **texts.get("outputs", {})}.get(output.name())
        assert entry and entry["label"][spoken], f"{algorithm.ID}: no label for output {output.name()}"


def test_algorithm_has_a_public_name_a_group_and_clauses_that_exist(algorithm, qgis_app):
    from qingliu.core.standard import default_edition
    from qingliu.processing.algorithm import help_of

    made = algorithm()
    assert re.fullmatch("[a-z]+", made.name())
    assert made.group()
    for clause in help_of(algorithm.ID).get("clauses", []):
        assert default_edition().clause(str(clause)).id == str(clause)


def test_enumerations_use_static_strings(algorithm, qgis_app):
    made = algorithm()
    made.initAlgorithm()
    for parameter in made.parameterDefinitions():
        if isinstance(parameter, QgsProcessingParameterEnum):
            assert parameter.usesStaticStrings(), parameter.name()


def test_every_algorithm_that_has_a_help_file_is_registered(qgis_app):
    """A module that cannot be imported is passed over by the provider: here it is found."""
    from qingliu.core.data import RESOURCES

    described = {p.stem for p in (RESOURCES / "help").glob("*.yaml")} - {"groups"}
    assert {c.ID for c in _classes()} == described


@pytest.mark.parametrize("value", ["no", "否", "off", 2, float("nan"), ["true"]], ids=str)
def test_a_yes_or_no_that_is_neither_is_refused_instead_of_taken_for_yes(run, tmp_path, value):
    from qgis.core import QgsProcessingException

    given = {"SURVEY": "s.gpkg", "WORKBOOK": "a7.xlsx", "APPLY": value, "OUTPUT": "memory:"}
    with pytest.raises(QgsProcessingException, match=r"QL-PARAM-VALUE: APPLY .*true, false"):
        run("qingliu:importsurveytables", given)


@pytest.mark.parametrize(
    ("name", "value"), [("TABLES", ["a7", "a8"]), ("TABLES", {"a": 1}), ("SURVEY", ["a.gpkg"])], ids=str
)
def test_a_list_where_one_text_or_file_is_asked_is_refused_instead_of_passed_over(run, tmp_path, name, value):
    from qgis.core import QgsProcessingException

    given = {"SURVEY": "s.gpkg", "OUTPUT_FOLDER": str(tmp_path), name: value}
    with pytest.raises(QgsProcessingException, match=f"QL-PARAM-VALUE: {name} "):
        run("qingliu:exportsurveytables", given)


def test_a_file_of_another_kind_is_refused_with_the_ending_that_is_asked(run, tmp_path):
    from qgis.core import QgsProcessingException

    given = {"SURVEY": "s.gpkg", "WORKBOOK": str(tmp_path / "a7.xls"), "OUTPUT": "memory:"}
    with pytest.raises(QgsProcessingException, match=r"Allowed: \*\.xlsx"):
        run("qingliu:importsurveytables", given)
