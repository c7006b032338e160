"""A writer as the dock and the map tools save: QGIS's edit buffers through the store, or (to show the
harness finds faults) through commitChanges(), layer by layer. Usage: qgis_writer.py FILE session|plain
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


def main(path, how):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from uuid import uuid4

    from qgis.core import QgsApplication

    app = QgsApplication([], False)
    app.initQgis()
    faults.load_package()
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
