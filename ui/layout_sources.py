"""Which layers the layout is checked against: one choice a role, guessed once, kept with the project.

A role without a layer makes its rules unknown, never passed. A layer of the survey that is still empty is
not given: nothing drawn is not the same as nothing there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, Mapping, Tuple

from qgis.core import (
    QgsMapLayer,
    QgsMapLayerProxyModel,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsFileWidget, QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..core.case import guess_role
from ..core.county import County, load_county
from ..core.standard import Edition, text
from ..layers.landuse import read_map
from ..layers.roles import role_of
from .layout_ground import Choice
from .layout_words import role_word

SCOPE = "qingliu"
_POLYGON = QgsMapLayerProxyModel.Filter.PolygonLayer
_LINE = QgsMapLayerProxyModel.Filter.LineLayer
_VECTOR = QgsMapLayerProxyModel.Filter.HasGeometry
_RASTER = QgsMapLayerProxyModel.Filter.RasterLayer
ROLES: Mapping[str, object] = {
    "PARCELS": _POLYGON, "ZONES": _POLYGON, "DEM": _RASTER, "LANDUSE": _POLYGON | _RASTER,
    "CHANNELS": _LINE, "SOIL_DEPTH": _POLYGON | _RASTER, "COVER": _RASTER, "BANKS": _LINE,
    "FLOOD_PASSAGE": _POLYGON, "WATER_SOURCE": _POLYGON, "VILLAGES": _VECTOR, "ROADS": _LINE,
    "GULLIES": _VECTOR, "WATERBODIES": _POLYGON, "POLLUTION": _VECTOR, "BUILDINGS": _POLYGON,
    "ADMIN": _POLYGON, "EROSION": _POLYGON,
}  # fmt: skip
OF_STORE = {"pollution_sources": "POLLUTION", "admin_villages": "ADMIN"}
_KINDS = {
    QgsWkbTypes.GeometryType.PointGeometry: "point",
    QgsWkbTypes.GeometryType.LineGeometry: "line",
    QgsWkbTypes.GeometryType.PolygonGeometry: "polygon",
}


class Sources(QWidget):
    """The choices and the button that reads them; ``wanted`` asks for it."""

    wanted = pyqtSignal()

    def __init__(self, edition: Edition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edition = edition
        self.boxes: Dict[str, QgsMapLayerComboBox] = {}
        self._make()

    def _make(self) -> None:
        inner = QWidget()
        form = QFormLayout(inner)
        for role, kinds in ROLES.items():
            box = self.boxes[role] = QgsMapLayerComboBox()
            box.setObjectName(f"layout_role_{role}")
            box.setFilters(kinds)  # type: ignore[call-overload]
            box.setAllowEmptyLayer(True)
            box.setLayer(None)
            form.addRow(role_word(role), box)
        self.map = QgsFileWidget()
        self.map.setObjectName("layout_landuse_map")
        self.map.setFilter("CSV (*.csv)")
        form.addRow(self.tr("Codes of the land use (CSV)"), self.map)
        self.region = QComboBox()
        self.region.setObjectName("layout_region")
        self.region.addItem(self.tr("not said"), "")
        attribute = self.edition.siting.attribute("region")
        for value in attribute.values if attribute is not None else ():
            self.region.addItem(text(value), value.key)
        form.addRow(role_word("REGION"), self.region)
        self.county = QgsFileWidget()
        self.county.setObjectName("layout_county")
        self.county.setFilter("YAML (*.yaml *.yml)")
        form.addRow(role_word("COUNTY"), self.county)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        self.run = QPushButton(self.tr("Check with these layers"))
        self.run.setObjectName("layout_read")
        self.run.clicked.connect(self.wanted)
        self.bar = QProgressBar()
        self.bar.setVisible(False)
        self.told = QLabel(
            self.tr("A role without a layer leaves its rules unknown; nothing is passed silently.")
        )
        self.told.setObjectName("layout_sources_told")
        self.told.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(area, 1)
        column.addWidget(self.told)
        column.addWidget(self.bar)
        column.addWidget(self.run)

    # -- the choice ----------------------------------------------------------
    def recall(self, project: QgsProject, survey: str) -> None:
        """Choose what the project remembers, else what roles and names of its layers say."""
        guessed = guess(project, survey)
        empty = [x for x in project.mapLayers().values() if role_of(x) and not _holds(x)]
        for box in self.boxes.values():
            box.setExceptedLayerList(empty)
        for role, box in self.boxes.items():
            kept, known = project.readEntry(SCOPE, f"/layout/{role}", "")
            layer = project.mapLayer(kept) if known and kept else None
            if not known:
                layer = guessed.get(role)
            box.setLayer(layer)
        for name, widget in (("map", self.map), ("county", self.county)):
            path = project.readPath(project.readEntry(SCOPE, f"/layout/{name}", "")[0])
            if path and Path(path).is_file():
                widget.setFilePath(path)
        self.region.setCurrentIndex(
            max(0, self.region.findData(project.readEntry(SCOPE, "/layout/region", "")[0]))
        )

    def remember(self, project: QgsProject) -> None:
        """Keep the choice with the project."""
        for role, box in self.boxes.items():
            layer = box.currentLayer()
            project.writeEntry(SCOPE, f"/layout/{role}", layer.id() if layer is not None else "")
        project.writeEntry(SCOPE, "/layout/map", project.writePath(self.map.filePath()))
        project.writeEntry(SCOPE, "/layout/county", project.writePath(self.county.filePath()))
        project.writeEntry(SCOPE, "/layout/region", str(self.region.currentData()))

    def layers(self) -> Dict[str, QgsMapLayer]:
        """The chosen layers by role."""
        chosen = {role: box.currentLayer() for role, box in self.boxes.items()}
        return {role: layer for role, layer in chosen.items() if layer is not None and layer.isValid()}

    def choice(self, type_key: str, stored: County | None) -> Choice:
        """Everything the check is told. Raises QingliuError for a bad code list or county profile."""
        mapping = None
        if self.map.filePath():
            mapping, _ = read_map(self.map.filePath())
        return Choice(
            self.layers(), mapping, str(self.region.currentData()), self._county() or stored, type_key
        )

    def _county(self) -> County | None:
        path = self.county.filePath()
        return load_county(Path(path), self.edition) if path else None


def guess(project: QgsProject, survey: str) -> Dict[str, QgsMapLayer]:
    """Role -> layer: by the role it was given, layers of the survey only where they hold something; then by name."""
    found: Dict[str, QgsMapLayer] = {}
    for role, layer in [*_by_property(project), *_by_name(project)]:
        if role in ROLES and role not in found and _holds(layer):
            found[role] = layer
    return found


def _by_property(project: QgsProject) -> Iterator[Tuple[str, QgsMapLayer]]:
    for _, layer in sorted(project.mapLayers().items()):
        role = role_of(layer)
        if role:
            yield OF_STORE.get(role, role.upper()), layer


def _by_name(project: QgsProject) -> Iterator[Tuple[str, QgsMapLayer]]:
    for _, layer in sorted(project.mapLayers().items()):
        if role_of(layer):
            continue
        kind = "raster" if isinstance(layer, QgsRasterLayer) else ""
        if isinstance(layer, QgsVectorLayer) and layer.isSpatial():
            kind = _KINDS.get(layer.geometryType(), "")
        role = guess_role(layer.name(), kind) if kind else None
        if role is not None:
            yield role, layer


def _holds(layer: QgsMapLayer) -> bool:
    return not isinstance(layer, QgsVectorLayer) or layer.featureCount() != 0
