"""Runs inside QGIS's own window: works with the survey dock and writes down how long the window stood still.

The clock is a timer of 1 ms: what lies between two of its beats is one step on the interface thread, the
longest of each action is told with the processor's share of it (what other programs took is not in that).
``BENCH_PROFILE`` samples what Python was doing meanwhile.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

import qgis.utils
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface

SURVEY, OUT = Path(os.environ["BENCH_SURVEY"]), Path(os.environ["BENCH_OUT"])
QUIET_S, LIMIT_S, SAMPLE_S = 0.7, 90.0, 0.003


class Beat(NamedTuple):
    """A step on the interface thread: when it ended, how long it took, how much of it computing, in seconds."""

    at: float
    wall: float
    cpu: float


class Meter(QObject):
    """Listens to the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.beats: List[Beat] = []
        self._at, self._cpu = time.perf_counter(), time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)
        self.collected: List[float] = []
        self._collecting = 0.0
        gc.callbacks.append(self._collect)

    def _collect(self, phase: str, info: Dict[str, int]) -> None:
        """Python's garbage collection holds the interface thread up too."""
        if phase == "start":
            self._collecting = time.perf_counter()
        elif time.perf_counter() - self._collecting > 0.01:
            self.collected.append(time.perf_counter() - self._collecting)

    def _beat(self) -> None:
        at, cpu = time.perf_counter(), time.thread_time()
        if at - self._at > 0.008:
            self.beats.append(Beat(at, at - self._at, cpu - self._cpu))
        self._at, self._cpu = at, cpu


