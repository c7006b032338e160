# ruff: noqa: E402
"""Real QGIS, the sound country and a sound survey for the catalogue of bad inputs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from case import Site
from ground import Country

PLUGIN = HERE.parent / "plugin"


def _plugin_test(name):
    spec = importlib.util.spec_from_file_location(f"hostile_{name}", PLUGIN / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def provider(qgis_app, qgis_processing):
    """The Qingliu provider, registered."""
    return _plugin_test("conftest").registered()


@pytest.fixture(scope="session")
def country(qgis_app, tmp_path_factory):
    """The sound country, once."""
    return Country(tmp_path_factory.mktemp("country"))


@pytest.fixture(scope="session")
def surveys(qgis_app, tmp_path_factory):
    """A folder with a sound survey, once."""
    folder = tmp_path_factory.mktemp("surveys") / "survey"
    _plugin_test("field_surveys").make_survey(folder)
    return folder


@pytest.fixture
def site(provider, country, surveys, tmp_path, qgis_new_project, english):
    """Where a case works."""
    return Site(country, surveys, tmp_path)
