"""Windows as far as it can be tried elsewhere: GBK as the system's encoding, a Chinese home, long paths,
backslashes, files that cannot be replaced for a moment. What is left is in docs/windows-checklist.md.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("qgis.core")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="module")
def surveys(qgis_app):
    spec = importlib.util.spec_from_file_location(
        "windows_surveys", ROOT / "tests" / "plugin" / "field_surveys.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- encodings ------------------------------------------------------------------------
SHIPPED = ("core", "layers", "layouts", "processing", "ui")
TEXT_CALLS = {
    "open",
    "read_text",
    "write_text",
    "TextIOWrapper",
    "NamedTemporaryFile",
    "TemporaryFile",
    "Popen",
    "run",
}


def test_every_text_file_is_opened_with_its_encoding_named():
    """On a Chinese Windows Python's own choice is GBK."""
    found = []
    for folder in SHIPPED:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and _is_text_without_encoding(node):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def _is_text_without_encoding(node):
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    keywords = {k.arg: k.value for k in node.keywords}
    if name not in TEXT_CALLS or "encoding" in keywords or None in keywords:
        return False
    texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if name == "open":
        owner = getattr(getattr(node.func, "value", None), "id", "")
        if isinstance(node.func, ast.Attribute) and owner in ("os", "gdal", "archive", "self", "webbrowser"):
            return False
        mode = keywords["mode"].value if "mode" in keywords else next(iter(texts[-1:]), "")
        own = isinstance(node.func, ast.Name) or bool(set(mode) & set("rwax+t") and len(mode) <= 3)
        return own and "b" not in mode
    if name == "read_text":
        return not node.args
    if name == "write_text":
        return len(node.args) < 2
    if name in ("Popen", "run"):
        return any(k in keywords for k in ("text", "universal_newlines"))
    mode = keywords["mode"].value if "mode" in keywords else next(iter(texts), "w+b")
    return name != "TextIOWrapper" and "b" not in mode


def prepared(surveys, folder):
    surveys.make_survey(folder)
    return folder


def runs(folder, env, *options):
    """What became of every run of without.py in another environment."""
    done = subprocess.run(
        [sys.executable, *options, str(HERE / "without.py"), "", str(folder)],
        capture_output=True, timeout=280, env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **env},
    )  # fmt: skip
    for encoding in ("utf-8", "gbk"):
        text = done.stdout.decode(encoding, "replace")
        line = next((x for x in text.splitlines() if x.startswith("FOUND ")), None)
        if line is not None and "\ufffd" not in line:
            return json.loads(line[6:])["runs"]
    pytest.fail(
        done.stdout.decode("utf-8", "replace")[-2000:] + done.stderr.decode("utf-8", "replace")[-2000:]
    )


def all_well(found):
    bad = {k: v for k, v in found.items() if v != "ok" and not (k == "importsurveytables" and "NOFILE" in v)}
    return bad == {}, bad


@pytest.mark.slow
@pytest.mark.timeout(290)
def test_all_products_come_out_where_the_system_s_encoding_is_gbk(surveys, tmp_path):
    locale = tmp_path / "locale"
    locale.mkdir()
    if shutil.which("localedef") is None:
        pytest.skip("no localedef")
    subprocess.run(["localedef", "-f", "GBK", "-i", "zh_CN", str(locale / "zh_CN.GBK")], capture_output=True)
    env = {"LOCPATH": str(locale), "LC_ALL": "zh_CN.GBK", "LANG": "zh_CN.GBK"}
    code = "import locale; print(locale.getpreferredencoding())"
    shown = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code], capture_output=True, env={**os.environ, **env}
    )
    if shown.stdout.strip() != b"GBK":
        pytest.skip("GBK cannot be made the system's encoding here")
    folder = prepared(surveys, tmp_path / "s")
    well, bad = all_well(runs(folder, env, "-X", "utf8=0"))
    assert well, bad
    page = (folder / "dossier" / "dossier.html").read_text("utf-8")
    assert "青柳沟" in page


