"""The one place that says that a survey has changed, whoever in QGIS or beside it has saved, and who holds it open.

Docks, algorithms and other programs write through connections of their own; what they have in common is the
survey's change log. It is looked into where the file's times tell that somebody wrote, once a second.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from qgis.core import QgsProject
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..layers.store import GpkgStore, Seat, seat_of
from ..layers.store.connection import connect, is_locked
from .survey_keeper import Keeper
from .survey_session import survey_in

LOOK_MS = 1000
SOON_MS = 150

Stamp = Tuple[Tuple[int, int], ...]


class _Known(NamedTuple):
    """A survey's file as it was looked at last; ``sequence`` is None where it could not be read."""

    stamp: Stamp
    sequence: Optional[int]


class SurveyBus(QObject):
    """``changed`` carries the survey's file and the names of its tables that were saved."""

    changed = pyqtSignal(str, object)

    def __init__(self, project: QgsProject) -> None:
        super().__init__()
        self._project = project
        self._watched: Counter[Path] = Counter()
        self._shown: Optional[Path] = None
        self._known: Dict[Path, _Known] = {}
        self._holding: List[GpkgStore] = []
        self.keeper = Keeper(project, self._is_used, self)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.look)
        self._settle = QTimer(self)  # layers are added first and told whose they are afterwards
        self._settle.setSingleShot(True)
        self._settle.setInterval(SOON_MS)
        self._settle.timeout.connect(self._take_shown)
        self._signals = (project.layersAdded, project.layersRemoved, project.readProject, project.cleared)
        for signal in self._signals:
            signal.connect(self._follow_project)
        project.cleared.connect(self.keeper.release)  # a file is at rest as soon as its layers are gone
        self._follow_project()

    def close(self) -> None:
        """Look after nothing any more."""
        for signal in self._signals:
            signal.disconnect(self._follow_project)
        self._project.cleared.disconnect(self.keeper.release)
        for timer in (self._timer, self._soon, self._settle):
            timer.stop()
        self.keeper.close()

    # -- what is watched ---------------------------------------------------------
    def watch(self, path: Path) -> None:
        """Look after a survey until :meth:`unwatch`; that which the project shows is looked after anyway."""
        self._watched[path] += 1
        self._set_going()

    def unwatch(self, path: Path) -> None:
        """Look after a survey no longer."""
        self._watched[path] -= 1
        self._watched += Counter()  # none below one
        self.keeper.rest_later(path)
        self._set_going()

    def _follow_project(self, *_: object) -> None:
        self._settle.start()

    def _take_shown(self) -> None:
        if sip.isdeleted(self._project):  # QGIS is going
            return
        before, self._shown = self._shown, survey_in(self._project)
        if before is not None:
            self.keeper.rest_later(before)
        self.keeper.follow(self._shown)
        self._set_going()

    def _paths(self) -> List[Path]:
        return [*self._watched, *([self._shown] if self._shown and self._shown not in self._watched else [])]

    def _is_used(self, path: Path) -> bool:
        """Whether somebody in this window has a survey open or shows it."""
        return path in self._paths() or any(store.path == path for store in self._holding)

    def _set_going(self) -> None:
        paths = self._paths()
        self._known = {p: self._known.get(p) or _Known(stamp_of(p), _sequence(p)) for p in paths}
        if not paths:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    # -- looking -----------------------------------------------------------------
    def look_soon(self) -> None:
        """Somebody has just saved."""
        self._soon.start()

    def look(self) -> None:
        """Tell what was saved since the last look."""
        for path, known in list(self._known.items()):
            stamp = stamp_of(path)
            if stamp == known.stamp:
                continue
            sequence, tables = _since(path, known.sequence)
            if sequence is None:  # locked or gone; asked again at the next look
                continue
            self._known[path] = _Known(stamp_of(path), sequence)
            if tables:
                self.changed.emit(str(path), tables)

    # -- who has it open ----------------------------------------------------------
    def hold(self, store: GpkgStore) -> None:
        """A survey is held open for writing: others take a seat beside it."""
        if not store.read_only:
            self._holding.append(store)

    def let_go(self, store: GpkgStore) -> None:
        """A survey is to be closed."""
        self._holding = [s for s in self._holding if s is not store]
        self.keeper.rest_later(store.path)

    def seat(self, path: Path) -> Optional[Seat]:
        """A seat beside whoever holds a survey open, None where nobody does."""
        return next((seat_of(s) for s in self._holding if s.path == path), None)


def stamp_of(path: Path) -> Stamp:
    """Times and sizes of a survey's file and its log: what differs when somebody wrote."""
    stamps = []
    for part in (path, path.with_name(path.name + "-wal")):
        try:
            looked = part.stat()
            stamps.append((looked.st_mtime_ns, looked.st_size))
        except OSError:
            stamps.append((0, 0))
    return tuple(stamps)


def _sequence(path: Path) -> Optional[int]:
    return _since(path, None)[0]


def _since(path: Path, sequence: Optional[int]) -> Tuple[Optional[int], FrozenSet[str]]:
    """The log's last number and the tables saved after ``sequence``; no number where nothing can be read now."""
    try:
        connection = connect(path, read_only=True)
    except sqlite3.Error:
        return None, frozenset()
    try:
        connection.execute("PRAGMA busy_timeout = 0")  # the window does not wait
        last = connection.execute("SELECT max(fid) FROM change_log").fetchone()[0] or 0
        sql = "SELECT DISTINCT table_name FROM change_log WHERE fid > ?"
        if sequence is not None and last < sequence:  # another file lies there now
            sequence = 0
        rows = [] if sequence is None else connection.execute(sql, (sequence,)).fetchall()
    except sqlite3.Error as error:
        return (None if is_locked(error) else 0), frozenset()
    finally:
        connection.close()
    return int(last), frozenset(str(r[0]) for r in rows)


_BUS: List[SurveyBus] = []


def bus() -> SurveyBus:
    """The bus of this window; made when it is first asked for."""
    if not _BUS:
        _BUS.append(SurveyBus(QgsProject.instance()))
    return _BUS[0]


def stop() -> None:
    """The plugin goes."""
    while _BUS:
        _BUS.pop().close()
