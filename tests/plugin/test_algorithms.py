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
