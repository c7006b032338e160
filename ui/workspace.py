"""Menu, toolbar and docks of Qingliu in the QGIS window, put in and taken out together."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import QgsApplication, QgsMapLayer, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QIcon
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QMenu, QToolBar

from ..core import language
from ..core.data import RESOURCES, ROOT
from ..layers.backgrounds import background_problems
from ..layers.engine import warm
from .ahead import Ahead
from .dock_frame import DockTitle

if TYPE_CHECKING:
    from .practice import PracticeOpener

REST_MS = 200
"""After this much time the compiled kernels are fetched, where this user ever needed them: while QGIS itself is still
settling, as loading LLVM holds Python for 0.1 to 0.2 s, once.
"""


@dataclass(frozen=True)
class DockSpec:
    """A dock as the menu offers it; its module is imported when it is first opened.

    ``help`` is its page of the documentation, with the section after a ``#``.
    """

    key: str
    module: str
    cls: str
    help: str
    icon: str = "qingliu"
    takes_canvas: bool = False


# Titles are asked of the dock classes' texts at run time (translated), see _title.
DOCKS: tuple[DockSpec, ...] = (
    DockSpec(
        "guide", ".guide_dock", "GuideDock", help="guide/technician#begin", icon="guide", takes_canvas=True
    ),
    DockSpec("clauses", ".clause_dock", "ClauseDock", help="clauses", icon="clauses"),
    DockSpec(
        "streams",
        ".stream_dock",
        "StreamDock",
        help="guide/technician#streams",
        icon="streams",
        takes_canvas=True,
    ),
    DockSpec(
        "zones", ".zones_dock", "ZonesDock", help="guide/designer#zones", icon="zones", takes_canvas=True
    ),
    DockSpec(
        "survey",
        ".survey_dock",
        "SurveyDock",
        help="guide/technician#tables",
        icon="survey",
        takes_canvas=True,
    ),
    DockSpec(
        "layout", ".layout_dock", "LayoutDock", help="guide/designer#layout", icon="layout", takes_canvas=True
    ),
    DockSpec(
        "field", ".field_dock", "FieldDock", help="guide/technician#field", icon="field", takes_canvas=True
    ),
    DockSpec(
        "evaluation",
        ".evaluation_dock",
        "EvaluationDock",
        help="guide/designer#evaluation",
        icon="evaluation",
        takes_canvas=True,
    ),
    DockSpec(
        "figures",
        ".figures_dock",
        "FiguresDock",
        help="guide/designer#figures",
        icon="figures",
        takes_canvas=True,
    ),
    DockSpec(
        "training",
        ".training_dock",
        "TrainingDock",
        help="guide/trainer#course",
        icon="training",
        takes_canvas=True,
    ),
)


def _title(key: str) -> str:
    return {
        "guide": QCoreApplication.translate("Workspace", "Guide: from the map to recognition"),
        "clauses": QCoreApplication.translate("Workspace", "Clauses of the standard"),
        "streams": QCoreApplication.translate("Workspace", "Stream survey: limits and profiles"),
        "zones": QCoreApplication.translate("Workspace", "Zones: check and mend"),
        "layout": QCoreApplication.translate("Workspace", "Layout of measures"),
        "field": QCoreApplication.translate("Workspace", "To the field and back"),
        "evaluation": QCoreApplication.translate("Workspace", "Evaluation: the 20 indicators"),
        "figures": QCoreApplication.translate("Workspace", "Plan figures"),
        "training": QCoreApplication.translate("Workspace", "Course on the standard"),
        "survey": QCoreApplication.translate("Workspace", "Survey tables"),
    }[key]


class Workspace:
    """Everything Qingliu shows in the main window."""

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self.menu: QMenu | None = None
        self.toolbar: QToolBar | None = None
        self.actions: list[QAction] = []  # one per dock, checkable
        self.commands: list[QAction] = []
        self.docks: dict[str, QDockWidget] = {}
        self.practice: PracticeOpener | None = None
        self.rest: QTimer | None = None
        self.ahead: Ahead | None = None

    def install(self) -> None:
        """Add menu, toolbar and one checkable action per dock."""
        window = self.iface.mainWindow()
        self.menu = QMenu("清流 Qingliu", window)
        self.menu.setObjectName("QingliuMenu")
        self.iface.pluginMenu().addMenu(self.menu)
        self.toolbar = self.iface.addToolBar("清流 Qingliu")
        self.toolbar.setObjectName("QingliuToolBar")
        for spec in DOCKS:
            action = self._dock_action(spec, window)
            self.menu.addAction(action)
            self.toolbar.addAction(action)
        self.menu.addSeparator()
        self.menu.addAction(self._practice_action(window))
        self.menu.addAction(self._help_action(window))
        QgsProject.instance().layersAdded.connect(self.name_shifted)
        self.rest = QTimer(window)
        self.rest.setSingleShot(True)
        self.rest.timeout.connect(warm)
        self.rest.start(REST_MS)
        self.ahead = Ahead(window)
        self.ahead.begin()

    def remove(self) -> None:
        """Take out what ``install`` and ``open`` put in, in reverse."""
        if self.rest is not None:
            self.rest.stop()
            self.rest.deleteLater()
            self.rest = None
        if self.ahead is not None:
            self.ahead.stop()
            self.ahead.deleteLater()
            self.ahead = None
        QgsProject.instance().layersAdded.disconnect(self.name_shifted)
        for dock in self.docks.values():
            self.iface.removeDockWidget(dock)
            dock.close()
            dock.deleteLater()
        bus = sys.modules.get(f"{__package__}.survey_bus")
        if bus is not None:  # docks or the fetching ahead began it
            bus.stop()
        self.docks.clear()
        if self.practice is not None:
            self.practice.deleteLater()
            self.practice = None
        for action in (*self.actions, *self.commands):
            action.deleteLater()
        self.actions.clear()
        self.commands.clear()
        if self.toolbar is not None:
            self.iface.mainWindow().removeToolBar(self.toolbar)
            self.toolbar.deleteLater()
            self.toolbar = None
        if self.menu is not None:
            self.iface.pluginMenu().removeAction(self.menu.menuAction())
            self.menu.deleteLater()
            self.menu = None

    def open(self, key: str) -> QDockWidget:
        """Show the dock ``key``, building it the first time."""
        if key not in self.docks:
            spec = next(s for s in DOCKS if s.key == key)
            module = importlib.import_module(spec.module, __package__)
            canvas = {"canvas": self.iface.mapCanvas()} if spec.takes_canvas else {}
            dock = getattr(module, spec.cls)(self.iface.mainWindow(), **canvas)
            dock.setObjectName(f"Qingliu_{key}")
            dock.setWindowTitle(_title(key))
            dock.setTitleBarWidget(DockTitle(dock, partial(self.open_page, spec.help)))
            dock.visibilityChanged.connect(lambda shown, k=key: self._sync(k, shown))
            if hasattr(dock, "target_requested"):
                dock.target_requested.connect(self.follow)
            if hasattr(dock, "form_requested"):
                dock.form_requested.connect(self.open_form)
            if hasattr(dock, "survey_changed"):
                from .survey_bus import bus  # with the first dock that a survey is shown in

                bus().changed.connect(dock.survey_changed)
            self._place(dock)
            self.docks[key] = dock
        self.docks[key].show()
        self.docks[key].raise_()
        return self.docks[key]

    def _place(self, dock: QDockWidget) -> None:
        """One place for all our docks, as tabs: stacked they would push the window beyond the screen."""
        area = Qt.DockWidgetArea.RightDockWidgetArea
        if self.docks:
            self.iface.addTabifiedDockWidget(area, dock, [d.objectName() for d in self.docks.values()], True)
        else:
            self.iface.addDockWidget(area, dock)

    def name_shifted(self, layers: list[QgsMapLayer]) -> None:
        """Say so where a background that was added lies in a shifted datum (GCJ-02, BD-09)."""
        for found in background_problems(layers):
            self.iface.messageBar().pushWarning("清流 Qingliu", found.text())

    def follow(self, target: str) -> None:
        """Open what a link ``"kind:name"`` points to: a clause in the browser, an algorithm's dialog."""
        kind, _, name = target.partition(":")
        if kind == "algorithm":
            self._open_algorithm(name)
        elif kind == "dock":
            self._open_if_there(name)
        elif kind == "survey":
            self.open("survey").open_survey(name)
        elif kind in ("clause", "standard", "ruling", "measure", "indicator"):
            self.open("clauses").show_target(target)

    def open_practice(self, folder: str) -> None:
        """Show the practice watershed of a folder: its layers by role, its survey, the guide."""
        guide = self.open("guide")
        guide.open_case(Path(folder))
        survey = Path(folder) / "survey.gpkg"
        if survey.exists():
            self.open("survey").open_survey(survey)
        guide.raise_()

    def open_form(self, table: str, row_uuid: str, field: str) -> None:
        """Open the form of a row in the survey dock, at a field."""
        self.open("survey").open_form(table, row_uuid, field)

    def _open_if_there(self, key: str) -> None:
        if any(spec.key == key for spec in DOCKS):
            self.open(key)
        else:
            self._say(
                QCoreApplication.translate("Workspace", "{} is not part of this version yet.").format(key)
            )

    def _practice_action(self, window: Any) -> QAction:
        text = QCoreApplication.translate("Workspace", "Open the practice watershed …")
        action = QAction(QIcon(str(RESOURCES / "icons" / "qingliu.svg")), text, window)
        action.setObjectName("Qingliu_action_practice")
        action.triggered.connect(self._ask_practice)
        self.commands.append(action)
        return action

    def _help_action(self, window: Any) -> QAction:
        action = QAction(QCoreApplication.translate("Workspace", "User guide"), window)
        action.setObjectName("Qingliu_action_help")
        action.triggered.connect(lambda _: self.open_page("guide"))
        self.commands.append(action)
        return action

    def open_page(self, page: str) -> None:
        """A page of the documentation that came with the plugin, in the browser; it needs no network."""
        name, _, section = page.partition("#")
        path = ROOT / "docs" / "html" / language.current() / f"{name}.html"
        if path.exists():
            url = QUrl.fromLocalFile(str(path))
            url.setFragment(section)
            QDesktopServices.openUrl(url)
        else:
            self._say(QCoreApplication.translate("Workspace", "The guides are not built here: make docs."))

    def _ask_practice(self) -> None:
        if self.practice is None:
            from .practice import PracticeOpener

            self.practice = PracticeOpener(self.iface.mainWindow())
            self.practice.opened.connect(self.open_practice)
            self.practice.said.connect(self._say)
        self.practice.ask()

    def _say(self, text: str) -> None:
        self.iface.messageBar().pushMessage("清流 Qingliu", text)

    def _open_algorithm(self, name: str) -> None:
        from qgis import processing

        if QgsApplication.processingRegistry().algorithmById(f"qingliu:{name}") is not None:
            processing.execAlgorithmDialog(f"qingliu:{name}", {})
            return
        text = QCoreApplication.translate("Workspace", "{} is not part of this version yet.")
        self._say(text.format(f"qingliu:{name}"))

    def _dock_action(self, spec: DockSpec, window: Any) -> QAction:
        icon = QIcon(str(RESOURCES / "icons" / f"{spec.icon}.svg"))
        action = QAction(icon, _title(spec.key), window)
        action.setObjectName(f"Qingliu_action_{spec.key}")
        action.setCheckable(True)
        action.triggered.connect(lambda checked, k=spec.key: self._toggle(k, checked))
        self.actions.append(action)
        return action

    def _toggle(self, key: str, shown: bool) -> None:
        if shown:
            self.open(key)
        elif key in self.docks:
            self.docks[key].hide()

    def _sync(self, key: str, shown: bool) -> None:
        for action in self.actions:
            if action.objectName() == f"Qingliu_action_{key}":
                action.setChecked(shown)
