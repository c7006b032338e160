"""One row of user actions over several layers: what is undone next, what is done again (5.1.2).

The layers of a layout (points, lines, areas) each have QGIS's own undo stack; edits made with
QGIS's tools come in the same row as those of the dock.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import Dict, Iterator, List, Tuple

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal


class History(QObject):
    """User actions in the order they were made, across the undo stacks of several layers."""

    moved = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.done: List[str] = []
        self.undone: List[str] = []
        self._layers: Dict[str, QgsVectorLayer] = {}
        self._seen: Dict[str, Tuple[int, int]] = {}

    def follow(self, layer: QgsVectorLayer) -> None:
        """Keep the row of this layer's actions too, those that stand in its stack already included."""
        key = layer.id()
        if key in self._layers:
            return
        self._layers[key] = layer
        stack = layer.undoStack()
        self._seen[key] = (stack.index(), stack.count())
        self.done += [key] * stack.index()
        stack.indexChanged.connect(partial(self._changed, key))
        layer.willBeDeleted.connect(partial(self.leave, key))

    def leave(self, key: str) -> None:
        """Forget a layer."""
        layer = self._layers.pop(key, None)
        if layer is None:
            return
        self._seen.pop(key)
        self.done = [k for k in self.done if k != key]
        self.undone = [k for k in self.undone if k != key]
        self.moved.emit()

    def _changed(self, key: str, index: int) -> None:
        if key not in self._layers:
            return
        before, count_before = self._seen[key]
        count = self._layers[key].undoStack().count()
        self._seen[key] = (index, count)
        if count == 0:  # the edits were saved or given up
            self.done = [k for k in self.done if k != key]
            self.undone = [k for k in self.undone if k != key]
        elif index < before:
            self._taken_back(key, before - index)
        elif index > before:
            self._went_on(key, index - before, again=count == count_before and key in self.undone)
        self.moved.emit()

    def _taken_back(self, key: str, steps: int) -> None:
        for _ in range(steps):
            if key in self.done:
                last = len(self.done) - 1 - self.done[::-1].index(key)
                self.undone.append(self.done.pop(last))

    def _went_on(self, key: str, steps: int, *, again: bool) -> None:
        for _ in range(steps):
            if again and key in self.undone:
                last = len(self.undone) - 1 - self.undone[::-1].index(key)
                self.undone.pop(last)
            elif not again:
                self.undone.clear()
            self.done.append(key)

    def undo(self) -> str:
        """Take the last action back; its title, empty where there is none."""
        if not self.done:
            return ""
        stack = self._layers[self.done[-1]].undoStack()
        title = str(stack.undoText())
        stack.undo()
        return title

    def redo(self) -> str:
        """Do again what was taken back last; its title, empty where there is none."""
        if not self.undone:
            return ""
        stack = self._layers[self.undone[-1]].undoStack()
        title = str(stack.redoText())
        stack.redo()
        return title


@contextmanager
def action(layer: QgsVectorLayer, title: str) -> Iterator[QgsVectorLayer]:
    """Edits of a layer as one action of the user; an error leaves the layer as it was."""
    layer.beginEditCommand(title)
    try:
        yield layer
    except BaseException:
        layer.destroyEditCommand()
        raise
    layer.endEditCommand()