class Sampler(threading.Thread):
    """What the interface thread's Python was doing, many times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: List[Tuple[float, Tuple[str, ...]]] = []
        self._main = threading.main_thread().ident

    def run(self) -> None:
        while True:
            time.sleep(SAMPLE_S)
            frames = sys._current_frames()
            lines = [*_lines(frames.pop(self._main, None))]
            del frames[threading.get_ident()]
            for other in frames.values():
                lines += ["| " + line for line in _lines(other)[:4]]
            self.seen.append((time.perf_counter(), tuple(lines)))

    def during(self, beat: Beat) -> List[str]:
        """The innermost lines of a step, the most frequent first."""
        found = Counter(lines for at, lines in self.seen if beat.at - beat.wall <= at <= beat.at)
        return [f"{count}x {' < '.join(lines)}" for lines, count in found.most_common(6)]


def _lines(frame: Any) -> List[str]:
    found: List[str] = []
    while frame is not None and len(found) < 9:
        code = frame.f_code
        found.append(f"{Path(code.co_filename).name}:{frame.f_lineno} {code.co_name}")
        frame = frame.f_back
    return found


class Stage:
    """The dock and what is done with it."""

    def __init__(self) -> None:
        self.dock: Any = None
        self._timers: List[QTimer] = []

    # -- doing -------------------------------------------------------------------
    def actions(self) -> Iterator[Tuple[str, Callable[[], object]]]:
        """What is measured, in order."""
        window = iface.mainWindow()
        window.resize(1600, 1000)
        yield "(dock)", self._open_dock
        yield "open", lambda: self.dock.open_survey(SURVEY)
        for name in ("a7", "a8", "a3", "a7"):
            yield f"table {name}", lambda name=name: self.dock.choose_table(name)
        rows = self.dock.panel.rows
        yield "scroll to the end", rows.scrollToBottom
        yield "row", lambda: self._click(1990)
        yield "next row by key", lambda: QTest.keyClick(rows, Qt.Key.Key_Up)
        yield "row far away", lambda: self._click(3)
        yield "feature on the map", lambda: self._layer("villages").selectByIds([1000])
        yield "type", lambda: self._type("households", "41")
        yield "save", self.dock.panel.save_button.click
        yield "new row", self.dock.panel.add_button.click
        yield "type a name", lambda: self._type("natural_village", "Xincun")
        yield "save new row", self.dock.panel.save_button.click
        yield "undo", self.dock.panel.undo_button.click
        yield "undo 2", self.dock.panel.undo_button.click
        yield "copy 2,000 rows", self._copy
        yield "paste 2,000 rows", self._paste
        yield "undo 2,000 rows", self.dock.panel.undo_button.click
        yield "delete 500 rows", self._delete
        yield "undo 500 rows", self.dock.panel.undo_button.click
        yield "sign", self._sign
        yield "still needed", lambda: self.dock.panel.tabs.setCurrentIndex(1)
        yield "checks", lambda: self.dock.panel.tabs.setCurrentIndex(2)
        yield "tables", lambda: self.dock.panel.tabs.setCurrentIndex(0)
        yield "(edit the map)", self._edit_map
        yield "save map edits", self.dock.panel.map_button.click
        yield "undo map edits", self.dock.panel.undo_button.click
        yield "close", self.dock.close_survey
        yield "open beside its layers", lambda: self.dock.open_survey(SURVEY)
        yield "close again", self.dock.close_survey
        yield "(empty project)", QgsProject.instance().clear

    def _open_dock(self) -> None:
        self.dock = qgis.utils.plugins["qingliu"].workspace.open("survey")
        self.dock.removal.confirm = lambda words: True
        self._timers = [t for t in self.dock.findChildren(QTimer) if t.isSingleShot()]
        iface.mainWindow().resizeDocks([self.dock], [620], Qt.Orientation.Horizontal)

    def _layer(self, table: str) -> Any:
        return self.dock.session.layers(table)[0]

    def _click(self, line: int) -> None:
        rows = self.dock.panel.rows
        index = self.dock.panel.model.index(line, 1)
        rows.scrollTo(index)
        at = rows.visualRect(index).center()
        QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at))

    def _type(self, key: str, words: str) -> None:
        editor = self.dock.records.form.lines[key].editor
        found = getattr(editor, "line", None) or editor.box
        found.clear()
        QTest.keyClicks(found, words, Qt.KeyboardModifier.NoModifier, 5)

    def _copy(self) -> None:
        self.dock.panel.rows.selectAll()
        self.dock.panel.copy_button.click()

    def _paste(self) -> None:
        words = QApplication.clipboard().text().replace("\n41\t", "\n42\t")
        lines = words.split("\n")
        at = lines[0].split("\t").index(self.dock.desk.cells.head("households"))
        changed = [lines[0]]
        for line in lines[1:]:
            cells = line.split("\t")
            cells[at] = str(int(cells[at] or 0) + 1)
            changed.append("\t".join(cells))
        self._click(0)
        self.dock.clipboard.paste("\n".join(changed))

    def _delete(self) -> None:
        rows = self.dock.panel.rows
        rows.clearSelection()
        model = self.dock.panel.model
        from qgis.PyQt.QtCore import QItemSelection, QItemSelectionModel

        chosen = QItemSelection(model.index(100, 0), model.index(599, 0))
        flags = QItemSelectionModel.SelectionFlag
        rows.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)
        self.dock.panel.delete_button.click()

    def _sign(self) -> None:
        head = self.dock.panel.head
        head.fields["surveyor"].setText("甲")
        head.keep.click()

    def _edit_map(self) -> None:
        layer = self._layer("villages")
        layer.startEditing()
        at = layer.fields().indexOf("name")
        for feature in list(layer.getFeatures())[:1000]:
            layer.changeAttributeValue(feature.id(), at, feature["name"] + "x")

    # -- waiting -----------------------------------------------------------------
    def quiet(self) -> bool:
        """Whether nothing is under way."""
        canvas = iface.mapCanvas()
        if canvas.isDrawing() or self.dock is None:
            return self.dock is None
        desk = self.dock.desk
        return not (desk.busy or desk._slices or desk._tasks or any(t.isActive() for t in self._timers))


class Run(QObject):
    """Goes through the actions."""

    def __init__(self) -> None:
        super().__init__()
        self.meter, self.stage = Meter(), Stage()
        self.sampler = Sampler() if os.environ.get("BENCH_PROFILE") else None
        if self.sampler is not None:
            self.sampler.start()
        self.found: List[Dict[str, Any]] = []
        self._left = self.stage.actions()
        self._poll = QTimer(self)
        self._poll.timeout.connect(self._look)

    def go_on(self) -> None:
        """Begin the next action."""
        try:
            self._name, action = next(self._left)
            self.meter.beats.clear()
            self.meter.collected.clear()
            self._began = self._busy = time.perf_counter()
            action()
        except StopIteration:
            self.end("")
        else:
            self._poll.start(100)

    def _look(self) -> None:
        now = time.perf_counter()
        if not self.stage.quiet():
            self._busy = now
        if now - self._busy < QUIET_S and now - self._began < LIMIT_S:
            return
        self._poll.stop()
        self._note()
        self.go_on()

    def _note(self) -> None:
        beats = sorted(self.meter.beats, key=lambda b: -b.wall)
        told = self.stage.dock.panel.status.text() if self.stage.dock is not None else ""
        found: Dict[str, Any] = {
            "name": self._name,
            "ms": [
                [round(1000 * b.wall), round(1000 * b.cpu), round(1000 * (b.at - self._began))]
                for b in beats[:6]
            ],
            "whole": round(self._busy - self._began, 2),
            "status": told,
            "collected": [round(1000 * s) for s in self.meter.collected],
        }
        if self.sampler is not None:
            found["lines"] = [
                [round(1000 * b.wall), self.sampler.during(b)] for b in beats[:3] if b.wall > 0.03
            ]
            self.sampler.seen.clear()
        self.found.append(found)

    def end(self, fault: str) -> None:
        """Write down what was found, and what went wrong."""
        if self.stage.dock is not None:
            self.stage.dock.close_survey()
        OUT.write_text(
            json.dumps({"steps": self.found, "fault": fault}, ensure_ascii=False), encoding="utf-8"
        )
        os._exit(0)


def _begin() -> None:
    run = Run()
    sys.excepthook = lambda *error: run.end("".join(traceback.format_exception(*error)))
    run.go_on()


QTimer.singleShot(2500, _begin)
