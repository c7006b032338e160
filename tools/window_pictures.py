"""Pictures of QGIS's window for the guides; run inside QGIS by tools/window_pictures.sh.

Opens the project of the demo's practice watershed, brings up each dock with something in it, and saves
the window as it is drawn to NAME-LANGUAGE.png in the folder PICTURES_OUT.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import qgis.utils
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface

OUT = Path(os.environ["PICTURES_OUT"])
DEMO = Path(os.environ["PICTURES_DEMO"])
LANGUAGE = os.environ["PICTURES_LANGUAGE"]
DONE = OUT / f"done-{LANGUAGE}"
SIZE = (1280, 820)


def grab(name: str) -> None:
    """The whole window."""
    iface.mainWindow().grab().save(str(OUT / f"{name}-{LANGUAGE}.png"))


def waited(settled, seconds: float = 90.0):
    """Steps of waiting until ``settled()``."""
    for _ in range(int(2 * seconds)):
        yield 500
        if settled():
            return


def idle() -> bool:
    return QgsApplication.taskManager().countActiveTasks() == 0 and not iface.mapCanvas().isDrawing()


def story():
    """What is done, step by step; each yields the milliseconds to wait."""
    window = iface.mainWindow()
    window.resize(*SIZE)
    for dock in window.findChildren(QDockWidget):
        if not dock.objectName().startswith("Qingliu") and dock.objectName() not in ("Layers",):
            dock.close()
    workspace = qgis.utils.plugins["qingliu"].workspace
    for key, prepare in STORIES.items():
        if key in ("guide", "survey"):
            yield from fresh(key)
        dock = workspace.open(key)
        yield 1500
        yield from prepare(dock)
        yield from waited(idle)
        yield 800
        grab(key)
        if key != "survey":  # whose session the others read
            dock.close()


def fresh(key: str):
    """An empty project for the guide, the survey's for the docks that work on it."""
    QgsProject.instance().clear()
    if key == "survey":
        QgsProject.instance().read(str(DEMO / "survey.qgz"))
        yield from waited(idle)
        zoom_to("boundary")
    yield 500


def zoom_to(role: str) -> None:
    layers = QgsProject.instance().mapLayers().values()
    layer = next((one for one in layers if f"layername={role}" in one.source()), None)
    if layer is not None:
        canvas = iface.mapCanvas()
        canvas.setExtent(canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent()))
        canvas.refresh()


def guide(dock):
    dock.open_case(DEMO / "practice")
    yield 3000


def clauses(dock):
    dock.show_target("clause:4.3.1")
    yield 500


def streams(dock):
    dock.dem.setLayer(
        next(one for one in QgsProject.instance().mapLayers().values() if one.source().endswith("dem.tif"))
    )
    dock.compute.click()
    yield from waited(idle)
    yield 2000


def zones(dock):
    drawn = [QgsVectorLayer(str(DEMO / f"{name}.gpkg"), name, "ogr") for name in ("zones", "boundary")]
    QgsProject.instance().addMapLayers(drawn)
    dock.zones.setLayer(drawn[0])
    dock.boundary.setLayer(drawn[1])
    dock.run.click()
    yield from waited(idle)
    QgsProject.instance().removeMapLayers([one.id() for one in drawn[1:]])


def survey(dock):
    dock.open_survey(DEMO / "survey.gpkg")
    yield from waited(idle)
    dock.open_form("a7", first_row("a7"), "")
    yield 3000


def first_row(table: str) -> str:
    layer = next(
        one
        for one in QgsProject.instance().mapLayers().values()
        if f"layername={table}" in one.source().split("|")
    )
    return str(next(layer.getFeatures())["uuid"])


def layout(dock):
    yield from waited(lambda: dock.edition is not None)
    dock.open_survey(DEMO / "survey.gpkg")
    yield 3000
    yield from waited(idle)


def field(dock):
    yield 2000


def evaluation(dock):
    dock.evaluate()
    yield 1000
    yield from waited(lambda: dock.found is not None)
    dock.panel.tree.choose(2)
    yield 1500


def figures(dock):
    yield 2500
    yield from waited(lambda: dock.list.topLevelItemCount() > 0)
    dock.list.setCurrentItem(dock.list.topLevelItem(9))  # the overall layout
    yield 6000


def training(dock):
    dock.open(DEMO / "practice")
    yield 1000
    dock.list.setCurrentRow(2)
    yield 1000


STORIES = {
    "guide": guide, "clauses": clauses, "streams": streams, "zones": zones, "survey": survey,
    "layout": layout, "field": field, "evaluation": evaluation, "figures": figures, "training": training,
}  # fmt: skip

_steps = story()


def _next() -> None:
    try:
        QTimer.singleShot(next(_steps), _next)
    except StopIteration:
        DONE.write_text("0")
    except (AttributeError, RuntimeError, TypeError, ValueError, KeyError, OSError):
        traceback.print_exc(file=sys.stderr)
        DONE.write_text("1")


QTimer.singleShot(2000, _next)
