"""The plugin in QGIS: loads, shows its parts, and leaves nothing behind."""

from __future__ import annotations

import pytest
from qgis.core import QgsRasterLayer, QgsSettings
from qgis.gui import QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtCore import QCoreApplication, QTranslator
from qgis.PyQt.QtWidgets import QAction, QApplication, QDockWidget, QMainWindow, QMenu, QToolBar


class Window:
    """The part of QGIS's interface that the plugin touches, on a real QMainWindow."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        self.plugins = QMenu("Plugins", self.window)
        self.canvas = QgsMapCanvas(self.window)
        self.bar = QgsMessageBar(self.window)
        self.window.menuBar().addMenu(self.plugins)

    def mainWindow(self):
        return self.window

    def pluginMenu(self):
        return self.plugins

    def messageBar(self):
        return self.bar

    def mapCanvas(self):
        return self.canvas

    def addToolBar(self, name):
        return self.window.addToolBar(name)

    def addDockWidget(self, area, dock):
        self.window.addDockWidget(area, dock)

    def addTabifiedDockWidget(self, area, dock, names, raised):
        self.window.addDockWidget(area, dock)
        self.window.tabifyDockWidget(self.window.findChild(QDockWidget, names[-1]), dock)

    def removeDockWidget(self, dock):
        self.window.removeDockWidget(dock)


@pytest.fixture
def window(qgis_app):
    made = Window()
    yield made
    made.window.deleteLater()
    QApplication.sendPostedEvents(None, 52)  # QEvent.DeferredDelete


def _left(window):
    QApplication.sendPostedEvents(None, 52)
    QApplication.processEvents()
    ours = lambda w: w.objectName().startswith("Qingliu")  # noqa: E731
    return {
        "docks": [w for w in window.window.findChildren(QDockWidget) if ours(w)],
        "toolbars": [w for w in window.window.findChildren(QToolBar) if ours(w)],
        "menus": [w for w in window.window.findChildren(QMenu) if ours(w)],
        "actions": [w for w in window.window.findChildren(QAction) if ours(w)],
        "menu entries": window.plugins.actions(),
    }


def test_reloading_ten_times_leaves_nothing_behind(window, unregistered):
    """Docks, actions, toolbar, menu, provider and translator are gone after each unload."""
    import qingliu

    registry = unregistered
    for _ in range(10):
        plugin = qingliu.classFactory(window)
        plugin.initGui()
        assert registry.providerById("qingliu") is plugin.provider
        for spec_action in list(plugin.workspace.actions):
            spec_action.trigger()
        assert plugin.workspace.docks
        plugin.unload()
        assert registry.providerById("qingliu") is None
        assert _left(window) == {k: [] for k in ("docks", "toolbars", "menus", "actions", "menu entries")}
        assert not [
            t for t in QCoreApplication.instance().findChildren(QTranslator) if t is plugin.translator
        ]


def test_every_dock_has_a_help_button_that_asks_for_its_page(window, unregistered, monkeypatch):
    import qingliu
    from qingliu.ui.workspace import DOCKS, Workspace

    asked = []
    monkeypatch.setattr(Workspace, "open_page", lambda self, page: asked.append(page))
    plugin = qingliu.classFactory(window)
    plugin.initGui()
    for spec in DOCKS:
        title = plugin.workspace.open(spec.key).titleBarWidget()
        assert title.label.text() == plugin.workspace.docks[spec.key].windowTitle()
        title.help.click()
    plugin.unload()
    assert asked == [spec.help for spec in DOCKS]


def test_a_shifted_background_is_named_when_it_is_added(window, unregistered, qgis_new_project):
    import qingliu

    plugin = qingliu.classFactory(window)
    plugin.initGui()
    url = "type=xyz&url=https://webrd01.is.autonavi.com/appmaptile?x%3D{x}%26y%3D{y}%26z%3D{z}&zmax=18&zmin=0"
    layer = QgsRasterLayer(url, "高德", "wms")
    plugin.workspace.name_shifted([layer])
    assert "QL-CRS-GCJ02" in window.bar.currentItem().text()
    plugin.unload()


def test_plugin_runs_without_an_interface_as_under_qgis_process(unregistered):
    import qingliu

    registry = unregistered
    plugin = qingliu.classFactory(None)
    plugin.initProcessing()
    assert registry.providerById("qingliu").id() == "qingliu"
    plugin.unload()
    assert registry.providerById("qingliu") is None


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-Hans", "zh"),
        ("zh_CN", "zh"),
        ("zh", "zh"),
        ("zh_TW", "en"),
        ("zh-Hant", "en"),
        ("en", "en"),
        ("de", "en"),
    ],
)
def test_chinese_is_chosen_for_its_three_spellings(unregistered, locale, language):
    import qingliu
    from qingliu.core import language as lang

    before, kept = lang.current(), QgsSettings().value("locale/userLocale")
    QgsSettings().setValue("locale/userLocale", locale)
    plugin = qingliu.classFactory(None)
    plugin.initProcessing()
    try:
        assert lang.current() == language
    finally:
        plugin.unload()
        QgsSettings().setValue("locale/userLocale", kept)
        lang.use(before)
