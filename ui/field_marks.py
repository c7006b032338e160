"""Secrecy marks of the project's base layers, and the way to the package (4.1.2, 4.1.3)."""

from __future__ import annotations

from functools import partial

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QCoreApplication, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core import language
from ..core.field.secrecy import LABELS, MARKS
from ..layers.fieldbasemap import layer_mark, mark_layer

translate = QCoreApplication.translate


class Marks(QWidget):
    """A mark for every raster of the project; kept with the project."""

    package_requested = pyqtSignal()
    evidence_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("field_marks")
        self.told = QLabel(
            translate(
                "FieldDock",
                "Base maps and DEM are internal unless you mark them public. Marked ones enter a package only by a "
                "named decision that is logged, and never go to a cloud service.",
            )
        )
        self.told.setWordWrap(True)
        self.table = QTableWidget(0, 2)
        self.table.setObjectName("field_marks_table")
        self.table.verticalHeader().setVisible(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.package = QPushButton(translate("FieldDock", "Package for the field …"))
        self.package.setObjectName("field_package")
        self.evidence = QPushButton(translate("FieldDock", "Bring in tracks and photos …"))
        self.package.clicked.connect(lambda _: self.package_requested.emit())
        self.evidence.clicked.connect(lambda _: self.evidence_requested.emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        for widget in (self.package, self.evidence, self.told):
            column.addWidget(widget)
        column.addWidget(self.table)
        column.addStretch(1)
        self.list_layers()

    def list_layers(self, *_: object) -> None:
        """Show the project's rasters with their marks."""
        layers = [x for x in QgsProject.instance().mapLayers().values() if isinstance(x, QgsRasterLayer)]
        self.table.setRowCount(len(layers))
        self.table.setHorizontalHeaderLabels(
            [translate("FieldDock", "Base layer"), translate("FieldDock", "Mark")]
        )
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for line, layer in enumerate(sorted(layers, key=lambda x: x.name())):
            self.table.setItem(line, 0, QTableWidgetItem(layer.name()))
            self.table.setCellWidget(line, 1, self._box(layer))
        self.table.setVisible(bool(layers))

    def _box(self, layer: QgsRasterLayer) -> QComboBox:
        box = QComboBox()
        for mark in MARKS:
            box.addItem(LABELS[mark][language.current()], mark)
        box.setCurrentIndex(MARKS.index(layer_mark(layer)))
        box.activated.connect(partial(self._marked, layer.id(), box))
        return box

    def _marked(self, layer_id: str, box: QComboBox, _index: int) -> None:
        layer = QgsProject.instance().mapLayer(layer_id)
        if layer is not None:
            mark_layer(layer, str(box.currentData()))
            QgsProject.instance().setDirty(True)
