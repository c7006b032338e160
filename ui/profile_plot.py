"""The longitudinal profile of a channel, drawn: ground, what counts for the gradient, the mean slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qgis.PyQt.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

GROUND, COUNTED, MEAN = QColor("#8a6d3b"), QColor("#0b3c8c"), QColor("#c62828")
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 24, 30


@dataclass(frozen=True)
class ProfileData:
    """A profile from head to mouth (m) and the gradient that its formula gives (‰, None without length)."""

    title: str
    distance_m: np.ndarray
    height_m: np.ndarray
    conditioned_m: np.ndarray
    gradient_permil: float | None


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``, about ``count`` of them."""
    span = max(high - low, 1e-9)
    raw = span / count
    power = 10 ** np.floor(np.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
    first = np.ceil(low / step)
    return [float(step * (first + i)) for i in range(int(np.floor(high / step) - first) + 1)]


class ProfilePlot(QWidget):
    """Shows one :class:`ProfileData`; says what to do while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data: ProfileData | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(150)

    def sizeHint(self) -> QSize:
        return QSize(360, 190)

    def show_profile(self, data: ProfileData | None) -> None:
        """Draw ``data``, or the hint where it is None."""
        self.data = data
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().base())
        if self.data is None or len(self.data.distance_m) < 2:
            hint = QCoreApplication.translate("ProfilePlot", "Click a channel on the map to see its profile.")
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), hint)
            return
        self._draw(painter, self.data)

    def _draw(self, painter: QPainter, data: ProfileData) -> None:
        area = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        low, high = float(np.nanmin(data.conditioned_m)), float(np.nanmax(data.height_m))
        margin = max((high - low) * 0.08, 0.5)
        low, high = low - margin, high + margin
        length = float(data.distance_m[-1]) or 1.0

        def place(x: float, y: float) -> QPointF:
            across = area.left() + x / length * area.width()
            return QPointF(across, area.bottom() - (y - low) / (high - low) * area.height())

        self._draw_axes(painter, area, (length, low, high))
        for heights, colour, width in ((data.height_m, GROUND, 1.4), (data.conditioned_m, COUNTED, 1.8)):
            painter.setPen(QPen(colour, width))
            points = [place(x, y) for x, y in zip(data.distance_m.tolist(), heights.tolist())]
            painter.drawPolyline(QPolygonF(points))
        if data.gradient_permil is not None:
            mouth = float(data.conditioned_m[-1])
            painter.setPen(QPen(MEAN, 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(place(0, mouth + data.gradient_permil * length / 1000), place(length, mouth))
        painter.setPen(self.palette().text().color())
        box = QRectF(4, 2, self.width() - 8, _TOP - 2)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), self._caption(data))

    def _caption(self, data: ProfileData) -> str:
        if data.gradient_permil is None:
            return data.title
        text = QCoreApplication.translate("ProfilePlot", "{}: {:.0f} m long, gradient {:.2f} ‰ (dashed)")
        return text.format(data.title, float(data.distance_m[-1]), data.gradient_permil)

    def _draw_axes(self, painter: QPainter, area: QRectF, limits: tuple[float, float, float]) -> None:
        length, low, high = limits
        painter.setPen(QPen(QColor("#d0d0d0"), 1))
        text = self.palette().text().color()
        for value in ticks(0, length):
            x = area.left() + value / length * area.width()
            painter.setPen(QPen(QColor("#e0e0e0"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(text)
            box = QRectF(x - 40, area.bottom() + 2, 80, 16)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignHCenter), f"{value:g} m")
        for value in ticks(low, high, 4):
            y = area.bottom() - (value - low) / (high - low) * area.height()
            painter.setPen(QPen(QColor("#e0e0e0"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(text)
            box = QRectF(0, y - 8, _LEFT - 6, 16)
            alignment = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, int(alignment), f"{value:g} m")
