"""Loads the checkout as the package ``qingliu``, whatever its folder is called.

The root must not stay on sys.path: our ``processing`` would hide QGIS's own.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def _register_package() -> None:
    if "qingliu" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "qingliu", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules["qingliu"] = module
        spec.loader.exec_module(module)
    here = {str(ROOT), ""}
    sys.path[:] = [p for p in sys.path if p not in here]


_register_package()

try:
    from hypothesis import settings

    settings.register_profile("default", deadline=None, max_examples=50)
    settings.register_profile("nightly", deadline=None, max_examples=2000)
    settings.register_profile(
        "fuzz", deadline=None, max_examples=int(os.environ.get("FUZZ_EXAMPLES", "20000"))
    )
    settings.load_profile(os.environ.get("QINGLIU_HYPOTHESIS", "default"))
except ImportError:  # the version matrix may run without hypothesis
    settings = None


def pytest_addoption(parser):
    parser.addoption("--run-torture", action="store_true", help="run the long fault tests")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--run-torture"):
        return
    skip = pytest.mark.skip(reason="the long form runs by `make torture`")
    for item in items:
        if item.get_closest_marker("torture"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real watersheds and facts beside the checkout; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside this checkout: real data and the standard's facts are not there")
    return SHARED


@pytest.fixture
def english():
    """English messages for the test, whatever the machine speaks."""
    from qingliu.core import language

    before = language.current()
    language.use("en")
    yield
    language.use(before)
