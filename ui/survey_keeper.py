"""Keeps the journal of a survey in WAL as long as the project shows layers of it, whoever writes into it.

QGIS reads a GeoPackage at rest without a lock: while somebody saves, such a layer is torn, and once an
algorithm has put the file into WAL it shows no row at all until it is opened anew. So the journal is changed
once, when layers are there, the layers are opened anew in turns of their own, and the file is put to rest
when the last of them is gone, or soon after, where a reader in another thread is later than the last of us.
A file that must not be written is left as it is.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Callable, Dict, List, Optional

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
from ..layers.store.users import turning

TURN_MS = 5
AGAIN_MS = 1000
REST_MS = 500
REST_TRIES = 60


class Keeper(QObject):
    """Holds the journal of the survey that the project shows; :meth:`follow` says which that is."""

    def __init__(
        self, project: QgsProject, is_used: Callable[[Path], bool], parent: QObject | None = None
    ) -> None:
        """``is_used``: whether anybody in this window still has a survey open or shows it."""
        super().__init__(parent)
        self._project = project
        self._is_used = is_used
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
        self._resting: Dict[Path, int] = {}  # surveys that are to be one file again -> tries left
        self._rest = QTimer(self)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._put_to_rest)
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
        path, connection = self._path, self._connection
        self._path, self._connection, self._ahead = None, None, []
        if path is not None and connection is not None:
            _let_rest(path, connection)

    def close(self) -> None:
        """Hold nothing any more and put nothing to rest later."""
        self._rest.stop()
        self._resting.clear()
        self.release()

    def rest_later(self, path: Path) -> None:
        """Somebody let go of a survey: it is to be one file again as soon as nobody reads it any more."""
        self._resting[path] = REST_TRIES
        self._rest.start()

    def _put_to_rest(self) -> None:
        for path, left in list(self._resting.items()):
            if left > 0 and not self._is_used(path) and not self._rested(path):
                self._resting[path] = left - 1
            else:
                del self._resting[path]
        if not self._resting:
            self._rest.stop()

    def _rested(self, path: Path) -> bool:
        """Put a survey to rest; False where somebody else still has it open, True too where it is not ours."""
        try:
            connection = _connection(path)
        except sqlite3.OperationalError:  # somebody is saving
            return False
        return connection is None or _let_rest(path, connection)

    def _hold(self) -> None:
        path = self._path
        if path is None:
            return
        connection, taken = None, False
        try:
            connection = _connection(path)
            if connection is not None:
                with turning(path):
                    taken = use_wal(connection, 0.0)
        except sqlite3.Error as error:
            if is_locked(error):  # somebody is saving
                self._again.start()
        if not taken:
            if connection is not None:
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


def _let_rest(path: Path, connection: sqlite3.Connection) -> bool:
    """Put a survey to rest and let go of it; False where somebody else still has it open."""
    try:
        with turning(path):
            return put_to_rest(connection, 0.0)
    except sqlite3.Error:  # a damaged one: whoever opens it is told
        return False
    finally:
        connection.close()


def _connection(path: Path) -> Optional[sqlite3.Connection]:
    """A connection to change the journal by, without waiting; None for a file that must not be written.

    Raises sqlite3.OperationalError where somebody else is in the way just now.
    """
    if not is_writable(path) or is_network(path):
        return None
    connection = None
    try:
        connection = connect(path, read_only=False, wait_s=0.0)  # the window does not wait
        if not is_newer(int(read_meta(connection).get("schema_version", "0"))):
            return connection
    except (sqlite3.DatabaseError, UnicodeDecodeError, ValueError) as error:
        # else no survey after all, or a damaged one: whoever opens it is told
        if isinstance(error, sqlite3.OperationalError) and is_locked(error):
            if connection is not None:
                connection.close()
            raise
    if connection is not None:
        connection.close()
    return None


def _shows(layer: object, path: Path) -> bool:
    return isinstance(layer, QgsVectorLayer) and bool(survey_of(layer)) and _path_of(layer) == path


def _path_of(layer: QgsVectorLayer) -> Path:
    return Path(layer.source().split("|")[0])
