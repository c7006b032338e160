"""One row of user actions over several layers: what is undone next, what is done again (5.1.2).

The layers of a layout (points, lines, areas) each have QGIS's own undo stack; edits made with
QGIS's tools come in the same row as those of the dock.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import Any, Dict, Iterator, List, Tuple

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal


class History(QObject):
    """User actions in the order they were made; an action is the layers it touched."""

    moved = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.done: List[List[str]] = []
        self.undone: List[List[str]] = []
        self._layers: Dict[str, QgsVectorLayer] = {}
        self._seen: Dict[str, Tuple[int, int]] = {}
        self._slots: Dict[str, Tuple[Tuple[Any, Any], ...]] = {}
        self._group: List[str] | None = None
        self._own = False  # moving through the stacks ourselves

    def follow(self, layer: QgsVectorLayer) -> None:
        """Keep the row of this layer's actions too, those that stand in its stack already included."""
        key = layer.id()
        if key in self._layers:
            return
        self._layers[key] = layer
        stack = layer.undoStack()
        self._seen[key] = (stack.index(), stack.count())
        self.done += [[key] for _ in range(stack.index())]
        changed, gone = partial(self._changed, key), partial(self.leave, key)
        stack.indexChanged.connect(changed)
        layer.willBeDeleted.connect(gone)
        self._slots[key] = ((stack.indexChanged, changed), (layer.willBeDeleted, gone))

    def stop(self) -> None:
        """Follow no layer any more."""
        for slots in self._slots.values():
            for signal, slot in slots:
                signal.disconnect(slot)
        self._slots.clear()
        self._layers.clear()

    def leave(self, key: str) -> None:
        """Forget a layer."""
        self._slots.pop(key, None)
        if self._layers.pop(key, None) is not None:
            self._seen.pop(key)
            self._forget(key)
            self.moved.emit()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is done to several layers meanwhile is one action."""
        self._group = []
        try:
            yield
        finally:
            group, self._group = self._group, None
            if group:
                self.done.append(group)
                self.moved.emit()

    def _forget(self, key: str) -> None:
        for row in (self.done, self.undone):
            kept = [[k for k in entry if k != key] for entry in row]
            row[:] = [entry for entry in kept if entry]

    def _changed(self, key: str, index: int) -> None:
        if key not in self._layers:
            return
        before, count_before = self._seen[key]
        count = self._layers[key].undoStack().count()
        self._seen[key] = (index, count)
        if self._own:
            return
        if count == 0:  # the edits were saved or given up
            self._forget(key)
        elif index < before:
            self._shift(key, before - index, self.done, self.undone)
        elif index > before and count == count_before and any(key in e for e in self.undone):
            self._shift(key, index - before, self.undone, self.done)
        elif index > before:
            self._made(key, index - before)
        self.moved.emit()

    def _made(self, key: str, steps: int) -> None:
        self.undone.clear()
        if self._group is not None:
            self._group += [key] * steps
        else:
            self.done += [[key] for _ in range(steps)]

    @staticmethod
    def _shift(key: str, steps: int, source: List[List[str]], target: List[List[str]]) -> None:
        """One layer's steps were taken back or done again by QGIS itself."""
        for _ in range(steps):
            entry = next((e for e in reversed(source) if key in e), None)
            if entry is None:
                return
            entry.remove(key)
            target.append([key])
        source[:] = [e for e in source if e]

    def undo(self) -> str:
        """Take the last action back; its title, empty where there is none."""
        if not self.done:
            return ""
        entry = self.done.pop()
        title = str(self._layers[entry[-1]].undoStack().undoText())
        self._own = True
        for key in reversed(entry):
            self._layers[key].undoStack().undo()
        self._own = False
        self.undone.append(entry)
        self.moved.emit()
        return title

    def redo(self) -> str:
        """Do again what was taken back last; its title, empty where there is none."""
        if not self.undone:
            return ""
        entry = self.undone.pop()
        title = str(self._layers[entry[0]].undoStack().redoText())
        self._own = True
        for key in entry:
            self._layers[key].undoStack().redo()
        self._own = False
        self.done.append(entry)
        self.moved.emit()
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
