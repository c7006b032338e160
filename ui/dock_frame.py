"""What surrounds the content of our docks: a title with help at hand, and room to scroll on a small screen."""

from __future__ import annotations

from typing import Callable

from qgis.PyQt.QtCore import QCoreApplication, QSize, Qt
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

LEAST = QSize(300, 200)
WIDEST = 0.45
"""Share of the window's width that a dock asks for at most; what needs more is scrolled to."""


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


class _Squeezing(QVBoxLayout):
    """Asks for the least height of its content: wrapped labels would ask for all that they would like."""

    def hasHeightForWidth(self) -> bool:
        return False


class Fitting(QScrollArea):
    """Content that never makes the window larger than the screen: where it does not fit it is scrolled."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        holder = QWidget()
        column = _Squeezing(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(content)
        self.setWidget(holder)

    def sizeHint(self) -> QSize:
        asked = self.widget().sizeHint()
        return QSize(min(asked.width(), self._room()), asked.height())

    def minimumSizeHint(self) -> QSize:
        least = self.widget().minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(max(min(least.width() + bar, self._room()), LEAST.width()), LEAST.height())

    def _room(self) -> int:
        dock = self.parentWidget()
        window = dock.parentWidget() if dock is not None else None
        return int(WIDEST * window.width()) if window is not None else LEAST.width() * 2
