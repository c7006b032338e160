"""Keeps the journal of a survey in WAL as long as the project shows layers of it, whoever writes into it.

QGIS reads a GeoPackage at rest without a lock: while somebody saves, such a layer is torn, and once an
algorithm has put the file into WAL it shows no row at all until it is opened anew. So the journal is changed
once, when layers are there, the layers are opened anew in turns of their own, and the file is put to rest
when the last of them is gone. A file that must not be written is left as it is.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import List, Optional

from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer

from ..layers.roles import survey_of
from ..layers.store.connection import connect, is_locked, put_to_rest, use_wal
from ..layers.store.editing import reload_layers
from ..layers.store.migrations import is_newer
from ..layers.store.opening import is_writable
from ..layers.store.places import is_network
from ..layers.store.reading import read_meta

TURN_MS = 5
AGAIN_MS = 1000


class Keeper(QObject):
    """Holds the journal of the survey that the project shows; :meth:`follow` says which that is."""

    def __init__(self, project: QgsProject, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._path: Optional[Path] = None
        self._connection: Optional[sqlite3.Connection] = None
        self._ahead: List[str] = []
        self._turn = QTimer(self)  # one layer a turn: forty at once would hold up the window
        self._turn.setInterval(TURN_MS)
        self._turn.timeout.connect(self._reload_next)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._hold)
        application = QgsApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.release)

    def keeps(self, path: Path) -> bool:
        """Whether a survey's journal is held and the layers that were there before have been opened anew."""
        return self._connection is not None and self._path == path and not self._ahead

    def follow(self, path: Optional[Path]) -> None:
        """The survey that the project shows now, None where it shows none."""
        if path == self._path:
            return
        self.release()
        self._path = path
        self._hold()

    def release(self) -> None:
        """Let the file rest, where nobody else has it open."""
        self._again.stop()
        self._turn.stop()
        connection, self._connection, self._ahead, self._path = self._connection, None, [], None
        if connection is not None:
            put_to_rest(connection, 0.0)
            connection.close()

    def _hold(self) -> None:
        path = self._path
        if path is None or not is_writable(path) or is_network(path):
            return
        connection = None
        taken = False
        try:
            connection = connect(path, read_only=False, wait_s=0.0)  # the window does not wait
            taken = _may_write(connection) and use_wal(connection, 0.0)
        except sqlite3.OperationalError as error:
            if is_locked(error):  # somebody is saving
                self._again.start()
        except (sqlite3.DatabaseError, UnicodeDecodeError, ValueError):
            taken = False  # no survey after all, or a damaged one: whoever opens it is told
        if connection is None:
            return
        if not taken:
            connection.close()
            return
        self._connection = connection
        layers = [x for x in self._project.mapLayers().values() if _shows(x, path)]
        self._ahead = [x.id() for x in sorted(layers, key=lambda x: not x.isSpatial())]
        self._turn.start()

    def _reload_next(self) -> None:
        if self._ahead and not sip.isdeleted(self._project):
            layer = self._project.mapLayer(self._ahead.pop(0))
            if isinstance(layer, QgsVectorLayer):
                reload_layers([layer])
        else:
            self._ahead = []
            self._turn.stop()


def _may_write(connection: sqlite3.Connection) -> bool:
    """Whether the survey is one that this version writes into."""
    return not is_newer(int(read_meta(connection).get("schema_version", "0")))


def _shows(layer: object, path: Path) -> bool:
    return isinstance(layer, QgsVectorLayer) and bool(survey_of(layer)) and _path_of(layer) == path


def _path_of(layer: QgsVectorLayer) -> Path:
    return Path(layer.source().split("|")[0])
