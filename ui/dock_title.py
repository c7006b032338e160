"""The title bar of our docks: the name, help at hand, float and close."""

from __future__ import annotations

from typing import Callable

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QSizePolicy, QStyle, QToolButton, QWidget


class DockTitle(QWidget):
    """Stands in a dock's place for a title; QDockWidget still drags and floats it."""

    def __init__(self, dock: QDockWidget, help_wanted: Callable[[], None]) -> None:
        super().__init__(dock)
        self.setObjectName(f"{dock.objectName()}_title")
        self.label = QLabel(dock.windowTitle())
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        dock.windowTitleChanged.connect(self.label.setText)
        icons = QStyle.StandardPixmap
        self.help = QToolButton()
        self.help.setText("?")
        self.help.setToolTip(QCoreApplication.translate("Workspace", "Help on this window"))
        self.help.setAutoRaise(True)
        self.help.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.help.clicked.connect(lambda _: help_wanted())
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 1, 1, 1)
        row.setSpacing(0)
        row.addWidget(self.label, 1)
        row.addWidget(self.help)
        for icon, done in (
            (icons.SP_TitleBarNormalButton, lambda _: dock.setFloating(not dock.isFloating())),
            (icons.SP_TitleBarCloseButton, lambda _: dock.close()),
        ):
            button = QToolButton()
            button.setIcon(self.style().standardIcon(icon))
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(done)
            row.addWidget(button)
