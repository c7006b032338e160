"""The widgets for the photos of a row: small pictures, direction, note (4.1.3)."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication, QSize, Qt
from qgis.PyQt.QtGui import QIcon, QImage, QPixmap
from qgis.PyQt.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ..layers.store import Row

translate = QCoreApplication.translate

EDGE = 84
NOWHERE = -1  # the direction box's "no direction"


class PhotoStrip(QWidget):
    """The widgets."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setObjectName("survey_photos_title")
        self.notice = QLabel()
        self.notice.setObjectName("survey_photos_notice")
        self.notice.setWordWrap(True)
        self.notice.setStyleSheet("color:#a86400")
        self.list = QListWidget()
        self.list.setObjectName("survey_photos")
        self.list.setViewMode(QListWidget.ViewMode.IconMode)
        self.list.setIconSize(QSize(EDGE, EDGE))
        self.list.setMovement(QListWidget.Movement.Static)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setWordWrap(True)
        self.list.setFixedHeight(EDGE + 46)
        self.add = _button("survey_photo_add", translate("SurveyDock", "Add photos …"))
        self.remove = _button("survey_photo_remove", translate("SurveyDock", "Remove photo"))
        self.direction = QSpinBox()
        self.direction.setObjectName("survey_photo_direction")
        self.direction.setRange(NOWHERE, 360)
        self.direction.setSuffix("°")
        self.direction.setSpecialValueText("–")
        self.direction.setKeyboardTracking(False)
        self.note = QLineEdit()
        self.note.setObjectName("survey_photo_note")
        self.note.setPlaceholderText(translate("SurveyDock", "What the photo shows"))
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.add)
        top.addWidget(self.remove)
        self.facts = QWidget()
        facts = QGridLayout(self.facts)
        facts.setContentsMargins(0, 0, 0, 0)
        facts.addWidget(QLabel(translate("SurveyDock", "Direction")), 0, 0)
        facts.addWidget(self.direction, 0, 1)
        facts.addWidget(QLabel(translate("SurveyDock", "Note")), 0, 2)
        facts.addWidget(self.note, 0, 3)
        facts.setColumnStretch(3, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self.notice)
        column.addWidget(self.list)
        column.addWidget(self.facts)
        self.setVisible(False)


def photo_item(row: Row, image: QImage) -> QListWidgetItem:
    """A photo of the list; one whose file is gone or unreadable has a sign in place of its picture."""
    name = Path(str(row.values.get("path") or "")).name
    words = str(row.values.get("note") or "") or name
    made = QListWidgetItem(words)
    if image.isNull():
        made.setText("⚠ " + words)
    else:
        made.setIcon(QIcon(QPixmap.fromImage(image)))
    taken = str(row.values.get("taken_at") or "")[:16].replace("T", " ")
    made.setToolTip("\n".join(p for p in (str(row.values.get("path") or ""), taken) if p))
    made.setData(Qt.ItemDataRole.UserRole, row.uuid)
    made.setSizeHint(QSize(EDGE + 20, EDGE + 36))
    return made


def _button(name: str, label: str) -> QPushButton:
    made = QPushButton(label)
    made.setObjectName(name)
    return made
