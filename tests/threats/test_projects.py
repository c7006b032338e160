"""A mailed project: connections, web pages, pictures, code, entities, bombs (T01, T03, T04, T07).

The plugin reads no layout template (.qpt), style (.qml, .sld) or report template that a user gives: a project is
the only way such things come in. A project that is open in QGIS was opened by QGIS, with its own questions.
"""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest
from qgis.core import (
    Qgis,
    QgsLayoutFrame,
    QgsLayoutItemHtml,
    QgsLayoutItemLabel,
    QgsLayoutItemPicture,
    QgsPrintLayout,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtWidgets import QApplication


def _layout(project):
    made = QgsPrintLayout(project)
    made.initializeDefaults()
    made.setName("任务")
    project.layoutManager().addLayout(made)
    return made


def _html(project):
    layout = _layout(project)
    page = QgsLayoutItemHtml(layout)
    layout.addMultiFrame(page)
    page.addFrame(QgsLayoutFrame(layout, page))
    return page


def picture(project, url, folder):
    layout = _layout(project)
    item = QgsLayoutItemPicture(layout)
    layout.addLayoutItem(item)
    item.setPicturePath(f"{url}/a.png")


def page_with_script(project, url, folder):
    page = _html(project)
    page.setContentMode(QgsLayoutItemHtml.ContentMode.ManualHtml)
    page.setHtml(f'<script>document.write("x")</script><img src="{url}/a.png">')


def page_by_address(project, url, folder):
    page = _html(project)
    page.setContentMode(QgsLayoutItemHtml.ContentMode.Url)
    page.setUrl(QUrl(f"{url}/page"))


def label_as_page(project, url, folder):
    layout = _layout(project)
    item = QgsLayoutItemLabel(layout)
    layout.addLayoutItem(item)
    item.setMode(QgsLayoutItemLabel.Mode.ModeHtml)
    item.setText(f'<img src="{url}/a.png">')


def map_service(project, url, folder):
    source = f"contextualWMSLegend=0&crs=EPSG:4326&format=image/png&layers=a&styles=&url={url}/wms"
    project.addMapLayer(QgsRasterLayer(source, "wms", "wms"))


def database(project, url, folder):
    port = url.rsplit(":", 1)[1]
    source = f"dbname='a' host=127.0.0.1 port={port} user='u' password='geheim-77' table=\"x\" (g)"
    project.addMapLayer(QgsVectorLayer(source, "pg", "postgres"))


def file_on_the_web(project, url, folder):
    project.addMapLayer(QgsVectorLayer(f"/vsicurl/{url}/a.geojson", "web", "ogr"))


def address_as_file(project, url, folder):
    project.addMapLayer(QgsVectorLayer(f"{url}/a.geojson", "web", "ogr"))


CALLING = [picture, page_with_script, page_by_address, label_as_page, map_service, database, file_on_the_web,
           address_as_file]  # fmt: skip


@pytest.fixture
def mailed(listener, tmp_path):
    """mailed(fill) -> a project file that was filled; what calls the filling made are forgotten."""

    def make(fill, name="mailed.qgz"):
        project = QgsProject()
        fill(project, listener.url, tmp_path)
        path = tmp_path / name
        assert project.write(str(path))
        project.clear()
        settle()
        listener.forget()
        return path

    return make


def settle():
    for _ in range(10):
        QApplication.processEvents()
        time.sleep(0.02)


def export(run, survey, project, folder):
    wanted = {"SURVEY": str(survey), "PROJECT": str(project), "FIGURES": ["villages"], "FORMAT": "png"}
    return run("qingliu:exportfigures", {**wanted, "OUTPUT_FOLDER": str(folder)})


@pytest.mark.parametrize(
    "fill", [picture, page_with_script, page_by_address, map_service, database, file_on_the_web]
)
def test_the_payload_calls_where_a_project_is_read_carelessly(fill, mailed, listener):
    """The tests below would prove nothing if reading alone did not call."""
    path = mailed(fill)
    project = QgsProject()
    project.read(str(path))
    for _ in range(20):
        settle()
        if listener.calls:
            break
    project.clear()
    if fill is page_with_script and not listener.calls and Qgis.versionInt() >= 33_600:
        pytest.skip("this QGIS is built without WebKit: its layouts fetch nothing for a page of their own")
    assert listener.calls
    listener.forget()


@pytest.mark.parametrize("fill", CALLING)
def test_a_project_that_reaches_out_is_not_read_for_figures(fill, mailed, listener, run, survey, tmp_path):
    path = mailed(fill)
    before = path.read_bytes()
    with pytest.raises(QgsProcessingException, match="QL-PROJECT-CALLS") as told:
        export(run, survey, path, tmp_path / "figures")
    settle()
    assert listener.calls == [] and path.read_bytes() == before
    assert "geheim-77" not in str(told.value)


@pytest.mark.parametrize("fill", [page_with_script, map_service, database])
def test_nor_for_the_dossier(fill, mailed, listener, run, survey, tmp_path):
    path = mailed(fill)
    wanted = {
        "SURVEY": str(survey),
        "PROJECT": str(path),
        "FIGURES": ["villages"],
        "EVALUATION_DATE": "2025-09-30",
    }
    with pytest.raises(QgsProcessingException, match="QL-PROJECT-CALLS"):
        run("qingliu:dossier", {**wanted, "OUTPUT_FOLDER": str(tmp_path / "out")})
    settle()
    assert listener.calls == []


def test_the_project_beside_the_figures_is_looked_at_too(mailed, listener, run, survey, tmp_path):
    """``figures.qgz`` in the output folder is taken up again: a mailed folder may hold one."""
    folder = tmp_path / "figures"
    folder.mkdir()
    mailed(page_with_script).rename(folder / "figures.qgz")
    with pytest.raises(QgsProcessingException, match="QL-PROJECT-CALLS"):
        wanted = {"SURVEY": str(survey), "FIGURES": ["villages"], "FORMAT": "png"}
        run("qingliu:exportfigures", {**wanted, "OUTPUT_FOLDER": str(folder)})


def test_code_in_a_project_is_named_and_not_run(mailed, run, survey, canary, tmp_path):
    from qgis.core import QgsAction, QgsEditFormConfig
    from qingliu.layers.foreignproject import look_at_project

    code = f"open({str(canary)!r}, 'w').write('x')"

    def fill(project, url, folder):
        layer = QgsVectorLayer("Point?crs=EPSG:4547&field=a:int", "点", "memory")
        config = layer.editFormConfig()
        config.setInitCodeSource(QgsEditFormConfig.PythonInitCodeSource.CodeSourceDialog)
        config.setInitFunction("formOpen")
        config.setInitCode(f"def formOpen(d, l, f):\n    {code}")
        layer.setEditFormConfig(config)
        layer.actions().addAction(QgsAction.ActionType.GenericPython, "evil", code)
        project.addMapLayer(layer)
        project.writeEntry("Macros", "/pythonCode", f"def openProject():\n    {code}\n")
        project.writeEntry("ExpressionFunctions", "/pythonCode", f"{code}\n")

    path = mailed(fill)
    assert set(look_at_project(path).code) == {"macro", "functions", "点 (form)", "点 (actions)"}
    export(run, survey, path, tmp_path / "figures")
    settle()
    assert (tmp_path / "figures" / "villages.png").is_file()


ENTITY = (
    '<!DOCTYPE qgis [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><qgis><title>&b;</title></qgis>'
)
FOREIGN = '<!DOCTYPE qgis [<!ENTITY x SYSTEM "file:///etc/passwd">]><qgis><title>&x;</title></qgis>'


def _archive(path, members, **more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


BROKEN = {
    "entity-bomb.qgs": lambda p: p.write_text(ENTITY),
    "foreign-entity.qgs": lambda p: p.write_text(FOREIGN),
    "no-xml.qgs": lambda p: p.write_bytes(b"\0\1\2" * 999),
    "empty.qgs": lambda p: p.write_bytes(b""),
    "entity-bomb.qgz": lambda p: _archive(p, [("a.qgs", ENTITY)]),
    "climbs-out.qgz": lambda p: _archive(p, [("a.qgs", "<qgis/>"), ("../../canary", "x")]),
    "drive.qgz": lambda p: _archive(p, [("a.qgs", "<qgis/>"), ("C:\\canary", "x")]),
    "bomb.qgz": lambda p: _archive(p, [("a.qgs", "<qgis/>"), ("b.qgd", b"\0" * 50_000_000)]),
    "two.qgz": lambda p: _archive(p, [("a.qgs", "<qgis/>"), ("b.qgs", "<qgis/>")]),
    "none.qgz": lambda p: _archive(p, [("a.txt", "x")]),
    "no-zip.qgz": lambda p: p.write_bytes(b"PK\3\4" + b"x" * 500),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", BROKEN)
def test_a_project_that_hides_what_it_is_is_told_and_not_read(name, run, survey, tmp_path, canary):
    path = tmp_path / name
    BROKEN[name](path)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(QgsProcessingException, match="QL-PROJECT-UNREADABLE") as told:
        export(run, survey, path, tmp_path / "figures")
    assert "root:" not in str(told.value) and "Traceback" not in str(told.value)
    assert set(tmp_path.rglob("*")) - before <= {tmp_path / "figures"}


@pytest.mark.parametrize(
    ("source", "provider", "remote"),
    [
        ("/home/a/b.gpkg|layername=x", "ogr", False),
        ("./b.gpkg|layername=x", "ogr", False),
        ("D:/数据/b.gpkg", "ogr", False),
        ("D:\\数据\\b.tif", "gdal", False),
        ("GPKG:/a/b.gpkg:dem", "gdal", False),
        ("file:///a/b.csv?type=csv", "delimitedtext", False),
        ("/vsizip//a/b.zip/c.shp", "ogr", False),
        ("type=xyz&url=https://t0.tianditu.gov.cn/{z}/{x}/{y}", "wms", False),
        ("\\\\server\\share\\b.gpkg", "ogr", True),
        ("//server/share/b.gpkg", "ogr", True),
        ("file://server/share/b.csv", "delimitedtext", True),
        ("/vsicurl/http://a/b.tif", "gdal", True),
        ("/vsizip//vsicurl/http://a/b.zip", "ogr", True),
        ("/vsis3/bucket/b.tif", "gdal", True),
        ("PG:host=a dbname=b", "ogr", True),
        ("WFS:http://a", "ogr", True),
        ("http://a/b.geojson", "ogr", True),
        ("url=http://a typename=b", "WFS", True),
    ],
)
def test_what_leaves_this_machine(source, provider, remote):
    from qingliu.layers.foreignproject import is_remote

    assert is_remote(source, provider.lower()) is remote


def test_the_survey_s_own_project_is_read_without_a_word(run, tmp_path):
    from qingliu.layers.foreignproject import look_at_project

    run("qingliu:createsurvey", {"DESTINATION": str(tmp_path / "青柳.gpkg"), "NAME": "青柳", "CODE": "1",
                                 "TYPE": "livable", "CRS": "EPSG:4547"})  # fmt: skip
    (path,) = Path(tmp_path).glob("*.qg[sz]")
    assert look_at_project(path) == ((), ())
