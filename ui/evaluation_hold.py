"""Holding a survey open while entries are written into it: its journal must not change under the map's layers.

Layers that were opened while the file was at rest read nothing once it is in WAL; so the file is put into
WAL once, the layers are opened anew, and it is put to rest when the dock lets go (see ``layers/store``).
"""

from __future__ import annotations

from typing import List, Optional

from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QTimer

from ..layers.store import GpkgStore
from ..layers.store.editing import refuse_while_editing, reload_layers
from .evaluation_map import survey_layers
from .evaluation_work import Asked


class Hold:
    """Keeps a survey in WAL from the first entry until :meth:`release`."""

    def __init__(self, project: QgsProject) -> None:
        self.project = project
        self.store: Optional[GpkgStore] = None
        self._ahead: List[str] = []
        self._turn = QTimer()  # one layer a turn: opening forty anew at once would hold up the window
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._reload_next)
        application = QgsApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.release)

    def take(self, asked: Asked, who: str) -> None:
        """Hold the survey. Raises QingliuError QL-STORE-*, -EDITING while its layers have unsaved edits."""
        layers = [x for own in survey_layers(self.project, asked).values() for x in own]
        refuse_while_editing(layers)
        if self.store is None:
            self.store = GpkgStore(asked.path, who=who, home=asked.home)
            self._ahead = [x.id() for x in sorted(layers, key=lambda x: not x.isSpatial())]
            self._turn.start()

    def _reload_next(self) -> None:
        """Open one layer anew."""
        layer = self.project.mapLayer(self._ahead.pop(0)) if self._ahead else None
        if isinstance(layer, QgsVectorLayer):
            reload_layers([layer])
        if not self._ahead:
            self._turn.stop()

    def release(self) -> None:
        """Let the survey rest; a local copy of a network survey is sent back. Raises QingliuError."""
        store, self.store, self._ahead = self.store, None, []
        if store is not None:
            store.close()
