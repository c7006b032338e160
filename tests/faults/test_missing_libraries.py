"""A QGIS whose Python lacks a library: the plugin loads, the product that needs it says so, all else works."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("qgis.core")
ROOT = Path(__file__).resolve().parents[2]
# Library -> the runs that need it, with the code they answer with.
NEEDED = {
    "shapely": {"streamsurvey:water": "QL-CHANNELS-SHAPELY"},
    "openpyxl": {
        "exportsurveytables:xlsx": "QL-PRINT-NOOPENPYXL",
        "importsurveytables": "QL-PRINT-NOOPENPYXL",
    },
    "docx": {"exportsurveytables:docx": "QL-PRINT-NODOCX"},
    "lxml": {"exportsurveytables:docx": "QL-PRINT-NODOCX"},
    # without any of these no run lacks anything: kernels run uncompiled, codes and pictures are left out
    "numba,segno,cv2,pyzbar,geopandas,pandas,scipy,matplotlib,fiona,pyogrio,pyproj,PIL,pygeodiff,requests": {},
}

# Of the many that nothing needs, each by itself in the long form.
ALONE = [
    pytest.param(name, marks=pytest.mark.torture)
    for names in NEEDED if "," in names for name in names.split(",")
]  # fmt: skip


@pytest.fixture(scope="module")
def prepared(_registered, tmp_path_factory):
    """A survey with a filled workbook, to be copied."""
    spec = importlib.util.spec_from_file_location(
        "missing_surveys", ROOT / "tests" / "plugin" / "field_surveys.py"
    )
    surveys = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(surveys)
    folder = tmp_path_factory.mktemp("missing") / "s"
    survey = surveys.make_survey(folder)
    from qgis import processing
    from qingliu.layers.store import Insert, open_store

    pond = surveys.wkb(
        "POLYGON((501040 3000500,501160 3000500,501160 3000560,501040 3000560,501040 3000500))"
    )
    with open_store(survey, daily_backup=False) as store:
        store.save([Insert("waterbodies", {"name": "塘", "kind": "pond"}, pond)])
    wanted = {"SURVEY": str(survey), "TABLES": "a7", "FORMAT": "xlsx", "OUTPUT_FOLDER": str(folder)}
    processing.run("qingliu:exportsurveytables", wanted)
    (folder / "a7.xlsx").rename(folder / "filled.xlsx")
    return survey.parent


@pytest.fixture(scope="module", autouse=True)
def _registered(qgis_app, qgis_processing):
    path = ROOT / "tests" / "plugin" / "conftest.py"
    spec = importlib.util.spec_from_file_location("missing_plugin_conftest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.registered()
    yield module  # held: QGIS does not keep the Python half of a provider alive


def without(names, folder):
    """What became of every algorithm in a process that lacks ``names``."""
    program = Path(__file__).with_name("without.py")
    done = subprocess.run(
        [sys.executable, str(program), names, str(folder)],
        capture_output=True, text=True, timeout=280, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    line = next((x for x in done.stdout.splitlines() if x.startswith("FOUND ")), None)
    assert line is not None, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(line[6:])


def test_the_list_below_holds_every_library_that_the_code_imports():
    """A new import needs a line here."""
    found = set()
    for folder in ("core", "layers", "layouts", "processing", "ui"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [node.module or ""]
                found |= {name.partition(".")[0] for name in names}
    ours = {"qgis", "osgeo", "numpy", "yaml", "jinja2", "processing"}
    known = {name for names in NEEDED for name in names.split(",")}
    assert found - ours - set(sys.stdlib_module_names) <= known


@pytest.mark.slow
@pytest.mark.timeout(290)
@pytest.mark.parametrize("names", [*NEEDED, *ALONE])
def test_without_a_library_its_product_says_so_and_all_else_works(names, prepared, tmp_path):
    folder = tmp_path / "s"
    shutil.copytree(prepared, folder)
    found = without(names, folder)
    assert len(found["algorithms"]) >= 25 and found["said"] == ""
    print(names, {k: v[:120] for k, v in found["runs"].items() if v != "ok"})
    for name, result in found["runs"].items():
        code = NEEDED.get(names, {}).get(name)
        if code is None:
            assert result == "ok", (name, result)
            continue
        assert code in result and "Traceback" not in result, (name, result)
        named = {"lxml": "docx"}.get(names, names)
        assert named in result.lower() or "shapely" in result, "the message names the library"
        assert re.search(r"[Ii]nstall", result), "and says how to get it"


@pytest.mark.parametrize("names", ["yaml", "jinja2", "numpy", "yaml,jinja2"])
def test_without_what_everything_needs_the_plugin_loads_and_says_so(names, tmp_path):
    """Nothing can work then; QGIS must not show a traceback."""
    code = f"""
import importlib.util, sys
import qgis.core  # newer QGIS brings numpy itself
gone = {names.split(",")!r}
for name in [name for name in sys.modules if name.partition(".")[0] in gone]:
    del sys.modules[name]
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in gone:
            raise ImportError("No module named " + name)
sys.meta_path.insert(0, Blocker())
root = {str(ROOT)!r}
spec = importlib.util.spec_from_file_location("qingliu", root + "/__init__.py", submodule_search_locations=[root])
module = importlib.util.module_from_spec(spec)
sys.modules["qingliu"] = module
spec.loader.exec_module(module)
plugin = module.classFactory(None)
plugin.initProcessing()
plugin.initGui()
plugin.unload()
print(plugin.text)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "QL-RUN-LIBRARY" in done.stdout and all(name in done.stdout for name in names.split(","))
