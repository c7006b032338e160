"""Holding a survey open while entries are written into it: its journal must not change under the map's layers.

Layers that were opened while the file was at rest read nothing once it is in WAL; so the file is put into
WAL once, the layers are opened anew, and it is put to rest when the dock lets go (see ``layers/store``).
"""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsApplication, QgsProject

from ..layers.store import GpkgStore
from ..layers.store.editing import layers_of, refuse_while_editing, reload_layers
from .evaluation_work import Asked


class Hold:
    """Keeps a survey in WAL from the first entry until :meth:`release`."""

    def __init__(self, project: QgsProject) -> None:
        self.project = project
        self.store: Optional[GpkgStore] = None
        application = QgsApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.release)

    def take(self, asked: Asked, who: str) -> None:
        """Hold the survey. Raises QingliuError QL-STORE-*, -EDITING while its layers have unsaved edits."""
        if self.store is None:
            store = GpkgStore(asked.path, who=who, home=asked.home)
            layers = layers_of(self.project, store)
            try:
                refuse_while_editing(layers)
            except BaseException:
                store.close()
                raise
            self.store = store
            reload_layers(layers)
        else:
            refuse_while_editing(layers_of(self.project, self.store))

    def release(self) -> None:
        """Let the survey rest; a local copy of a network survey is sent back. Raises QingliuError."""
        store, self.store = self.store, None
        if store is not None:
            store.close()
