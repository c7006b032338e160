"""A writer as the dock and the map tools save. Usage: qgis_writer.py FILE session|dock|plain

session: QGIS's edit buffers through the store; dock: the survey dock itself with its layers open, in turn
at once, in a task and from the layers' edit buffers; plain (to show that the harness finds faults):
commitChanges(), layer by layer.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import faults

TABLES = ("villages", "parcels", "a7", "a6", "a8")


def say(text):
    os.write(1, (text + "\n").encode())


def edit(layers, n, uuid):
    """Put action n into the layers' edit buffers."""
    from qgis.core import QgsFeature, QgsGeometry

    def add(table, wkb=None, **values):
        feature = QgsFeature(layers[table].fields())
        for name, value in {"uuid": uuid(), "version": 1, **values}.items():
            feature.setAttribute(name, value)
        if wkb is not None:
            geometry = QgsGeometry()
            geometry.fromWkb(wkb)
            feature.setGeometry(geometry)
        layers[table].addFeature(feature)

    for layer in layers.values():
        layer.startEditing()
    add("villages", faults.point(n, 2 * n), name=str(n))
    add("parcels", faults.square(n, n), name=str(n), landuse="0101")
    add("a7", natural_village=str(n))
    token = next(layers["a6"].getFeatures())
    layers["a6"].changeAttributeValue(token.id(), layers["a6"].fields().indexOf("length_m"), float(n))
    old = next(layers["a8"].getFeatures())
    layers["a8"].deleteFeature(old.id())
    add("a8", natural_village=str(n))


def until(condition):
    """Let the window live until something is so."""
    from qgis.PyQt.QtCore import QEventLoop
    from qgis.PyQt.QtWidgets import QApplication

    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def write_through_dock(path):
    """Actions by the dock: said to be tried before, acknowledged where the dock tells success."""
    from qingliu.layers.store import Drafts
    from qingliu.ui.survey_dock import SurveyDock

    dock = SurveyDock()
    dock.desk.drafts = Drafts(path.with_suffix(".drafts"))
    dock.open_survey(path)
    until(lambda: dock.session is not None and dock.counts)
    dock.choose_table("a7")
    n = int(dock.session.store.rows("a6")[0].values["length_m"])
    say("READY")
    while True:
        n += 1
        say(f"TRY {n}")
        if not (map_action(dock, n) if n % 3 == 2 else form_action(dock, n)):
            say(f"ERR {n} {dock.panel.status.text()}")
            n -= 1
            continue
        say(f"ACK {n}")
        until(lambda: not dock.desk.busy)


def form_action(dock, n):
    """An action as a form's, at once or in a task; whether it was told to be in the file."""
    from qingliu.ui.survey_desk import DIRECT_ROWS, Action

    told = []
    size = 1 if n % 3 else DIRECT_ROWS + 1
    dock.desk.act(Action(str(n), lambda store: store.save(faults.action(store, n)), size, told.append))
    until(lambda: told or not dock.desk.busy)
    return bool(told) and told[0] is not None


def map_action(dock, n):
    """The same by QGIS's own tools in the dock's layers."""
    from uuid import uuid4

    layers = {t: dock.session.layers(t)[0] for t in TABLES}
    edit(layers, n, lambda: str(uuid4()))
    dock.map_saving.save()
    until(lambda: not dock.map_saving.busy and not dock.desk.busy)
    saved = not any(layer.isEditable() for layer in layers.values())
    for layer in layers.values():
        layer.rollBack()
    return saved


def main(path, how):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from uuid import uuid4

    from qgis.core import QgsApplication

    app = QgsApplication([], how == "dock")
    app.initQgis()
    faults.load_package()
    if how == "dock":
        write_through_dock(path)
    from qingliu.core.errors import QingliuError
    from qingliu.layers.store import Drafts, open_store
    from qingliu.layers.store.editing import EditSession
    from qingliu.layers.surveyproject import open_layer

    store = open_store(path, daily_backup=False)
    layers = {t: open_layer(path, t) for t in TABLES}
    n = int(store.rows("a6")[0].values["length_m"])
    session = EditSession(store, Drafts(path.with_suffix(".drafts")))
    if how == "session":
        for layer in layers.values():
            session.watch(layer)
    else:
        store.close()
    say("READY")
    while True:
        n += 1
        edit(layers, n, lambda: str(uuid4()))
        say(f"TRY {n}")
        if how == "session":
            try:
                session.save()
            except QingliuError as error:
                say(f"ERR {n} {error.code}")
                n -= 1
                for layer in layers.values():
                    layer.rollBack()
                continue
        else:
            taken = [layer.commitChanges() for layer in layers.values()]  # every one of them is asked
            if not all(taken):
                say(f"ERR {n} commitChanges")
                continue
        say(f"ACK {n}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
