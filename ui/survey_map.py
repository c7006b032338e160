"""Features and rows: what is selected in the survey's layers, and the layers' answer to a row."""

from __future__ import annotations

from functools import partial
from typing import Dict, Iterable, Mapping, Optional

from qgis.core import QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal

from .survey_session import SurveySession


class MapLink(QObject):
    """Listens to the survey's located layers; ``chosen`` carries layer and uuid of a selected feature."""

    chosen = pyqtSignal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session: Optional[SurveySession] = None
        self._layers: Dict[str, QgsVectorLayer] = {}
        self._own = False

    def listen(self, session: SurveySession, tables: Iterable[str]) -> None:
        """Follow the selection in the layers of these tables."""
        self.session = session
        for layer in [x for table in tables for x in session.layers(table)]:
            if layer.id() not in self._layers:
                self._layers[layer.id()] = layer
                layer.selectionChanged.connect(self._selected)
                layer.willBeDeleted.connect(partial(self._layers.pop, layer.id(), None))

    def stop(self) -> None:
        """Follow nothing."""
        for layer in self._layers.values():
            layer.selectionChanged.disconnect(self._selected)
        self._layers.clear()
        self.session = None

    def _selected(self, *_: object) -> None:
        layer = self.sender()
        if self._own or self.session is None or not isinstance(layer, QgsVectorLayer):
            return
        uuid, table = self._uuid(layer), self.session.table(layer)
        if uuid and table:
            self.chosen.emit(table, uuid)

    def _uuid(self, layer: QgsVectorLayer) -> str:
        """Uuid of the feature selected in a layer, empty where it is not one."""
        fids = layer.selectedFeatureIds()
        if self.session is None or len(fids) != 1:
            return ""
        table = self.session.table(layer)
        return next(iter(self.session.store.uuids_of(table, fids).values()), "")

    def selected(self, table: str) -> str:
        """Uuid of the one feature selected in a table's layers, empty where it is not one."""
        layers = self.session.layers(table) if self.session is not None else []
        return next((u for u in map(self._uuid, layers) if u), "")

    def select(self, links: Mapping[str, Optional[str]]) -> None:
        """Select the features that a row is linked to, by ``<table>_uuid``."""
        if self.session is None:
            return
        self._own = True
        for field, uuid in links.items():
            table = field[: -len("_uuid")]
            fid = self.session.fid(table, uuid) if uuid else None
            wanted = [] if fid is None else [fid]
            for layer in self.session.layers(table):
                if layer.selectedFeatureIds() != wanted:  # each selection draws the map anew
                    layer.selectByIds(wanted)
        self._own = False

    def zoom(self, canvas: QgsMapCanvas | None, table: str, uuid: str | None) -> None:
        """Show a feature on the map."""
        if self.session is None or canvas is None or not uuid:
            return
        fid = self.session.fid(table, uuid)
        for layer in self.session.layers(table) if fid is not None else ():
            canvas.zoomToFeatureIds(layer, [fid])
