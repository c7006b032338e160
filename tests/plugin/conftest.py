"""Real QGIS for the tests of this folder: provider registered, algorithms run in-process."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def provider(qgis_app, qgis_processing):
    """The Qingliu provider, registered once for the session of tests."""
    from qgis.core import QgsApplication
    from qingliu.processing.provider import QingliuProvider

    registry = QgsApplication.processingRegistry()
    existing = registry.providerById("qingliu")
    if existing is not None:
        yield existing
        return
    made = QingliuProvider()
    if not registry.addProvider(made):
        pytest.fail("the provider could not be registered")
    yield made
    registry.removeProvider("qingliu")


@pytest.fixture
def run(provider, qgis_new_project):
    """run("qingliu:id", {...}) -> results; raises QgsProcessingException as QGIS does."""
    from qgis import processing

    def _run(algorithm, parameters):
        return processing.run(algorithm, parameters)

    return _run
