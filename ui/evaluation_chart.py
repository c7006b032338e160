"""The margin of an indicator drawn: value with its interval against the limits of all types, reference lines beside."""

from __future__ import annotations

from typing import Mapping

from qgis.PyQt.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPaintEvent, QPen
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..core.evaluation.account import shown
from ..core.evaluation.scale import Limit, Scale
from ..core.standard import text
from .profile_plot import ticks

VALUE, BAND = QColor("#0b3c8c"), QColor(11, 60, 140, 45)
GOOD, LIMIT, REFERENCE = QColor(31, 111, 67, 48), QColor("#1f6f43"), QColor("#8a5a00")
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 18, 34, 22
HEIGHT = 138


class MarginChart(QWidget):
    """Shows one :class:`Scale`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale: Scale | None = None
        self.names: Mapping[str, str] = {}
        self.own = ""
        self.unit = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(420, HEIGHT)

    def show_scale(self, scale: Scale | None, names: Mapping[str, str], own: str, unit: str) -> None:
        """Draw ``scale``, nothing for None; ``names`` of the types, ``own`` the chosen one, ``unit`` in words."""
        self.scale, self.names, self.own, self.unit = scale, names, own, unit
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().base())
        if self.scale is not None:
            self._draw(painter, self.scale)

    def _draw(self, painter: QPainter, scale: Scale) -> None:
        area = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        self._draw_axis(painter, area, scale)
        lane = area.height() / max(len(scale.limits), 1)
        for number, limit in enumerate(scale.limits):
            box = QRectF(area.left(), area.top() + number * lane + 2, area.width(), lane - 4)
            self._draw_limit(painter, box, scale, limit)
        for number in range(len(scale.references)):
            self._draw_reference(painter, area, scale, number)
        self._draw_value(painter, area, scale)

    def _draw_axis(self, painter: QPainter, area: QRectF, scale: Scale) -> None:
        for value in ticks(scale.first, scale.last, 6):
            x = area.left() + scale.at(value) * area.width()
            painter.setPen(QPen(QColor("#dddddd"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(self.palette().text().color())
            box = QRectF(x - 40, area.bottom() + 3, 80, 16)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignHCenter), shown(value))
        painter.setPen(self.palette().text().color())
        box = QRectF(2, area.top() - 18, _LEFT - 10, 16)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight), self.unit)

    def _draw_limit(self, painter: QPainter, lane: QRectF, scale: Scale, limit: Limit) -> None:
        """A type's lane: what passes is shaded, from the limit to the better end."""
        x = lane.left() + scale.at(limit.value) * lane.width()
        end = lane.right() if limit.better > 0 else lane.left()
        painter.fillRect(QRectF(QPointF(min(x, end), lane.top()), QPointF(max(x, end), lane.bottom())), GOOD)
        painter.setPen(QPen(LIMIT, 2))
        painter.drawLine(QPointF(x, lane.top()), QPointF(x, lane.bottom()))
        font = painter.font()
        font.setBold(limit.type == self.own)
        painter.setFont(font)
        painter.setPen(self.palette().text().color())
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        box = QRectF(2, lane.top(), _LEFT - 10, lane.height())
        words = painter.fontMetrics().elidedText(
            self.names.get(limit.type, limit.type), Qt.TextElideMode.ElideRight, int(box.width())
        )
        painter.drawText(box, int(side), words)
        font.setBold(False)
        painter.setFont(font)

    def _draw_reference(self, painter: QPainter, area: QRectF, scale: Scale, number: int) -> None:
        """A line that is no limit: dashed, named, across all lanes."""
        reference = scale.references[number]
        x = area.left() + scale.at(reference.value) * area.width()
        painter.setPen(QPen(REFERENCE, 1.4, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top() - 2), QPointF(x, area.bottom()))
        words = f"{text(reference)} {reference.value:g}"
        width = painter.fontMetrics().horizontalAdvance(words) + 6
        left = x - width - 2 if number % 2 == 0 else x + 2
        left = min(max(left, 2.0), self.width() - width - 2.0)
        painter.drawText(QRectF(left, 1, width, 15), int(Qt.AlignmentFlag.AlignHCenter), words)

    def _draw_value(self, painter: QPainter, area: QRectF, scale: Scale) -> None:
        if scale.low is not None and scale.high is not None:
            left, right = (area.left() + scale.at(v) * area.width() for v in (scale.low, scale.high))
            painter.fillRect(QRectF(left, area.top(), max(right - left, 1.0), area.height()), BAND)
        if scale.value is None:
            return
        x = area.left() + scale.at(scale.value) * area.width()
        painter.setPen(QPen(VALUE, 2.4))
        painter.drawLine(QPointF(x, area.top() - 4), QPointF(x, area.bottom()))
        words = QCoreApplication.translate("MarginChart", "value {}").format(shown(round(scale.value, 3)))
        width = painter.fontMetrics().horizontalAdvance(words) + 6
        left = min(max(x - width / 2, 2.0), self.width() - width - 2.0)
        painter.drawText(QRectF(left, 16, width, 15), int(Qt.AlignmentFlag.AlignHCenter), words)
