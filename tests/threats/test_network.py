"""Nothing is called without a click, and nothing secret is carried away (T07, T15, T16, T18).

PostGIS is not offered: the store is a GeoPackage. What is tried of T07 is a layer of a database that a user gives.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = HERE.parent / "faults" / "without.py"


@pytest.fixture(scope="session")
def noting(tmp_path_factory):
    """A library that notes calls; skips where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to watch the network with")
    made = tmp_path_factory.mktemp("calls") / "calls.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, HERE / "calls.c", "-ldl"], check=True)
    return made


def watched(noting, tmp_path, *command):
    log = tmp_path / "calls.log"
    log.touch()
    env = {**os.environ, "LD_PRELOAD": str(noting), "CALLS_LOG": str(log), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, env=env, timeout=280)
    return done, log.read_text().splitlines()


def test_the_watch_sees_a_call(noting, tmp_path):
    code = "import socket; s = socket.socket(); s.settimeout(1); s.connect_ex(('127.0.0.1', 9))"
    _, calls = watched(noting, tmp_path, sys.executable, "-c", code)
    assert "connect 127.0.0.1" in calls


@pytest.mark.slow
@pytest.mark.timeout(290)
def test_the_main_algorithms_and_the_dossier_call_nobody(noting, survey, tmp_path):
    """Seventeen runs from a new survey to the dossier, QGIS's own threads and child processes included."""
    done, calls = watched(noting, tmp_path, sys.executable, PROGRAM, "", survey.parent)
    line = next(x for x in done.stdout.splitlines() if x.startswith("FOUND "))
    runs = json.loads(line[6:])["runs"]
    assert sum(v == "ok" for v in runs.values()) >= 15, runs
    assert calls == []


# -- what the code itself can do ----------------------------------------------------
CALLING = {
    "socket",
    "urllib.request",
    "http.client",
    "requests",
    "ftplib",
    "smtplib",
    "ssl",
    "httpx",
    "aiohttp",
}
RUNNING = {"pickle", "marshal", "shelve", "code", "imp"}
QT_CALLING = {"QNetworkAccessManager", "QgsNetworkAccessManager", "QgsBlockingNetworkRequest", "QTcpSocket",
              "QgsNetworkContentFetcher", "QWebView", "QWebPage", "QgsFileDownloader"}  # fmt: skip
ALLOWED = {("layers/store/users.py", "socket")}  # the name of this machine


def sources():
    for folder in ("core", "layers", "layouts", "processing", "ui"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def test_no_module_can_call_or_run_what_it_reads():
    found = []
    for name, tree in sources():
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.Import):
                modules = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or "", *(f"{node.module}.{a.name}" for a in node.names)]
                modules += [a.name for a in node.names if a.name in QT_CALLING]
            banned = CALLING | RUNNING | QT_CALLING | {"xml.etree", "xml.dom", "xml.sax"}
            found += [
                (name, m) for m in modules if m in banned or m.startswith(("xml.etree", "xml.dom", "xml.sax"))
            ]
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if isinstance(node.func, ast.Name) and called in ("eval", "exec", "__import__"):
                    found.append((name, called))
                if called == "system" or any(k.arg == "shell" for k in node.keywords):
                    found.append((name, called))
    assert set(found) <= ALLOWED


def test_the_one_use_of_socket_is_the_machine_s_name():
    tree = ast.parse((ROOT / "layers/store/users.py").read_text("utf-8"))
    used = {
        n.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == "socket"
    }
    assert used == {"gethostname"}


# -- secrets -------------------------------------------------------------------------
SECRET = "geheim-4711-canary"


def holding(folder, needle):
    import zipfile

    found = []
    for path in Path(folder).rglob("*"):
        if not path.is_file():
            continue
        if needle.encode() in path.read_bytes():
            found.append(path)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += [path for n in archive.namelist() if needle.encode() in archive.read(n)]
    return found


def test_a_password_in_a_layer_s_source_is_in_no_message_and_no_product(run, survey, tmp_path):
    from qgis.core import QgsApplication, QgsProcessingException

    told = []
    QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: told.append(text))
    source = f"dbname='a' host=127.0.0.1 port=1 user='u' password='{SECRET}' table=\"x\" (g)"
    for name, given in (
        ("mapsheets", {"BOUNDARY": source, "OUTPUT": str(tmp_path / "out" / "a.gpkg")}),
        ("exportfigures", {"SURVEY": str(survey), "VILLAGES": source, "OUTPUT_FOLDER": str(tmp_path / "out" / "f")}),
        ("prefillsurvey", {"SURVEY": str(survey), "ROADS": source, "OUTPUT": str(tmp_path / "out" / "p.csv")}),
        ("packagefield", {"SURVEY": str(survey), "BASEMAP": [source], "TARGET": "qfield",
                          "OUTPUT_FOLDER": str(tmp_path / "out" / "k")}),
    ):  # fmt: skip
        (tmp_path / "out").mkdir(exist_ok=True)
        with pytest.raises(QgsProcessingException) as error:
            run(f"qingliu:{name}", given)
        assert SECRET not in str(error.value), name
    assert not [text for text in told if SECRET in text and "QL-" in text]
    assert holding(tmp_path / "out", SECRET) == [] and holding(survey.parent, SECRET) == []


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("host=a password='b c' table=d", "host=a password=*** table=d"),
        ("host=a PASSWORD=b table=d", "host=a PASSWORD=*** table=d"),
        ("https://u:p@h/a?tk=1&x=2", "https://***@h/a?tk=***&x=2"),
        ("type=xyz&url=https://t0.x.cn/{z}&tk=abc", "type=xyz&url=https://t0.x.cn/{z}&tk=***"),
        ("authcfg=abc1234 url=x", "authcfg=*** url=x"),
        ("D:/数据/key/a.gpkg|layername=x", "D:/数据/key/a.gpkg|layername=x"),
    ],
)
def test_what_is_secret_in_a_source_is_not_shown(source, shown):
    from qingliu.core.messages import redacted

    assert redacted(source) == shown
