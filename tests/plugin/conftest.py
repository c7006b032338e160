"""Real QGIS for the tests of this folder: provider registered, algorithms run in-process."""

from __future__ import annotations

import pytest


def registered():
    """The Qingliu provider in QGIS's registry, added where it is not there."""
    import qingliu
    from qgis.core import QgsApplication
    from qingliu.processing.provider import QingliuProvider

    registry = QgsApplication.processingRegistry()
    if registry.providerById("qingliu") is None:
        # QGIS does not keep the Python half of a provider alive: the plugin does, and so must we; at the
        # package, as other folders load this file as a module of their own that soon goes
        qingliu.kept_by_tests = QingliuProvider()
        if not registry.addProvider(qingliu.kept_by_tests):
            pytest.fail("the provider could not be registered")
    return registry.providerById("qingliu")


@pytest.fixture(scope="session")
def provider(qgis_app, qgis_processing):
    """The Qingliu provider, registered for the session of tests."""
    return registered()


@pytest.fixture(scope="session")
def practice_folder(provider, tmp_path_factory):
    """The practice watershed, made once; to be read only: copy it before you change it."""
    from qgis import processing

    folder = tmp_path_factory.mktemp("practice") / "case"
    processing.run("qingliu:trainingwatershed", {"SEED": 5, "AREA_KM2": 5, "OUTPUT_FOLDER": str(folder)})
    return folder


@pytest.fixture
def unregistered(qgis_app):
    """No Qingliu provider during the test (of loading and unloading); back again afterwards."""
    from qgis.core import QgsApplication

    registry = QgsApplication.processingRegistry()
    if registry.providerById("qingliu") is not None:
        registry.removeProvider("qingliu")
    yield registry
    registered()


@pytest.fixture
def run(provider, qgis_new_project):
    """run("qingliu:id", {...}) -> results; raises QgsProcessingException as QGIS does."""
    from qgis import processing

    def _run(algorithm, parameters):
        return processing.run(algorithm, parameters)

    return _run