@pytest.mark.slow
@pytest.mark.timeout(290)
def test_all_products_come_out_in_a_chinese_home_with_blanks_and_long_paths(surveys, tmp_path):
    """Home, temporary folder, profile and survey; the paths are longer than 260 characters."""
    home = tmp_path / "用户" / "张 三"
    for name in ("tmp", "config", "run"):
        (home / name).mkdir(parents=True)
    deep = home / ("很长的文件夹名称" * 4) / ("第二层 folder " * 5).strip() / ("第三层" * 15)
    deep.parent.mkdir(parents=True)
    folder = prepared(surveys, deep)
    assert len(str(folder / "dossier" / "dossier.html")) > 200
    env = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "QGIS_CUSTOM_CONFIG_PATH": str(home / "config"),
           "NUMBA_CACHE_DIR": str(home / "numba")}  # fmt: skip
    well, bad = all_well(runs(folder, env))
    assert well, bad


# -- paths ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("photos\\a7_1.jpg", "photos/a7_1.jpg"),
        ("photos/a7_1.jpg", "photos/a7_1.jpg"),
        ("C:\\photos\\a7_1.jpg", None),
        ("\\\\server\\share\\a.jpg", None),
        ("..\\a.jpg", None),
        ("photos\\..\\..\\a.jpg", None),
    ],
)
def test_paths_written_on_windows_are_read(given, wanted, surveys, tmp_path):
    from qingliu.layers.surveyphotos import file_of

    survey = surveys.make_survey(tmp_path)
    assert file_of(survey, given) == (None if wanted is None else tmp_path / wanted)


def test_a_package_made_of_rows_with_backslashes_has_its_files(surveys, tmp_path):
    from qingliu.core.progress import SILENT
    from qingliu.layers.fieldpackage import FieldWish, package_survey
    from qingliu.layers.store import Update, open_store

    survey = surveys.make_survey(tmp_path / "s")
    with open_store(survey, daily_backup=False) as store:
        row = store.rows("photos", where={"path": "photos/a7_1.jpg"})[0]
        store.save([Update("photos", row.uuid, row.version, {"path": "photos\\a7_1.jpg"})])
        made = package_survey(store, FieldWish(tmp_path / "p", "qfield", "", "en"), SILENT)
    assert not [w for w in made.warnings if w.code == "QL-FIELD-NOFILE"]
    assert not [name for name in made.files if "\\" in name]
    assert [p for p in (tmp_path / "p").rglob("*") if p.is_file() and p.read_bytes() == b"first"]


# -- files that are held -----------------------------------------------------------------
def refusing(monkeypatch, times):
    """``Path.replace`` refuses as Windows does while a scanner holds the file, ``times`` times."""
    real, left = Path.replace, [times]

    def replace(self, target):
        if left[0]:
            left[0] -= 1
            raise PermissionError(
                13, "The process cannot access the file because it is being used", str(target)
            )
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)


def test_a_file_that_is_held_for_a_moment_is_replaced_all_the_same(monkeypatch, tmp_path):
    from qingliu.layers.outputs import write_csv

    refusing(monkeypatch, 3)
    write_csv(tmp_path / "a.csv", ["名"], [["甲"]])
    assert "甲" in (tmp_path / "a.csv").read_text("utf-8-sig")
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_a_file_that_stays_held_is_told_and_stays_as_it_was(monkeypatch, tmp_path):
    from qingliu.core.errors import InputError
    from qingliu.layers import outputs, replacing

    (tmp_path / "a.csv").write_text("old", encoding="utf-8")
    monkeypatch.setattr(replacing, "PATIENCE_S", 0.3)
    refusing(monkeypatch, 10**6)
    with pytest.raises(InputError, match="QL-OUT-WRITE"):
        outputs.write_csv(tmp_path / "a.csv", ["名"], [["甲"]])
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text("utf-8") == "old"


def test_a_copy_of_a_survey_that_is_held_is_told(monkeypatch, surveys, tmp_path):
    from qingliu.core.errors import InputError
    from qingliu.layers import replacing
    from qingliu.layers.store import open_store

    survey = surveys.make_survey(tmp_path)
    monkeypatch.setattr(replacing, "PATIENCE_S", 0.3)
    with open_store(survey, daily_backup=False) as store:
        refusing(monkeypatch, 10**6)
        with pytest.raises(InputError, match="QL-STORE-BACKUP"):
            store.backup("x")
        monkeypatch.undo()
        assert store.backup("y").is_file()
