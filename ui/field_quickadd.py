"""Quick-add: choose what it is, click where it is, type its name, done (4.3.3)."""

from __future__ import annotations

from typing import Dict, List, Optional

from qgis.core import QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..core import language
from ..layers.fieldadd import POLYGON, Mark, Thing, things

translate = QCoreApplication.translate

_COLUMNS = 2
_LEAST_CORNERS = 3
_COLOUR = "#d7301f"


class PlaceTool(QgsMapTool):
    """Takes a point, or an area: clicks, right click ends, Backspace takes a corner back, Escape all."""

    placed = pyqtSignal(QgsGeometry)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.area = False
        self.corners: List[QgsPointXY] = []
        self.band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        self.band.setColor(QColor(_COLOUR))
        self.band.setFillColor(QColor(215, 48, 31, 60))
        self.band.setWidth(2)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def take(self, thing: Thing) -> None:
        """Wait for the place of such a thing."""
        self.area = thing.geometry == POLYGON
        self.clear()

    def clear(self) -> None:
        """Forget the place."""
        self.corners = []
        kinds = QgsWkbTypes.GeometryType
        self.band.reset(kinds.PolygonGeometry if self.area else kinds.PointGeometry)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        self.click(event.mapPoint(), event.button() == Qt.MouseButton.RightButton)

    def click(self, point: QgsPointXY, ends: bool = False) -> None:
        """A click at a place of the map; ``ends`` closes an area."""
        if not self.area:
            self.clear()
            self.band.addPoint(point)
            self.placed.emit(QgsGeometry.fromPointXY(point))
            return
        if not ends:
            self.corners.append(point)
            self._draw()
        elif len(self.corners) >= _LEAST_CORNERS:
            self.placed.emit(QgsGeometry.fromPolygonXY([self.corners]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        elif event.key() == Qt.Key.Key_Backspace and self.corners:
            self.corners.pop()
            self._draw()
            event.ignore()

    def _draw(self) -> None:
        self.band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        for corner in self.corners:
            self.band.addPoint(corner)

    def deactivate(self) -> None:
        self.clear()
        super().deactivate()


class QuickAdd(QWidget):
    """A button for each kind of thing, the name of the one just clicked, the last ones taken back."""

    marked = pyqtSignal(object)  # Mark
    undo_requested = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("field_quickadd")
        self.canvas = canvas
        self.tool: Optional[PlaceTool] = PlaceTool(canvas) if canvas is not None else None
        self.thing: Optional[Thing] = None
        self.place: Optional[QgsGeometry] = None
        self.buttons: Dict[str, QToolButton] = {}
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.name = QLineEdit()
        self.name.setObjectName("field_quickadd_name")
        self.name.setPlaceholderText(translate("FieldDock", "name (Enter saves)"))
        self.flag = QCheckBox(translate("FieldDock", "scale farm (规模养殖)"))
        self.save = QPushButton(translate("FieldDock", "Save"))
        self.save.setObjectName("field_quickadd_save")
        self.undo = QPushButton(translate("FieldDock", "Take the last one back"))
        self._arrange()
        self._wire()
        self.enable(False, can_undo=False)

    def _arrange(self) -> None:
        grid, line, column = QGridLayout(), QHBoxLayout(), QVBoxLayout(self)
        for number, thing in enumerate(things().values()):
            button = QToolButton()
            button.setObjectName(f"field_quickadd_{thing.key}")
            button.setText(thing.zh if language.current() == "zh" else thing.en)
            button.setCheckable(True)
            button.setMinimumWidth(120)
            self.buttons[thing.key] = button
            grid.addWidget(button, number // _COLUMNS, number % _COLUMNS)
        for widget in (self.name, self.save):
            line.addWidget(widget)
        column.addLayout(grid)
        column.addWidget(self.hint)
        column.addLayout(line)
        column.addWidget(self.flag)
        column.addWidget(self.undo)
        column.addStretch(1)

    def _wire(self) -> None:
        for key, button in self.buttons.items():
            button.clicked.connect(lambda on, k=key: self.choose(k if on else ""))
        self.name.returnPressed.connect(self.finish)
        self.save.clicked.connect(lambda _: self.finish())
        self.undo.clicked.connect(lambda _: self.undo_requested.emit())
        if self.tool is not None:
            self.tool.placed.connect(self.take_place)
            self.tool.deactivated.connect(lambda: self.choose("", keep_tool=True))

    def enable(self, open_survey: bool, *, can_undo: bool) -> None:
        """Let things be marked, where a survey that can be written is there."""
        for button in self.buttons.values():
            button.setEnabled(open_survey and self.tool is not None)
        self.undo.setEnabled(can_undo)
        if not open_survey:
            self.choose("")
        self._show()

    def choose(self, key: str, *, keep_tool: bool = False) -> None:
        """Wait for the place of a thing; nothing for an empty key."""
        thing = things().get(key)
        if self.tool is not None and self.canvas is not None:
            if thing is None and not keep_tool and self.canvas.mapTool() is self.tool:
                self.canvas.unsetMapTool(self.tool)
            elif thing is not None and self.canvas.mapTool() is not self.tool:
                self.canvas.setMapTool(self.tool)
        self.thing, self.place = thing, None
        if thing is not None and self.tool is not None:
            self.tool.take(thing)
        for name, button in self.buttons.items():
            button.setChecked(name == key)
        self._show()

    def take_place(self, place: QgsGeometry) -> None:
        """The place was clicked: ask for the name."""
        if self.thing is None:
            return
        self.place = QgsGeometry(place)
        self._show()
        self.name.setFocus()

    def finish(self) -> None:
        """Hand the mark over; the next one of its kind can be clicked at once."""
        if self.thing is None or self.place is None or self.canvas is None:
            return
        crs = self.canvas.mapSettings().destinationCrs()
        flag = self.flag.isChecked() if self.thing.flag else None
        made = Mark(self.thing, self.place, crs, self.name.text().strip(), flag)
        self.place = None
        self.name.clear()
        self.flag.setChecked(False)
        if self.tool is not None:
            self.tool.take(self.thing)
        self._show()
        self.marked.emit(made)

    def _show(self) -> None:
        placed = self.place is not None
        self.name.setEnabled(placed)
        self.save.setEnabled(placed)
        self.flag.setVisible(self.thing is not None and bool(self.thing.flag))
        if self.thing is None:
            words = translate("FieldDock", "Choose what you have found, then click it on the map.")
        elif placed:
            words = translate("FieldDock", "Type its name and press Enter.")
        elif self.thing.geometry == POLYGON:
            words = translate("FieldDock", "Click its corners on the map; the right button ends.")
        else:
            words = translate("FieldDock", "Click it on the map.")
        self.hint.setText(words)

    def close_tool(self) -> None:
        """Give the map back and take the sketch off it."""
        if self.tool is None or self.canvas is None:
            return
        self.choose("")
        self.canvas.scene().removeItem(self.tool.band)
        self.tool = None
