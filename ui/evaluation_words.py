"""How the evaluation is said and coloured: states, verdicts, values with their units, icons."""

from __future__ import annotations

from functools import lru_cache

from qgis.PyQt.QtCore import QCoreApplication, QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from ..core.evaluation import NOT_RECOGNISED, RECOGNISED, UNPROVEN, IndicatorRow
from ..core.evaluation.account import shown
from ..core.evaluation.scale import said
from ..core.standard import Edition, text
from .clause_texts import unit_text

translate = QCoreApplication.translate

MET, MISSED, OPEN, NOT_ASKED = "#1f6f43", "#b3261e", "#a86400", "#6b6b6b"
COLOURS = {
    "pass": MET, "pass_within": MET, "fail": MISSED, "fail_within": MISSED,
    "unproven": OPEN, "not_applicable": NOT_ASKED,
}  # fmt: skip
STALE = "#8a5a00"


def state_words(state: str) -> str:
    """An indicator's state; ``pass_within`` is a pass whose limit lies within the error."""
    return {
        "pass": translate("EvaluationWords", "passes"),
        "pass_within": translate("EvaluationWords", "passes, but within error"),
        "fail": translate("EvaluationWords", "fails"),
        "fail_within": translate("EvaluationWords", "fails, but within error"),
        "unproven": translate("EvaluationWords", "unproven"),
        "not_applicable": translate("EvaluationWords", "not evaluated"),
    }.get(state, state)


def verdict_words(verdict: str) -> str:
    """A verdict as a self-evaluation, never a recognition (3.0.8)."""
    return {
        RECOGNISED: translate("EvaluationWords", "self-evaluation: passes"),
        NOT_RECOGNISED: translate("EvaluationWords", "self-evaluation: does not pass"),
        UNPROVEN: translate("EvaluationWords", "unproven"),
    }.get(verdict, verdict)


def verdict_colour(verdict: str) -> str:
    """The colour of a verdict."""
    return {RECOGNISED: COLOURS["pass"], NOT_RECOGNISED: COLOURS["fail"]}.get(verdict, COLOURS["unproven"])


def epoch_words(epoch: str) -> str:
    """When an evaluation was kept for: before treatment, as planned, as built, or a scheme."""
    return {
        "before": translate("EvaluationWords", "before treatment"),
        "planned": translate("EvaluationWords", "planned"),
        "built": translate("EvaluationWords", "as built"),
        "scheme": translate("EvaluationWords", "scheme"),
    }.get(epoch, epoch)


def kind_words(kind: str) -> str:
    """Whether a value was entered, computed, published or estimated."""
    return {
        "entered": translate("EvaluationWords", "entered"),
        "computed": translate("EvaluationWords", "computed"),
        "official": translate("EvaluationWords", "official"),
        "estimate": translate("EvaluationWords", "estimate"),
    }.get(kind, kind)


def unit_words(edition: Edition, unit: str | None) -> str:
    """A unit as people write it in the language in force."""
    if not unit or unit in ("GB 3838 class", "I-V"):
        return ""
    item = edition.codelist("units").item(unit) if "units" in edition.codelists else None
    return text(item) if item is not None else unit_text(unit)


def number_words(edition: Edition, value: object, unit: str | None) -> str:
    """A value with its unit: ``77.52 %``; a yes or no in words, a dash where none is known."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return translate("EvaluationWords", "yes") if value else translate("EvaluationWords", "no")
    if isinstance(value, (tuple, list)):
        return ", ".join(shown(v) for v in value)
    written = str(round(value, 3)) if isinstance(value, float) else str(value)
    written = written[:-2] if written.endswith(".0") else written
    return f"{written} {unit_words(edition, unit)}".strip()


def value_words(edition: Edition, row: IndicatorRow) -> str:
    """The value of a row; bounds where only those are known."""
    if row.value_num is not None:
        return number_words(edition, row.value_num, row.unit)
    if row.value_text is not None:
        return row.value_text
    if row.low is not None and row.high is not None:
        return f"{shown(round(row.low, 3))} … {number_words(edition, round(row.high, 3), row.unit)}"
    return "–"


def limit_words(edition: Edition, row: IndicatorRow) -> str:
    """The limit of a row, as compared; as printed where it is no number."""
    if row.threshold_num is None:
        return row.threshold or "–"
    sign = {">=": "≥", "<=": "≤"}.get(row.operator, row.operator)
    return f"{sign} {number_words(edition, row.threshold_num, row.unit)}"


def margin_words(edition: Edition, row: IndicatorRow) -> str:
    """The signed distance to the limit, positive = better."""
    if row.margin is None:
        return "–"
    unit = "" if row.operator == "class_not_worse_than" else row.unit
    sign = "+" if row.margin > 0 else ""
    return f"{sign}{number_words(edition, row.margin, unit)}"


def type_short(edition: Edition, key: str) -> str:
    """A type's name without the word for type, for a narrow column."""
    return text(edition.types[key]).replace("型", "")


@lru_cache(maxsize=32)
def state_icon(state: str, stale: bool = False) -> QIcon:
    """A state by shape and colour, told apart without colours too; a stale one has a hollow ring."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(0.35 if stale else 1.0)
    _draw(painter, state, QColor(COLOURS.get(state, "#6b6b6b")))
    if stale:
        painter.setOpacity(1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(STALE), 2.5, Qt.PenStyle.DotLine))
        painter.drawEllipse(QRectF(2, 2, 28, 28))
    painter.end()
    return QIcon(pixmap)


def _draw(painter: QPainter, state: str, colour: QColor) -> None:
    thick = QPen(colour, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    if state.startswith("pass"):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QRectF(5, 5, 22, 22))
        painter.setPen(QPen(QColor("white"), 3))
        painter.drawPolyline([QPointF(10, 16), QPointF(14.5, 21), QPointF(22, 11)])
    elif state.startswith("fail"):
        painter.setPen(thick)
        painter.drawLine(QPointF(8, 8), QPointF(24, 24))
        painter.drawLine(QPointF(24, 8), QPointF(8, 24))
    elif state == "unproven":
        painter.setPen(QPen(colour, 3))
        painter.drawEllipse(QRectF(6, 6, 20, 20))
        font = painter.font()
        font.setPixelSize(17)
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(QRectF(0, 0, 32, 32), int(Qt.AlignmentFlag.AlignCenter), "?")
    else:
        painter.setPen(thick)
        painter.drawLine(QPointF(9, 16), QPointF(23, 16))
    if state.endswith("_within"):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor("#e08a00"), 3))
        painter.drawEllipse(QRectF(2.5, 2.5, 27, 27))


def row_icon(row: IndicatorRow, stale: bool = False) -> QIcon:
    """The icon of a row's state."""
    return state_icon(said(row), stale)
